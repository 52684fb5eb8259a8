"""Kubeconfig files: their context, server and user. The official client loads the credentials.

The files are also read here, to report errors, and because the client's versions differ. Older ones ignore `proxy-url`.
Of several files with a current-context they use the first one's (as kubectl does) or the last one's. After a failure of
an exec plug-in, which they only log, the user is anonymous. All ignore impersonation (`as`), so that its user would
have more permissions than configured. Errors of the client may quote a user with its token, so those are not passed on.
Source: page "Organizing Cluster Access Using kubeconfig Files".
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml

from tenantkit.cluster.connection.proxies import proxy_for
from tenantkit.cluster.http.transport import Endpoint
from tenantkit.exceptions import ConnectionConfigError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tenantkit.cluster.http.credentials import Headers

_WORDS_LIMIT = 300


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A context with its cluster and user, which are the content of their entries."""

    name: str
    paths: tuple[Path, ...]
    user_name: str | None
    namespace: str | None
    cluster: dict[str, Any]
    user: dict[str, Any]

    def __repr__(self) -> str:
        return f"ContextEntry(name={self.name!r}, user_name={self.user_name!r})"  # a user holds tokens


def read_context(paths: Sequence[Path], context: str | None) -> ContextEntry:
    """A context of these kubeconfig files, by default the current one.

    Raises:
        ConnectionConfigError: a file is not readable, or the context, its cluster or its user does not exist.
    """
    files = [(path, _read(path)) for path in paths]
    shown = ", ".join(str(path) for path in paths)
    contexts = _merged(files, "contexts", "context")
    name = context or next((str(file["current-context"]) for _, file in files if file.get("current-context")), None)
    if name is None:
        raise ConnectionConfigError(f"{shown} has no current-context", hint=_choose_context(contexts))
    if name not in contexts:
        what = f"{shown} has no context {name!r}"
        if not context:
            what = f"the current-context of {shown} is {name!r}, which does not exist there"
        raise ConnectionConfigError(what, hint=_choose_context(contexts, near=get_close_matches(name, contexts, n=1)))
    chosen = contexts[name]
    clusters, users = _merged(files, "clusters", "cluster"), _merged(files, "users", "user")
    cluster, user = clusters.get(str(chosen.get("cluster"))), users.get(str(chosen.get("user")))
    if cluster is None or not isinstance(cluster.get("server"), str):
        raise ConnectionConfigError(
            f"context {name!r} of {shown} refers to cluster {chosen.get('cluster')!r}, which has no server there",
            hint=_other_context(contexts),
        )
    if chosen.get("user") and user is None:
        raise ConnectionConfigError(
            f"context {name!r} of {shown} refers to user {chosen['user']!r}, which does not exist there",
            hint=_other_context(contexts),
        )
    user_name = str(chosen["user"]) if chosen.get("user") else None
    namespace = str(chosen["namespace"]) if chosen.get("namespace") else None
    return ContextEntry(name, tuple(paths), user_name, namespace, cluster, user or {})


def load_context(entry: ContextEntry) -> Any:
    """The official client's Configuration of a context: certificates as files, tokens, and those of exec plug-ins.

    Raises:
        ConnectionConfigError: it can't be loaded, or the user's plug-in returned no credentials.
    """
    from kubernetes import config
    from kubernetes.client import Configuration

    configuration = Configuration()
    load: Callable[..., object] = config.load_kube_config
    files = os.pathsep.join(str(path) for path in entry.paths)
    with _logged_errors() as logged:
        _safely(entry, lambda: load(files, context=entry.name, client_configuration=configuration))
    if not authorization_of(configuration) and not configuration.cert_file:
        _check_plug_in(entry, logged)
    return configuration


def endpoint_of(configuration: Any, *, proxy: str | None = None) -> Endpoint:
    """The endpoint of a Configuration; the proxy follows the same rule for each version of the client."""
    server = str(configuration.host).rstrip("/")
    return Endpoint(
        server,
        ca_file=configuration.ssl_ca_cert,
        cert_file=configuration.cert_file,
        key_file=configuration.key_file,
        verify=bool(configuration.verify_ssl),
        tls_server_name=configuration.tls_server_name or None,
        proxy=proxy or proxy_for(server),
    )


def authorization_of(configuration: Any) -> str | None:
    """The Authorization header of a Configuration, refreshed by its hook.

    Raises:
        ConnectionConfigError: the hook failed: a plug-in, or a token file that was deleted.
    """
    hook = configuration.refresh_api_key_hook
    if hook is not None:
        try:
            hook(configuration)
        except Exception as error:  # noqa: BLE001 (a plug-in or provider may raise any)
            raise ConnectionConfigError(f"the credentials could not be refreshed: {_words(error)}") from None
    # Versions before 32 keep it under "authorization", later ones under "BearerToken".
    value = configuration.api_key.get("BearerToken") or configuration.api_key.get("authorization")
    return " ".join(str(value).split()) or None if value else None


def impersonation_of(user: dict[str, Any]) -> Headers:
    """The headers of impersonation: `as`, `as-uid`, `as-groups`, `as-user-extra`."""
    found: list[tuple[str, str]] = []
    if user.get("as"):
        found.append(("Impersonate-User", str(user["as"])))
    if user.get("as-uid"):
        found.append(("Impersonate-Uid", str(user["as-uid"])))
    found += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    for key, values in (user.get("as-user-extra") or {}).items():
        found += [(f"Impersonate-Extra-{key}", str(value)) for value in values]
    return tuple(found)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConnectionConfigError(f"kubeconfig {path} can't be read: {reason}") from None
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        # Its text quotes the file, which may hold tokens.
        raise ConnectionConfigError(f"kubeconfig {path}{where} is not valid YAML: fix the syntax") from None
    if not isinstance(found, dict):
        raise ConnectionConfigError(f"kubeconfig {path} is empty or not a mapping: it should begin with apiVersion: v1")
    return found


def _merged(files: list[tuple[Path, dict[str, Any]]], section: str, key: str) -> dict[str, dict[str, Any]]:
    """The entries of a section by name; of two entries with one name, the first is used, as by kubectl."""
    merged: dict[str, dict[str, Any]] = {}
    for path, file in files:
        entries = file.get(section) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) and "name" in entry for entry in entries):
            raise ConnectionConfigError(f"kubeconfig {path}: {section} should be a list of entries, each with a name")
        for entry in entries:
            content = entry.get(key) or {}
            if not isinstance(content, dict):
                raise ConnectionConfigError(
                    f"kubeconfig {path}: {section} {entry['name']!r} should hold a mapping {key!r}"
                )
            merged.setdefault(str(entry["name"]), content)
    return merged


def _choose_context(contexts: Iterable[str], *, near: Sequence[str] = ()) -> Hint:
    names = _shown(contexts)
    if not names:
        return Hint("use another kubeconfig: this one has no contexts")
    if near:
        return Hint("did you mean {near!r}? pass {context} with one of {names}", {"near": near[0], "names": names})
    return Hint("pass {context} with one of {names}", {"names": names})


def _other_context(contexts: Iterable[str]) -> Hint:
    return Hint("add it, or pass {context} with one of {names}", {"names": _shown(contexts)})


def _shown(contexts: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(contexts))


def _check_plug_in(entry: ContextEntry, logged: list[str]) -> None:
    """Refuse a plug-in without credentials, with which the user would be anonymous."""
    plug_in, provider = entry.user.get("exec"), entry.user.get("auth-provider")
    why = f": {_cut(logged[-1])}" if logged else ""
    if isinstance(plug_in, dict):
        raise ConnectionConfigError(
            f"user {entry.user_name!r}: the exec plug-in {plug_in.get('command')!r} returned no credentials{why}; "
            "run it in a terminal to sign in, or to see its error"
        )
    if isinstance(provider, dict):
        raise ConnectionConfigError(
            f"user {entry.user_name!r}: the auth-provider {provider.get('name')!r} returned no token{why}; get "
            "a new kubeconfig with an exec plug-in, which has replaced most providers"
        )


def _safely(entry: ContextEntry, load: Callable[[], object]) -> None:
    """Load; an error of the client is reported without text that it may quote."""
    try:
        load()
    except Exception as error:  # noqa: BLE001 (KeyError, binascii.Error, OSError, its own: by version)
        raise ConnectionConfigError(
            f"context {entry.name!r} of {', '.join(map(str, entry.paths))} can't be used: {_words(error)}; fix "
            f"its cluster or user {entry.user_name!r} there"
        ) from None


def _words(error: Exception) -> str:
    """The text of an error of the client, if it cannot quote a kubeconfig."""
    text = str(error)
    is_safe = text.startswith(("File does not exist", "Service ", "Token file", "Cert file", "exec: process returned"))
    if is_safe or isinstance(error, OSError):
        return _cut(text)
    return f"{type(error).__name__} (its text is left out, since it may quote credentials)"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WORDS_LIMIT else text[:_WORDS_LIMIT] + "…"


@contextmanager
def _logged_errors() -> Iterator[list[str]]:
    """The errors that the client logs while it loads: it logs a plug-in's failure instead of raising it."""
    found: list[str] = []
    thread = threading.get_ident()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                found.append(record.getMessage())

    handler = Keep(logging.ERROR)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield found
    finally:
        root.removeHandler(handler)

"""`connect`: the server and the credentials of a connection, from the first source that is set.

A source that is set but broken is an error, since the next source could be another cluster. The connection is checked
at once, by `/version`, so that a wrong address, certificate or token is reported here and not in the middle of a plan.
Rejected alternative: `kubernetes.config.load_config`, which silently falls back to the next source, prints, and sets a
process-wide default.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tenantkit.cluster.cluster import Cluster
from tenantkit.cluster.connection.kubeconfig import (
    authorization_of,
    endpoint_of,
    impersonation_of,
    load_context,
    read_context,
)
from tenantkit.cluster.connection.proxies import proxy_for
from tenantkit.cluster.filters import check_filters
from tenantkit.cluster.http.credentials import Credentials, Login, bearer
from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call, Session
from tenantkit.cluster.http.transport import Endpoint
from tenantkit.cluster.http.urllib3_transport import Urllib3Transport
from tenantkit.exceptions import ConnectionConfigError, NotFound, PermissionDenied
from tenantkit.hints import Hint, Message
from tenantkit.rules.names import check_dns_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.connection.kubeconfig import ContextEntry

TIMEOUT_S = 35.0  # the API server gives up a write after 34 s, and a webhook after 30: its answer still arrives
NAMESPACES_VARIABLE = "TENANTKIT_NAMESPACES"
POD_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER = "in-cluster"
_DEFAULT_NAMESPACE = "default"
_PATH: tuple[tuple[type, ...], str] = ((str, os.PathLike), "a file's path, as text or a pathlib.Path")
_TEXT: tuple[tuple[type, ...], str] = ((str,), "text")


@dataclass(frozen=True, slots=True)
class _Source:
    """A source of credentials, and its names."""

    load: Callable[[], Login]
    context: str | None = None
    user: str | None = None
    namespace: str | None = None


def connect(  # noqa: PLR0913 (each source's parts; all are optional)
    *,
    kubeconfig: str | os.PathLike[str] | None = None,
    context: str | None = None,
    server: str | None = None,
    token: str | Callable[[], str] | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    namespace: str | None = None,
    namespaces: Sequence[str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Cluster:
    """Connect to a Kubernetes API server.

    The address comes from the first of these that is set: `server=`; `kubeconfig=`; $KUBECONFIG; the pod's service
    account (not with `context=`); `~/.kube/config`.

    Args:
        kubeconfig: a file, or several as in $KUBECONFIG.
        context: of the kubeconfig. Default: its current one.
        server: the API server's URL, with `token=` and, for a private authority, `ca_file=`.
        token: a bearer token, or a function that returns one, which is called periodically and after a 401. It
            replaces the credentials of the source.
        ca_file: a PEM file with the trusted authorities. It replaces that of the source.
        namespace: the connection's namespace. Default: the context's or the pod's; else `default`.
        namespaces: those that functions read by default. Default: $TENANTKIT_NAMESPACES (separated by commas), else
            all that you may list.
        timeout_s: seconds for each request. Default 35: the server gives up a write after 34.

    Returns:
        The connection; use it as a context manager, or close it.

    Raises:
        ConnectionConfigError: no source is set, or the one that is set can't be used; the error lists the sources.
        InvalidSpecError: `namespaces` is not a list of namespaces.
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: none; get of the URL /version, if it is allowed, gives the server's version.
    Source: page "Organizing Cluster Access Using kubeconfig Files".

    Example:
        >>> with connect(context="sandbox-owner") as cluster:
        ...     print(cluster.context)
        sandbox-owner
    """
    _check_kinds(kubeconfig=kubeconfig, ca_file=ca_file, context=context, server=server)
    if not isinstance(timeout_s, int | float) or not timeout_s > 0:
        raise ConnectionConfigError(
            f"timeout_s={timeout_s!r} is not valid: use a number of seconds above 0, for example 35"
        )
    source = _source(kubeconfig, context, server)
    load = _overridden(source.load, token=token, ca_file=ca_file)
    chosen = _namespaces(namespaces)
    default = chosen[0] if len(chosen) == 1 else _DEFAULT_NAMESPACE
    own = namespace or source.namespace or default
    _check_namespace("namespace", own)
    credentials = Credentials(load)
    session = Session(Urllib3Transport(credentials.endpoint), credentials, timeout_s=timeout_s)
    try:
        version = _version(session)
    except BaseException:
        session.close()
        raise
    user = None if token is not None else source.user
    return Cluster._of(  # noqa: SLF001 (within the package)
        session,
        context=source.context,
        user=user,
        namespace=own,
        namespaces=chosen,
        server_version=version,
        server_digest=_server_digest(credentials.endpoint),
    )


def _server_digest(endpoint: Endpoint) -> str:
    authority = Path(endpoint.ca_file).read_bytes() if endpoint.ca_file else b""
    return hashlib.sha256(endpoint.server.encode() + b"\n" + authority).hexdigest()[:16]


def _check_kinds(**given: object) -> None:
    """Refuse other types than text; the value is not shown, since a kubeconfig holds credentials."""
    for name, value in given.items():
        kinds, wanted = _PATH if name in ("kubeconfig", "ca_file") else _TEXT
        if value is not None and not isinstance(value, kinds):
            raise ConnectionConfigError(f"{name}= is of type {type(value).__name__}: use {wanted}")


def _version(session: Session) -> str:
    """The server's version; empty if a hardened cluster does not show it to this user."""
    try:
        found = session.ask(Call("GET", "/version", Operation(f"connect to {session.server}"), is_repeatable=True))
    except (PermissionDenied, NotFound):
        return ""
    return str(found.get("gitVersion") or "")


def _source(kubeconfig: str | os.PathLike[str] | None, context: str | None, server: str | None) -> _Source:
    if server is not None:
        if kubeconfig is not None or context is not None:
            raise ConnectionConfigError(
                "server= cannot be combined with kubeconfig= or context=: pass one, or the other"
            )
        return _from_server(server)
    if kubeconfig is not None:
        return _from_files(_existing(os.fspath(kubeconfig), Message("{kubeconfig}")), context)
    variable = os.environ.get("KUBECONFIG", "")
    if variable.strip(os.pathsep + " "):
        return _from_files(_existing(variable, Message("$KUBECONFIG")), context)
    in_pod = bool(os.environ.get("KUBERNETES_SERVICE_HOST"))
    has_token = (POD_FOLDER / "token").is_file()
    if in_pod and has_token and context is None:
        return _from_pod()
    default = Path.home() / ".kube" / "config"
    if default.is_file():
        return _from_files([default], context)
    pod = Message("not in a pod")
    if in_pod:
        pod = Message("not used with {context}") if has_token else Message("no token is mounted in this pod")
    raise ConnectionConfigError(
        Message(
            "no cluster is configured: tenantkit checked {sources} (not given), $KUBECONFIG (not set), the pod's "
            "service account ({pod}) and {default} (does not exist)",
            {"pod": pod, "default": default},
        ),
        hint=Hint(
            "pass {kubeconfig}, set $KUBECONFIG, or, in a pod, ask for a service account with "
            "automountServiceAccountToken; to try tenantkit without a cluster, use {sandbox}"
        ),
    )


def _existing(value: str, source: Message) -> list[Path]:
    """The existing files of one or several; without any it is an error, since they were named."""
    paths = [Path(part).expanduser().absolute() for part in value.split(os.pathsep) if part.strip()]
    found = [path for path in paths if path.exists()]
    if not found:
        shown = ", ".join(str(path) for path in paths) or repr(value)
        which = "which does not exist" if len(paths) == 1 else "none of which exists"
        what = Message("{source} is set to {files}, {which}", {"source": source, "files": shown, "which": which})
        raise ConnectionConfigError(what, hint=Hint("use an existing file"))
    return found


def _from_files(paths: list[Path], context: str | None) -> _Source:
    entry = read_context(paths, context)
    return _Source(lambda: _login(read_context(paths, entry.name)), entry.name, entry.user_name, entry.namespace)


def _login(entry: ContextEntry) -> Login:
    configuration = load_context(entry)
    proxy = entry.cluster.get("proxy-url")
    endpoint = endpoint_of(configuration, proxy=str(proxy) if proxy else None)
    return Login(endpoint, lambda: authorization_of(configuration), impersonation_of(entry.user))


def _from_pod() -> _Source:
    def load() -> Login:
        from kubernetes import config
        from kubernetes.client import Configuration

        configuration = Configuration()
        read: Callable[..., object] = config.load_incluster_config
        try:
            read(client_configuration=configuration)
        except (config.ConfigException, OSError) as error:
            raise ConnectionConfigError(
                f"this pod's service account can't be used: {error}; check the files mounted at {POD_FOLDER}"
            ) from None
        return Login(endpoint_of(configuration), lambda: authorization_of(configuration))

    try:
        own = (POD_FOLDER / "namespace").read_text(encoding="utf-8").strip()
    except OSError:
        own = ""  # a pod's manually mounted token may come without it
    return _Source(load, IN_CLUSTER, None, own or None)


def _from_server(server: str) -> _Source:
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ConnectionConfigError("server= is not the URL of an API server: use one like 'https://10.0.0.1:6443'")
    endpoint = Endpoint(server.rstrip("/"), proxy=proxy_for(server))
    return _Source(lambda: Login(endpoint, lambda: None))


def _overridden(
    load: Callable[[], Login], *, token: str | Callable[[], str] | None, ca_file: str | os.PathLike[str] | None
) -> Callable[[], Login]:
    """The source's login with the caller's token and authority. A token also replaces a client certificate."""
    authorization = None if token is None else bearer(token)

    def changed() -> Login:
        login = load()
        endpoint = login.endpoint
        if ca_file is not None:
            endpoint = replace(endpoint, ca_file=os.fspath(ca_file))
        if authorization is not None:
            login = Login(replace(endpoint, cert_file=None, key_file=None), authorization)
        else:
            login = replace(login, endpoint=endpoint)
        _check_encryption(login)
        return login

    return changed


def _check_encryption(login: Login) -> None:
    server = login.endpoint.server
    is_local = urlsplit(server).hostname in ("localhost", "127.0.0.1", "::1")
    if server.startswith("http:") and not is_local and login.authorization() is not None:
        raise ConnectionConfigError(f"{server} does not use TLS, so others could read the token: use https://")


def _namespaces(namespaces: Sequence[str] | None) -> tuple[str, ...]:
    """Those of the argument, else those of the environment."""
    if namespaces is not None:
        return check_filters(namespaces=namespaces).namespaces or ()
    names = os.environ.get(NAMESPACES_VARIABLE, "").replace(",", " ").split()
    for name in names:
        _check_namespace(f"${NAMESPACES_VARIABLE}", name)
    return tuple(dict.fromkeys(names))


def _check_namespace(source: str, name: object) -> None:
    reason = check_dns_label(name)
    if reason is not None:
        raise ConnectionConfigError(f"{source}: {name!r} is not a namespace: {reason}")

"""`connect`: the server and the credentials of a connection, from the first source that is set.

A source that is set but broken is an error, since the next source could be another cluster. The connection is checked
at once, by `/version`, so that a wrong address, certificate or token is reported here and not in the middle of a plan.
Rejected alternative: `kubernetes.config` of the official client, which falls back to the next source in silence, and
reads kubeconfigs in a way of its own (docs/decisions/0012).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import as_seconds
from tenantkit.cluster.cluster import Cluster
from tenantkit.cluster.connection import pod
from tenantkit.cluster.connection.addresses import AddressError, parse_address
from tenantkit.cluster.connection.certificates import checked_authority
from tenantkit.cluster.connection.files import (
    check_is_path,
    exists,
    expanded,
    files_of_variable,
    given_files,
    home,
    read_file,
)
from tenantkit.cluster.connection.kubeconfig import read_context
from tenantkit.cluster.connection.logins import Overrides, login_of, secure_login
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

    from tenantkit.cluster.connection.files import KubeconfigFile

_LONGEST_S = 1e6  # more than sockets take everywhere would be an error of theirs
TIMEOUT_S = 35.0  # the API server gives up a write after 34 s, and a webhook after 30: its answer still arrives
NAMESPACES_VARIABLE = "TENANTKIT_NAMESPACES"
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
    kubeconfig: str | None = None


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
        kubeconfig: a file, or several as in $KUBECONFIG; `~` is your home. It means what it means to kubectl, or it is
            refused with the field's name; what an exec plug-in writes to standard error is shown while it runs.
        context: of the kubeconfig. Default: its current one.
        server: the API server's URL, with `token=` and, for a private authority, `ca_file=`.
        token: a bearer token, or a function that returns one, which is called periodically and after a 401. It
            replaces the credentials of the source, and is sent over TLS only.
        ca_file: a PEM file with the trusted authorities. It replaces that of the source; `~` is your home.
        namespace: the connection's namespace. Default: the context's or the pod's; else `default`.
        namespaces: those that functions read by default. Default: all that you may list; else those of your tenants, by
            the index that the platform keeps of them; else $TENANTKIT_NAMESPACES (separated by commas), else
            `namespace`.
        timeout_s: seconds for each request. Default 35: the server gives up a write after 34.

    Returns:
        The connection; use it as a context manager, or close it.

    Raises:
        ConnectionConfigError: no source is set, or the one that is set can't be used; the error lists the sources.
        InvalidSpecError: `namespaces` is not a list of namespaces.
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: none; get of the URL /version, if it is allowed, gives the server's version.
    Source: pages "Organizing Cluster Access Using kubeconfig Files" and "Authenticating".

    Example:
        >>> with connect(context="sandbox-owner") as cluster:
        ...     print(cluster.context)
        sandbox-owner
    """
    _check_kinds(kubeconfig=kubeconfig, ca_file=ca_file, context=context, server=server)
    limit_s = as_seconds(timeout_s)
    if limit_s is None or not 0 < limit_s <= _LONGEST_S:
        raise ConnectionConfigError(
            f"timeout_s={timeout_s!r} is not valid: use a number of seconds above 0, for example 35"
        )
    source = _source(kubeconfig, context, server, _overrides(token, ca_file))
    chosen = check_filters(namespaces=namespaces).namespaces or ()
    listed = () if chosen else _namespaces_of_environment()
    known = chosen or listed
    default = known[0] if len(known) == 1 else _DEFAULT_NAMESPACE
    own = namespace or source.namespace or default
    is_sources = own == source.namespace and not namespace
    _check_namespace(f"namespace of {source.context}" if is_sources else "namespace", own)
    credentials = Credentials(source.load)
    session = Session(Urllib3Transport(credentials.endpoint), credentials, timeout_s=limit_s)
    try:
        version = _version(session)
    except BaseException:
        session.close()
        raise
    user = None if token is not None else source.user
    return Cluster._of(  # noqa: SLF001 (within the package)
        session,
        context=source.context,
        kubeconfig=source.kubeconfig if token is None else None,  # another user's
        user=user,
        namespace=own,
        namespaces=chosen,
        fallback_namespaces=listed,
        server_version=version,
        server_digest=_server_digest(credentials.endpoint),
    )


def _server_digest(endpoint: Endpoint) -> str:
    return hashlib.sha256(endpoint.server.encode() + b"\n" + (endpoint.authority or b"")).hexdigest()[:16]


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


def _source(
    kubeconfig: str | os.PathLike[str] | None, context: str | None, server: str | None, overrides: Overrides
) -> _Source:
    if server is not None:
        if kubeconfig is not None or context is not None:
            raise ConnectionConfigError(
                "server= cannot be combined with kubeconfig= or context=: pass one, or the other"
            )
        return _from_server(server, overrides)
    if kubeconfig is not None:
        return _from_files(given_files(os.fspath(kubeconfig), Message("{kubeconfig}")), context, overrides)
    variable = os.environ.get("KUBECONFIG")
    if variable:
        return _from_files(files_of_variable(variable), context, overrides)
    if pod.is_in_pod() and pod.has_token() and context is None:
        return _Source(lambda: pod.pod_login(overrides), IN_CLUSTER, None, pod.pod_namespace())
    default = home()
    file = str(default / ".kube" / "config") if default is not None else ""
    if file and exists(file):
        return _from_files(given_files(file, Message("~/.kube/config")), context, overrides)
    raise _no_source(default)


def _no_source(default: Path | None) -> ConnectionConfigError:
    account = Message("not in a pod")
    if pod.is_in_pod():
        account = Message("not used with {context}") if pod.has_token() else Message("no token is mounted in this pod")
    last = "~/.kube/config (your home is unknown: $HOME is not set)"
    if default is not None:
        last = f"{default}/.kube/config (does not exist)"
    return ConnectionConfigError(
        Message(
            "no cluster is configured: tenantkit checked {sources} (not given), $KUBECONFIG (not set), the pod's "
            "service account ({account}) and {last}",
            {"account": account, "last": last},
        ),
        hint=Hint(
            "pass {kubeconfig}, set $KUBECONFIG, or, in a pod, ask for a service account with "
            "automountServiceAccountToken; to try tenantkit without a cluster, use {sandbox}"
        ),
    )


def _from_files(files: tuple[KubeconfigFile, ...], context: str | None, overrides: Overrides) -> _Source:
    entry = read_context(files, context)
    return _Source(
        lambda: login_of(read_context(files, entry.name), overrides),
        entry.name,
        entry.user_name,
        entry.namespace,
        None if any(file.kept is not None for file in files) else os.pathsep.join(str(file.path) for file in files),
    )


def _from_server(server: str, overrides: Overrides) -> _Source:
    try:
        address = parse_address(server, may_be_bare=False)
    except AddressError as error:
        raise ConnectionConfigError(f"server= is {error}") from None
    endpoint = Endpoint(address.url, authority=overrides.authority, proxy=proxy_for(address.url))
    if overrides.authorization is None:
        return _Source(lambda: Login(endpoint, lambda: None))
    login = secure_login(endpoint, overrides.authorization)
    return _Source(lambda: login)


def _overrides(token: str | Callable[[], str] | None, ca_file: str | os.PathLike[str] | None) -> Overrides:
    authorization = None if token is None else bearer(token)
    return Overrides(authorization, None if ca_file is None else _authority(os.fspath(ca_file)))


def _authority(path: str) -> bytes:
    file = Path(expanded(path))
    if not exists(str(file)):
        check_is_path(path, Message("ca_file="), "a certificate")
    try:
        return checked_authority(read_file(file), f"ca_file= {file}")
    except OSError as error:
        raise ConnectionConfigError(f"ca_file= {file} can't be read: {error.strerror}") from None


def _namespaces_of_environment() -> tuple[str, ...]:
    """Those that $TENANTKIT_NAMESPACES lists, each once."""
    names = os.environ.get(NAMESPACES_VARIABLE, "").replace(",", " ").split()
    for name in names:
        _check_namespace(f"${NAMESPACES_VARIABLE}", name)
    return tuple(dict.fromkeys(names))


def _check_namespace(source: str, name: object) -> None:
    reason = check_dns_label(name)
    if reason is not None:
        raise ConnectionConfigError(f"{source}: {name!r} is not a namespace: {reason}")

"""From a context's entry to a login: which of a user's credentials count, and whether they may be sent.

The order is kubectl's: a token's file, the token, a password, a provider's token; a certificate beside any of them; a
plug-in only without all of these. What kubectl refuses is refused here with the field's name. Without TLS nothing is
sent that signs a user in: on this machine it is left out, as by kubectl, and elsewhere the entry is refused.
Source: Go's packages k8s.io/client-go/tools/clientcmd (client_config.go, validation.go) and k8s.io/client-go/rest.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.cluster.connection.addresses import Address, AddressError, parse_address
from tenantkit.cluster.connection.certificates import authority_of, client_certificate_of
from tenantkit.cluster.connection.impersonation import impersonation_of
from tenantkit.cluster.connection.oidc import check_provider, id_token_of
from tenantkit.cluster.connection.plug_in import PlugIn, check_entry, cluster_info
from tenantkit.cluster.connection.proxies import checked_proxy, proxy_for
from tenantkit.cluster.connection.tokens import TokenFile, bearer_of
from tenantkit.cluster.http.credentials import Login
from tenantkit.cluster.http.transport import Endpoint
from tenantkit.exceptions import ConnectionConfigError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.connection.entries import ClusterEntry, UserEntry
    from tenantkit.cluster.connection.kubeconfig import ContextEntry


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the caller's arguments replace.

    Args:
        authorization: the source of the Authorization header, in place of all credentials of the source.
        authority: trusted authorities, PEM, in place of those of the source.
    """

    authorization: Callable[[], str | None] | None = field(default=None, repr=False)
    authority: bytes | None = field(default=None, repr=False)


def login_of(entry: ContextEntry, overrides: Overrides) -> Login:
    """The login of a context.

    Raises:
        ConnectionConfigError: kubectl would refuse it, too, or a credential would be sent without TLS.
    """
    cluster, user = entry.cluster, entry.user
    try:
        address = parse_address(cluster.server, may_be_bare=True)
    except AddressError as error:
        raise ConnectionConfigError(f"{cluster.where}: server is {error}") from None
    endpoint = _endpoint(cluster, address, overrides.authority)
    if overrides.authorization is not None:
        return secure_login(endpoint, overrides.authorization)
    if user is None:
        return _without_credentials(endpoint, f"{cluster.where}: the context names no user")
    _check(user)
    certificate, headers = client_certificate_of(user), impersonation_of(user)
    if not address.is_secure:
        _check_nothing_is_left_out(user, cluster, address)
        return Login(endpoint, lambda: None, headers)
    return replace(_secure(user, cluster, _with_certificate(endpoint, certificate)), headers=headers)


def secure_login(endpoint: Endpoint, authorization: Callable[[], str | None]) -> Login:
    """A login with a token.

    Raises:
        ConnectionConfigError: the server does not use TLS.
    """
    if not Address(endpoint.server).is_secure:
        raise ConnectionConfigError(
            f"server {endpoint.server} does not use TLS, so others could read the token: use https://"
        )
    return Login(endpoint, authorization)


def _endpoint(cluster: ClusterEntry, address: Address, authority: bytes | None) -> Endpoint:
    own = checked_proxy(cluster.proxy_url, f"{cluster.where}: proxy-url") if cluster.proxy_url else None
    return Endpoint(
        address.url,
        authority=authority or authority_of(cluster),
        verify=authority is not None or not cluster.insecure,
        tls_server_name=cluster.tls_server_name or None,
        proxy=own or proxy_for(address.url),
        may_compress=not cluster.disable_compression,
    )


def _check(user: UserEntry) -> None:
    """Refuse what contradicts itself."""
    has_password = bool(user.username or user.password)
    if has_password and (user.token or user.token_file):
        other = "token" if user.token else "tokenFile"
        raise ConnectionConfigError(f"{user.where}: {other} and username are both set: remove one")
    if user.plug_in is not None:
        if user.provider is not None:
            raise ConnectionConfigError(f"{user.where}: exec and auth-provider are both set: remove one")
        check_entry(user.plug_in, user.where)


def _has_credentials(user: UserEntry) -> bool:
    parts = (user.token, user.token_file, user.username, user.password, user.certificate, user.certificate_file)
    return any(parts) or user.plug_in is not None or user.provider is not None


def _check_nothing_is_left_out(user: UserEntry, cluster: ClusterEntry, address: Address) -> None:
    if not address.is_local and _has_credentials(user):
        raise ConnectionConfigError(
            f"{cluster.where}: server {address.url} does not use TLS, so others could read the credentials of its user",
            hint=Hint("begin the address with https://"),
        )


def _secure(user: UserEntry, cluster: ClusterEntry, endpoint: Endpoint) -> Login:
    if user.provider is not None:
        check_provider(user)
    source = _direct(user)
    if source is None and user.provider is not None:
        value = id_token_of(user)
        return Login(endpoint, lambda: value)
    if source is not None or endpoint.certificate is not None:
        return Login(endpoint, source or (lambda: None))
    if user.plug_in is not None:
        return _login_of_plug_in(PlugIn(user.plug_in, user.where, cluster_info(endpoint, cluster)), endpoint)
    what = "username is missing" if user.password else "there are no credentials"
    return _without_credentials(endpoint, f"{user.where}: {what}")


def _direct(user: UserEntry) -> Callable[[], str | None] | None:
    """The source of the header from the fields of the user alone."""
    if user.token_file:
        return TokenFile(Path(user.token_file), f"{user.where}: tokenFile", user.token)
    if user.token:
        value = bearer_of(user.token, f"{user.where}: token")
        return lambda: value
    if user.username:
        basic = "Basic " + b64encode(f"{user.username}:{user.password}".encode()).decode()
        return lambda: basic
    return None


def _login_of_plug_in(plug_in: PlugIn, endpoint: Endpoint) -> Login:
    certificate = plug_in.credential().certificate
    if certificate is None:
        return Login(endpoint, plug_in.authorization)
    return Login(_with_certificate(endpoint, certificate), plug_in.authorization, is_stale=plug_in.is_expired)


def _with_certificate(endpoint: Endpoint, certificate: tuple[bytes, bytes] | None) -> Endpoint:
    return endpoint if certificate is None else replace(endpoint, certificate=certificate[0], key=certificate[1])


def _without_credentials(endpoint: Endpoint, where: str) -> Login:
    if Address(endpoint.server).is_secure:
        raise ConnectionConfigError(where, hint=Hint("{pass_token}"))
    return Login(endpoint, lambda: None)

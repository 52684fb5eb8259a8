"""The auth-provider `oidc`: its id-token, while it is valid. kubectl knows no other provider any more.

Rejected alternative: to renew the token here. Renewing replaces the refresh token, which then has to be written into
the user's kubeconfig, or kubectl can't sign in any more; and the official client asks for it without verifying TLS.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING

import orjson

from tenantkit.cluster.connection.tokens import bearer_of
from tenantkit.exceptions import ConnectionConfigError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from tenantkit.cluster.connection.entries import UserEntry


def check_provider(user: UserEntry) -> None:
    """Refuse another provider, and one that is not complete, also where its token is not used.

    Raises:
        ConnectionConfigError: it is one of these.
    """
    where = f"{user.where}: auth-provider"
    if user.provider != "oidc":
        raise ConnectionConfigError(
            f"{where} {user.provider!r} is not supported: get a new kubeconfig with an exec plug-in"
        )
    for name in ("idp-issuer-url", "client-id"):
        if not user.provider_config.get(name):
            raise ConnectionConfigError(f"{where}: {name} is missing")


def id_token_of(user: UserEntry) -> str:
    """The Authorization header's value.

    Raises:
        ConnectionConfigError: the token is missing, or has expired.
    """
    where = f"{user.where}: auth-provider"
    token = user.provider_config.get("id-token", "")
    if not token or _expiry(token, where) <= time.time():
        what = "has expired" if token else "is missing"
        raise ConnectionConfigError(
            f"{where}: id-token {what}",
            hint=Hint("kubectl renews it: run `kubectl version`, or use an exec plug-in in place of the auth-provider"),
        )
    return bearer_of(token, f"{where}: id-token")


def _expiry(token: str, where: str) -> float:
    """Seconds since 1970."""
    try:
        _, payload, _ = token.split(".")
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims.get("exp", 0))
    except (ValueError, TypeError, AttributeError):
        raise ConnectionConfigError(f"{where}: id-token is not a JSON Web Token") from None

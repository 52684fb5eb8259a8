"""The user who makes a request: by bearer token, or another user by impersonation.

Source: pages "Authenticating" and "User Impersonation"; apiserver's pkg/endpoints/filters/impersonation, 1.37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import bad_request, unauthorized
from tenantkit.sandbox.auth.rbac import denied
from tenantkit.sandbox.auth.request_info import RequestInfo
from tenantkit.sandbox.auth.users import AUTHENTICATED, SERVICE_ACCOUNT_PREFIX, User, service_account_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from multidict import CIMultiDictProxy

    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.auth.tokens import Tokens


class Authenticator:
    """Finds the user of a request.

    Args:
        tokens: the tokens that the server has issued.
        authorizer: decides who may impersonate whom.
        clock: returns the current time, with time zone.
    """

    def __init__(self, tokens: Tokens, authorizer: Authorizer, clock: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._authorizer = authorizer
        self._clock = clock

    def user_of(self, headers: CIMultiDictProxy[str]) -> User:
        """The user of the bearer token; raises ApiError 401 without a valid one."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        user = self._tokens.user_of(token.strip(), self._clock()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        return user

    def impersonated(self, user: User, info: RequestInfo, headers: CIMultiDictProxy[str]) -> User:
        """The user that the headers impersonate, by default `user`; raises ApiError 403 if `user` may not do that."""
        name = headers.get("Impersonate-User", "")
        groups = tuple(headers.getall("Impersonate-Group", ()))
        if not name:
            if groups:
                raise bad_request("requested groups without impersonating a user name")
            return user
        parts = name.removeprefix(SERVICE_ACCOUNT_PREFIX).split(":")
        is_account = name.startswith(SERVICE_ACCOUNT_PREFIX) and len(parts) == 2  # noqa: PLR2004 (namespace and name)
        needed = [RequestInfo("impersonate", version="v1", resource="groups", name=group) for group in groups]
        if is_account:
            needed.append(RequestInfo("impersonate", "", "", "v1", "serviceaccounts", "", parts[0], parts[1]))
        else:
            needed.append(RequestInfo("impersonate", version="v1", resource="users", name=name))
        if not all(self._authorizer.allows(user, permission) for permission in needed):
            raise denied(user, replace(info, verb=f"impersonate-on:user-info:{info.verb}"))
        if is_account and not groups:
            return service_account_user(*parts)
        return User(name, groups if AUTHENTICATED in groups else (*groups, AUTHENTICATED))

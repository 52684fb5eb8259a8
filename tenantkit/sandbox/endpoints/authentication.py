"""The user who makes a request: by bearer token, or another user by impersonation.

Source: pages "Authenticating" and "User Impersonation"; apiserver's pkg/endpoints/filters/impersonation, 1.37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from tenantkit.sandbox.apimachinery.errors import bad_request, unauthorized
from tenantkit.sandbox.apimachinery.go_text import quoted
from tenantkit.sandbox.apimachinery.json_text import with_replacements
from tenantkit.sandbox.auth.rbac import denied
from tenantkit.sandbox.auth.request_info import RequestInfo
from tenantkit.sandbox.auth.users import (
    ANONYMOUS,
    AUTHENTICATED,
    SERVICE_ACCOUNT_PREFIX,
    UNAUTHENTICATED,
    User,
    service_account_user,
)
from tenantkit.sandbox.endpoints.request import text_of_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from multidict import CIMultiDictProxy

    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.auth.tokens import Tokens

_EXTRA = "impersonate-extra-"


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
        scheme, token, *_ = *headers.get("Authorization", "").strip().split(" ", 2), "", ""  # what follows is ignored
        user = self._tokens.user_of(token, self._clock()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        return user

    def impersonated(self, user: User, info: RequestInfo, headers: CIMultiDictProxy[str]) -> User:
        """The user that the headers impersonate, by default `user`.

        Raises:
            ApiError: 400, the headers name groups and the like, but no user; 403, `user` may not impersonate them.
        """
        wanted = _requested(headers)
        if not wanted.name:
            if wanted.groups or wanted.uid or wanted.extra:
                raise bad_request(f"requested {_in_go(wanted)} without impersonating a user name")
            return user
        if not all(self._authorizer.allows(user, permission) for permission in _needed(wanted)):
            raise denied(user, replace(info, verb=f"impersonate-on:user-info:{info.verb}"))
        account = _account(wanted.name)
        if account and not wanted.groups:
            return replace(service_account_user(*account), uid=wanted.uid, extra=wanted.extra)
        # as the server adds them: one of these two groups, unless the headers name either
        kind = UNAUTHENTICATED if wanted.name == ANONYMOUS else AUTHENTICATED
        is_named = kind in wanted.groups or UNAUTHENTICATED in wanted.groups
        return wanted if is_named else replace(wanted, groups=(*wanted.groups, kind))


def _requested(headers: CIMultiDictProxy[str]) -> User:
    """The user, groups, UID and extra fields that the headers name; keys of extra fields are percent-encoded."""
    extra: dict[str, list[str]] = {}
    for name, value in headers.items():
        if name.lower().startswith(_EXTRA):
            key = with_replacements(unquote_to_bytes(name[len(_EXTRA) :].lower()))
            extra.setdefault(key, []).append(text_of_header(value))
    groups = tuple(map(text_of_header, headers.getall("Impersonate-Group", ())))
    name, uid = (text_of_header(headers.get(f"Impersonate-{part}", "")) for part in ("User", "Uid"))
    return User(name, groups, uid, extra)


def _account(name: str) -> list[str] | None:
    """The namespace and name of a service account; None for another user."""
    parts = name.removeprefix(SERVICE_ACCOUNT_PREFIX).split(":")
    is_account = name.startswith(SERVICE_ACCOUNT_PREFIX) and len(parts) == 2  # noqa: PLR2004 (namespace and name)
    return parts if is_account else None


def _needed(wanted: User) -> Iterator[RequestInfo]:
    """The permissions that the impersonation of a user needs."""
    if account := _account(wanted.name):
        yield RequestInfo("impersonate", "", "", "v1", "serviceaccounts", "", *account)
    else:
        yield RequestInfo("impersonate", version="v1", resource="users", name=wanted.name)
    for group in wanted.groups:
        yield RequestInfo("impersonate", version="v1", resource="groups", name=group)
    of_user = RequestInfo("impersonate", group="authentication.k8s.io", version="v1")
    if wanted.uid:
        yield replace(of_user, resource="uids", name=wanted.uid)
    for key, values in wanted.extra.items():
        for value in values:
            yield replace(of_user, resource="userextras", subresource=key, name=value)


def _in_go(user: User) -> str:
    """A user as Go's %#v prints it."""
    extra = ", ".join(f"{quoted(key)}:{_strings(values)}" for key, values in sorted(user.extra.items()))
    groups = _strings(user.groups) if user.groups else "[]string(nil)"
    shown = f"map[string][]string{{{extra}}}" if user.extra else "map[string][]string(nil)"
    return f"&user.DefaultInfo{{Name:{quoted(user.name)}, UID:{quoted(user.uid)}, Groups:{groups}, Extra:{shown}}}"


def _strings(values: Sequence[str]) -> str:
    return f"[]string{{{', '.join(map(quoted, values))}}}"

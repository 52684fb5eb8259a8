"""Bearer tokens: the user of each, and when it expires."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tenantkit.sandbox.auth.users import User


@dataclass(frozen=True, slots=True)
class _Grant:
    user: User
    expires: datetime | None


class Tokens:
    """The tokens that the server has issued."""

    def __init__(self) -> None:
        self._grants: dict[str, _Grant] = {}

    def issue(self, user: User, *, expires: datetime | None = None) -> str:
        """A new token for a user; without `expires` it never expires."""
        token = secrets.token_urlsafe(32)
        self._grants[token] = _Grant(user, expires)
        return token

    def user_of(self, token: str, now: datetime) -> User | None:
        """The user of a token; None if the token is unknown or has expired."""
        grant = self._grants.get(token)
        return grant.user if grant and (grant.expires is None or now < grant.expires) else None

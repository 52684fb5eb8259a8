"""Names of the server's choice, for what asks for one by a prefix."""

from __future__ import annotations

import secrets

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_RANDOM = 5
_LIMIT = 63


def generated_name(prefix: str) -> str:
    """A name that begins so and that nothing has yet, by all likelihood; empty where there is no prefix."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return prefix and prefix[: _LIMIT - _RANDOM] + letters

"""The credentials in use, to be left out of every text that comes from outside: a server may echo what it was sent.

An opaque token can't be recognised by its form, so those that were sent are remembered, for the whole process: an error
is built where its connection is not known, as for an event of a watch. Short ones are not, since they would garble
other words.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections import deque
from urllib.parse import unquote, urlsplit

from tenantkit.cluster.http.forks import Lock

_SHORTEST = 8
_lock = Lock()
_kept: deque[str] = deque(maxlen=256)


def keep_secret(value: str | None) -> None:
    """Leave a credential out of texts from now on.

    Args:
        value: an Authorization header's value, or a proxy's URL with a password.
    """
    with _lock:
        for secret in _secrets_in(value or ""):
            if len(secret) >= _SHORTEST and secret not in _kept:
                _kept.append(secret)


def without_secrets(text: str) -> str:
    """A text without the credentials that were kept secret."""
    with _lock:
        kept = sorted(_kept, key=len, reverse=True)
    for secret in kept:
        text = text.replace(secret, "[secret]")
    return text


def _secrets_in(value: str) -> list[str]:
    if "://" in value:
        password = urlsplit(value).password
        return [password, unquote(password)] if password else []
    scheme, _, secret = value.partition(" ")
    if scheme != "Basic":
        return [secret.strip()]
    try:
        return [secret, b64decode(secret).decode().partition(":")[2]]
    except (binascii.Error, UnicodeDecodeError):
        return [secret]

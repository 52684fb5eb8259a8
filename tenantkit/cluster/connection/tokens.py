"""Bearer tokens: of a field, and of a file that is replaced while it is used.

The last token that was read is used until the file can be read again, as by kubectl: whoever replaces the file (the
kubelet, for a pod's account) may be doing so now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.connection.files import read_file
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from pathlib import Path


def bearer_of(token: str, where: str) -> str:
    """The Authorization header's value.

    Raises:
        ConnectionConfigError: a header cannot hold it; `where` names its source.
    """
    text = token.rstrip(" ")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ConnectionConfigError(
            f"{where} is not a token: it holds spaces, line breaks or characters that a header cannot hold"
        )
    return f"Bearer {text}"


class TokenFile:
    """The Authorization header's value from a file, read again at each call.

    Args:
        path: the file.
        where: for messages.
        first: the token to use until the file can be read.

    Raises:
        ConnectionConfigError: there is no token.
    """

    def __init__(self, path: Path, where: str, first: str = "") -> None:
        self._path = path
        self._where = where
        self._last = bearer_of(first, where) if first else ""
        self()

    def __call__(self) -> str:
        """The newest value."""
        try:
            token = read_file(self._path).decode("utf-8").strip()
            reason = f"{self._path} is empty"
        except (OSError, UnicodeDecodeError) as error:
            token = ""
            reason = f"{self._path} can't be read: {getattr(error, 'strerror', None) or 'it is not text'}"
        if token:
            self._last = bearer_of(token, self._where)
        elif not self._last:
            raise ConnectionConfigError(f"{self._where}: {reason}")
        return self._last

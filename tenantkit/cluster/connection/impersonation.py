"""The headers of impersonation: `as`, `as-uid`, `as-groups`, `as-user-extra`.

Without them the user would have other permissions than configured. The key of an extra is part of a header's name, so
`example.com/reason` is sent as `example.com%2Freason`, and the server reads every key in lower case.
Source: page "User impersonation"; Go's package k8s.io/client-go/transport (round_trippers.go).
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.connection.entries import UserEntry
    from tenantkit.cluster.http.credentials import Headers

_NAME_CHARACTERS = frozenset((string.ascii_letters + string.digits + "!#$&'*+-.^_`|~").encode())


def impersonation_of(user: UserEntry) -> Headers:
    """The headers that let a user act as another one.

    Raises:
        ConnectionConfigError: a value can't be in a header, or `as` is missing.
    """
    if not user.act_as and (user.act_as_uid or user.act_as_groups or user.act_as_extra):
        raise ConnectionConfigError(
            f"{user.where}: as is missing: as-uid, as-groups and as-user-extra need the user to act as"
        )
    return tuple((name, _value(user, field, value)) for field, name, value in _parts(user))


def _parts(user: UserEntry) -> Iterator[tuple[str, str, str]]:
    """Each field, header and value."""
    if user.act_as:
        yield "as", "Impersonate-User", user.act_as
    if user.act_as_uid:
        yield "as-uid", "Impersonate-Uid", user.act_as_uid
    for group in user.act_as_groups:
        yield "as-groups", "Impersonate-Group", group
    for key, values in user.act_as_extra:
        for value in values:
            yield "as-user-extra", f"Impersonate-Extra-{_escaped(key.lower())}", value


def _escaped(key: str) -> str:
    return "".join(chr(byte) if byte in _NAME_CHARACTERS else f"%{byte:02X}" for byte in key.encode())


def _value(user: UserEntry, field: str, value: str) -> str:
    """A header's value: UTF-8, which http.client sends if it is given as Latin-1."""
    if any(character != "\t" and (character < " " or character == "\x7f") for character in value):
        raise ConnectionConfigError(f"{user.where}: {field} holds line breaks or control characters")
    return value.encode().decode("latin-1")

"""Names of users and groups that were most likely meant as something else, each with the right form.

Kubernetes takes any text as the name of a user or a group, so a mistyped name gives rights to somebody who does not
exist, and nothing reports it. Names of groups are looser than those of users: directories have groups such as
`Domain Users`, and write them as `CN=ml,OU=teams`. Rejected alternative: to split `a@x.com, b@x.com`, which guesses in
a file that decides about rights.

Source: pages "Authenticating" and "Using RBAC Authorization".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from tenantkit.rules.names import slug

if TYPE_CHECKING:
    from collections.abc import Callable

PersonKind = Literal["User", "Group"]

GRAMMAR = "write a user 'dana@example.com', a group 'group:ml-vision' or a service account 'sa:NAMESPACE/NAME'"
_RESERVED = "system:"
_QUOTES = "\"'`´‘’“”„«»"  # noqa: RUF001 (those that word processors write)
_BRACKETS = "[]{}<>"
_INNER_QUOTE = re.compile(r"(?<=\w)['’](?=\w)")  # noqa: RUF001 (as in O'Brien)
_SEPARATOR = re.compile(r"[,;]|\s+(?=\S+@)|\s+(?=(?:user|group|sa):)", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\]{},;:@\"]+@[^\s<>()\[\]{},;:@\"]+")
_IN_DIRECTORY = re.compile(r"[A-Za-z][A-Za-z0-9.-]*=")
_ACCOUNT = re.compile(r"(?:sa|svc|system:serviceaccounts?|service[-_ ]?accounts?)\s*[:/]\s*(?P<rest>.*)", re.IGNORECASE)
_GROUP = re.compile(r"groups?\s*:\s*(?P<rest>.*)", re.IGNORECASE)
_OTHER = re.compile(r"(?:user|group|sa)\s*:", re.IGNORECASE)
_USER = re.compile(r"(?:users?|e?mail|mailto|person)\s*:\s*(?P<rest>.*)", re.IGNORECASE)


class _Mistake(NamedTuple):
    """What to do instead, and the name that was most likely meant; None if the rule has its own example."""

    rule: str
    near: str | None = None
    kind: PersonKind = "User"


def check_person_name(name: str, kind: PersonKind) -> str | None:
    """Why a text is not the name of a user or group, with the right form; None if it may be one.

    Args:
        name: of a group without `group:`.
        kind: what it names.

    Example:
        >>> check_person_name("a@x.com, b@x.com", "User")
        "list each person by itself, for example 'a@x.com', 'b@x.com'"
    """
    mistake = _mistake(name, kind)
    if mistake is None or mistake.near is None:
        return mistake and mistake.rule
    near = mistake.near
    if _mistake(near, mistake.kind) is not None:  # a name that would be refused as well is not an example
        near = "dana@example.com" if mistake.kind == "User" else "ml-vision"
    return f"{mistake.rule}, for example {_written(near, mistake.kind)!r}"


def is_reserved(name: str) -> bool:
    """Whether Kubernetes reserves this name of a user or group: `system:masters`, `system:authenticated`."""
    return name.startswith(_RESERVED)


def _mistake(name: str, kind: PersonKind) -> _Mistake | None:
    return next((mistake for check in _CHECKS if (mistake := check(name, kind)) is not None), None)


def _empty(name: str, kind: PersonKind) -> _Mistake | None:
    if name.strip():
        return None
    return _Mistake(GRAMMAR) if kind == "User" else _Mistake("name the group after 'group:'", "ml-vision", kind)


def _nameless(name: str, kind: PersonKind) -> _Mistake | None:
    """Kubernetes has no wildcard here: `*` is a user whom nobody is."""
    is_named = any(char.isalnum() for char in name)
    return None if is_named else _Mistake("use a name with letters or digits; no text stands for everybody", "", kind)


def _invisible(name: str, _: PersonKind) -> _Mistake | None:
    odd = next((char for char in name if not char.isprintable()), None)
    return None if odd is None else _Mistake(f"remove the invisible character U+{ord(odd):04X}: {GRAMMAR}")


def _several(name: str, kind: PersonKind) -> _Mistake | None:
    parts = [part for each in _SEPARATOR.split(_bare(name)) if (part := _bare(each))]
    is_one = name.count("@") == 1 and not re.search(r"[,;]", name) and not any(map(_OTHER.match, parts[1:]))
    if len(parts) == 1 or is_one or all(map(_IN_DIRECTORY.match, parts)):
        return None
    shown = [part if _OTHER.match(part) else _written(part, kind) for part in parts[:2]]
    return _Mistake(f"list each person by itself, for example {', '.join(map(repr, shown))}")


def _decorated(name: str, kind: PersonKind) -> _Mistake | None:
    """Brackets, quotes and spaces that come with a text from a list or a mail program."""
    address = _ADDRESS.search(name) if any(char in name for char in _BRACKETS) else None
    near = _bare(address[0] if address else name)
    refused = _QUOTES + _BRACKETS + ("()" if kind == "User" else "")
    if any(char in refused for char in _INNER_QUOTE.sub("", name)):
        return _Mistake("remove quotes and brackets", near, kind)
    return _Mistake("remove the spaces around it", near, kind) if name != name.strip() else None


def _another_kind(name: str, _: PersonKind) -> _Mistake | None:
    """A prefix that is written in another way here."""
    if (account := _ACCOUNT.fullmatch(name)) is not None:
        return _Mistake(f"write a service account as 'sa:NAMESPACE/NAME', for example {_account(account['rest'])!r}")
    if (group := _GROUP.fullmatch(name)) is not None:
        return _Mistake("write a group as 'group:NAME'", _bare(group["rest"]), "Group")
    if (user := _USER.fullmatch(name)) is not None:
        return _Mistake("write a user without a prefix", _bare(user["rest"]), "User")
    return None


def _reserved(name: str, _: PersonKind) -> _Mistake | None:
    rule = f"names that start with 'system:' are reserved for Kubernetes: {GRAMMAR}"
    return _Mistake(rule) if is_reserved(name) else None


def _spaced(name: str, kind: PersonKind) -> _Mistake | None:
    words = name.split()
    if len(words) == 1 or (kind == "Group" and "@" not in name):
        return None
    return _Mistake("remove the space", next((word for word in words if "@" in word), "-".join(words).lower()), kind)


def _misaddressed(name: str, kind: PersonKind) -> _Mistake | None:
    local, _, domain = name.rpartition("@")
    if "@" not in name or (local and domain and "@" not in local):
        return None
    near = re.sub(r"@+", "@", name).strip("@")
    return _Mistake("use one '@', between a name and a domain", near if "@" in near else "", kind)


def _punctuated(name: str, kind: PersonKind) -> _Mistake | None:
    """Dots at the ends, and the punctuation that follows a name in a sentence."""
    parts = name.split("@")
    near = "@".join(re.sub(r"\.{2,}", ".", part).strip(".,;:") for part in parts)
    is_wrong = any(part[:1] in ".,;" or part[-1:] in ".,;:" or ("@" in name and ".." in part) for part in parts)
    return _Mistake("remove the punctuation around it", near, kind) if is_wrong else None


# the first that applies: a list before its brackets, a prefix before reserved names
_CHECKS: tuple[Callable[[str, PersonKind], _Mistake | None], ...] = (
    _empty,
    _invisible,
    _nameless,
    _several,
    _decorated,
    _another_kind,
    _reserved,
    _spaced,
    _misaddressed,
    _punctuated,
)


def _bare(text: str) -> str:
    return text.strip(f"{_QUOTES}{_BRACKETS}() ")


def _written(name: str, kind: PersonKind) -> str:
    return name if kind == "User" else f"group:{name}"


def _account(rest: str) -> str:
    namespace, *name = [slug(part) for part in re.split(r"[/:]", rest, maxsplit=1)]
    return f"sa:{namespace}/{name[0]}" if namespace and name and name[0] else f"sa:NAMESPACE/{namespace or 'NAME'}"

"""Semantic versions: `semver('1.2.3').isLessThan(semver('1.3.0'))`.

Source: page "Common Expression Language in Kubernetes"; apiserver's pkg/cel/library/semverlib.go, 1.37.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.cel.libraries.declare import Overload
from tenantkit.sandbox.cel.opaque import SEMVER

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = r"(?:0|[1-9][0-9]*)"
_BEFORE = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_BEFORE}(?:\.{_BEFORE})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_PARTS = 3


def _parse(text: str) -> re.Match[str]:
    if found := _VERSION.fullmatch(text):
        return found
    if not text:
        raise ValueError("Version string empty")
    if text.count(".") < _PARTS - 1:
        raise ValueError("No Major.Minor.Patch elements found")
    raise ValueError(f'Invalid character(s) found in version "{text}"')


def _normal(text: str) -> str:
    """A version without a leading `v`, with three numbers, none of which begins with 0."""
    parts = text.removeprefix("v").split(".", _PARTS - 1)
    parts = [re.sub(r"^0+(?=[0-9])", "", part) for part in parts]
    if len(parts) < _PARTS and re.search("[+-]", parts[-1]):
        raise ValueError("short version cannot contain PreRelease/Build meta data")
    return ".".join([*parts, *["0"] * (_PARTS - len(parts))])


def _held(text: str, *, normalize: bool = False) -> Any:
    """A version as a value; metadata about the build does not count."""
    found = _parse(_normal(text) if normalize else text)
    return SEMVER.value(found[0].partition("+")[0])


def _is_version(text: str, *, normalize: bool = False) -> bool:
    try:
        _held(text, normalize=normalize)
    except ValueError:
        return False
    return True


def _order(value: Any) -> tuple[Any, ...]:
    """What versions are compared by; one before a release comes before it, and numbers before words."""
    major, minor, patch, before = _parse(SEMVER.text(value)).groups()
    words = (
        tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split(".")) if before else ()
    )
    return (int(major), int(minor), int(patch), not before, words)


def _compared(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda one, other: function(_order(one), _order(other))


def _number(at: int) -> Callable[[Any], int]:
    return lambda value: int(_order(value)[at])


SEMVER_LIBRARY = (
    Overload("semver", ["string"], SEMVER, _held, is_member=False),
    Overload("semver", ["string", "bool"], SEMVER, lambda text, on: _held(text, normalize=on), is_member=False),
    Overload("isSemver", ["string"], "bool", _is_version, is_member=False),
    Overload("isSemver", ["string", "bool"], "bool", lambda text, on: _is_version(text, normalize=on), is_member=False),
    Overload("isGreaterThan", [SEMVER, SEMVER], "bool", _compared(lambda one, other: one > other)),
    Overload("isLessThan", [SEMVER, SEMVER], "bool", _compared(lambda one, other: one < other)),
    Overload("compareTo", [SEMVER, SEMVER], "int", _compared(lambda one, other: (one > other) - (one < other))),
    Overload("major", [SEMVER], "int", _number(0)),
    Overload("minor", [SEMVER], "int", _number(1)),
    Overload("patch", [SEMVER], "int", _number(2)),
)

"""The fields of a kubeconfig with their types, as Go's JSON decoder takes them: absent, null and empty are the same.

A value of another type is refused with its field's name, as by kubectl, since `"false"` in quotes must not turn
something on. The value is never shown: it may be a token in the wrong place.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.connection.go_yaml import Tree


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping of a kubeconfig.

    Args:
        content: what it holds.
        where: the file and the entry, for messages.
    """

    content: Mapping[str, Tree]
    where: str

    def __repr__(self) -> str:
        return f"Fields({self.where!r})"  # the content holds tokens

    def text(self, name: str) -> str:
        """Text; empty if absent."""
        value = self.content.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        raise self.refused(
            name, f"{_kind(value)} instead of text: put it in quotes" if _is_scalar(value) else _kind(value)
        )

    def flag(self, name: str) -> bool:
        """True or false; false if absent."""
        value = self.content.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        hint = ": remove the quotes" if isinstance(value, str) else ""
        raise self.refused(name, f"{_kind(value)} instead of true or false{hint}")

    def data(self, name: str) -> bytes:
        """Base64; empty if absent. As in Go, line breaks may be in it, and nothing else."""
        text = self.text(name).replace("\n", "").replace("\r", "")
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise self.refused(name, "not valid base64") from None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(Fields({name: each}, self.where).text(name) for each in self.items(name))

    def items(self, name: str) -> list[Tree]:
        """A list."""
        value = self.content.get(name)
        if value is None or isinstance(value, list):
            return value or []
        raise self.refused(name, f"{_kind(value)} instead of a list")

    def inner(self, name: str, where: str | None = None) -> Fields:
        """A mapping, whose errors begin with `where`."""
        value = self.content.get(name)
        if value is None or isinstance(value, dict):
            return Fields(value or {}, where or f"{self.where}: {name}")
        raise self.refused(name, f"{_kind(value)} instead of a mapping")

    def each(self, name: str) -> list[Fields]:
        """A list of mappings."""
        return [Fields({name: item}, self.where).inner(name) for item in self.items(name)]

    def has(self, name: str) -> bool:
        """Whether the field is there, and not null."""
        return self.content.get(name) is not None

    def refused(self, name: str, what: str) -> ConnectionConfigError:
        """The error of a field."""
        return ConnectionConfigError(f"{self.where}: {name} is {what}")


def _is_scalar(value: Tree) -> bool:
    return isinstance(value, bool | int | float)


def _kind(value: Tree) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "text"),
        (list, "a list"),
        (dict, "a mapping"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "of another type")

"""Field selectors: parsed from text and matched, as the API server does.

A value escapes `,`, `=` and backslashes with a backslash.

Sources: page "Field Selectors"; in k8s.io/apimachinery, pkg/fields/selector.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.rules.selectors.selector_errors import SelectorSyntaxError

if TYPE_CHECKING:
    from collections.abc import Callable

_EXAMPLE = "use a field selector such as 'metadata.name=ai,status.phase!=Running'"


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One condition on one field: equal or not equal."""

    field: str
    equal: bool
    value: str

    def __str__(self) -> str:
        return f"{self.field}{'=' if self.equal else '!='}{escape_field_value(self.value)}"


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All requirements must be met; an empty selector matches everything."""

    requirements: tuple[FieldRequirement, ...] = ()

    def matches(self, fields: Callable[[str], str]) -> bool:
        """Whether an object is selected; `fields` returns a field's value, or the empty text without one."""
        return all((fields(wanted.field) == wanted.value) == wanted.equal for wanted in self.requirements)

    def exact(self, field: str) -> str | None:
        """The only value that a field may have, or None; with it, one object can be looked up instead of all."""
        found = (wanted.value for wanted in self.requirements if wanted.equal and wanted.field == field)
        return next(found, None)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


def parse_field_selector(text: str) -> FieldSelector:
    r"""Parse a field selector.

    Args:
        text: conditions separated by commas: `metadata.name=ai` (or `==`), `status.phase!=Running`. In values, `,`, `=`
            and backslashes are escaped with a backslash. Spaces count. Empty: matches everything. The supported fields
            depend on the kind.

    Returns:
        The selector, with its requirements in the server's order.

    Raises:
        ValueError: a condition has no operator, or a value has a wrong escape.

    Source: page "Field Selectors".

    Example:
        >>> parse_field_selector(r"metadata.name=a\,b").exact("metadata.name")
        'a,b'
    """
    found = []
    for term in sorted(re.findall(r"(?:\\.|[^,\\]|\\\Z)+", text, re.DOTALL)):
        parts = re.fullmatch(r"(.*?)(!=|==|=)(.*)", term, re.DOTALL)
        if parts is None:
            message = f"field selector {text!r}: {term!r} has no '=', '==' or '!='; {_EXAMPLE}"
            raise SelectorSyntaxError(message, term, "an operator")
        field, operator, escaped = parts.groups()
        if field or escaped:  # the server ignores a lone operator
            found.append(FieldRequirement(field, operator != "!=", _unescaped(escaped, text)))
    return FieldSelector(tuple(found))


def escape_field_value(value: str) -> str:
    r"""A value, escaped for the text of a field selector.

    Example:
        >>> print(escape_field_value("a,b"))
        a\,b
    """
    return re.sub(r"([\\,=])", r"\\\1", value)


def _unescaped(escaped: str, text: str) -> str:
    if re.fullmatch(r"(?:\\[\\,=]|[^\\,=])*", escaped, re.DOTALL) is None:
        near = escape_field_value(re.sub(r"\\([\\,=])", r"\1", escaped))
        raise ValueError(
            f"field selector {text!r}: write the value {escaped!r} as {near!r}, with '\\', ',' and '=' escaped"
        )
    return re.sub(r"\\([\\,=])", r"\1", escaped, flags=re.DOTALL)

"""Label and field selectors: read from text or from a manifest, and matched, as the API server does.

A port of its two small parsers rather than one expression, since what they take is not quite what the pages say: `in`
may be a key, `x in (a,,b)` and `x=` mean the empty value, and a field's value escapes `,`, `=` and a backslash.
Turned down: asking the server each time, which a plan on dicts can't; telling apart `=` and `==`, which match alike.

Sources: page "Labels and Selectors"; page "Field Selectors"; in k8s.io/apimachinery, pkg/labels/selector.go,
pkg/fields/selector.go and, for manifests, pkg/apis/meta/v1/helpers.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.rules.names import check_label_key, check_label_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest

LabelOperator: TypeAlias = Literal["in", "notin", "exists", "absent", ">", "<"]

_TOKEN = re.compile(r"==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+")
_SPECIAL = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">", ""})
_LABEL_EXAMPLE = "write it as in 'app=ai,tier in (gold,silver),!legacy'"
_FIELD_EXAMPLE = "write it as in 'metadata.name=ai,status.phase!=Running'"
_OPERATOR_OF: Mapping[str, LabelOperator] = {
    "In": "in",
    "NotIn": "notin",
    "Exists": "exists",
    "DoesNotExist": "absent",
}
_OPERATOR_OF_SIGN: Mapping[str, LabelOperator] = {"=": "in", "==": "in", "!=": "notin", ">": ">", "<": "<"}


class SelectorSyntaxError(ValueError):
    """A selector's text can't be read: `found` stands, at that character, where `wanted` should."""

    def __init__(self, message: str, found: str, wanted: str, at: int = 0) -> None:
        super().__init__(message)
        self.found, self.wanted, self.at = found, wanted, at


@dataclass(frozen=True, slots=True)
class LabelRequirement:
    """One condition on one label; `values` is empty for `exists` and `absent`, one whole number for `>` and `<`."""

    key: str
    operator: LabelOperator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels meets it; one without the label meets `notin` and `absent` only."""
        value = labels.get(self.key)
        match self.operator:
            case "exists" | "absent":
                return (value is not None) == (self.operator == "exists")
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case ">" | "<":
                number, bound = _int64(value), _int64(self.values[0])
                if number is None or bound is None:
                    return False
                return number > bound if self.operator == ">" else number < bound

    def __str__(self) -> str:
        match self.operator, self.values:
            case "exists", _:
                return self.key
            case "absent", _:
                return f"!{self.key}"
            case ((">" | "<"), (bound,)):
                return f"{self.key}{self.operator}{bound}"
            case "in", (value,):
                return f"{self.key}={value}"
            case "notin", (value,):
                return f"{self.key}!={value}"
        return f"{self.key} {self.operator} ({','.join(self.values)})"


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All of its requirements must be met; none at all matches everything, `nothing` matches nothing."""

    requirements: tuple[LabelRequirement, ...] = ()
    nothing: bool = False

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether an object with these labels is selected; None is an object without labels."""
        return not self.nothing and all(requirement.matches(labels or {}) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One condition on one field: equal, or not."""

    field: str
    equal: bool
    value: str

    def __str__(self) -> str:
        return f"{self.field}{'=' if self.equal else '!='}{escape_field_value(self.value)}"


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All of its requirements must be met; none at all matches everything."""

    requirements: tuple[FieldRequirement, ...] = ()

    def matches(self, fields: Callable[[str], str]) -> bool:
        """Whether an object is selected; `fields` answers with a field's value, empty where the object has none."""
        return all((fields(wanted.field) == wanted.value) == wanted.equal for wanted in self.requirements)

    def exact(self, field: str) -> str | None:
        """The one value that the field must have, or None: so that one object can be looked up instead of all."""
        found = (wanted.value for wanted in self.requirements if wanted.equal and wanted.field == field)
        return next(found, None)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


def parse_label_selector(text: str) -> LabelSelector:
    """The label selector that a text says.

    Args:
        text: conditions between commas: `app=ai` (or `==`), `app!=ai`, `tier in (gold,silver)`, `tier notin (gold)`,
            `app` (has the label), `!app` (has it not), `size>3`, `size<3`. Empty: everything.

    Returns:
        The selector, its requirements sorted by key.

    Raises:
        ValueError: it can't be read, or a key or value is no label's; the message says which.

    Source: page "Labels and Selectors", section "API".

    Example:
        >>> parse_label_selector("tier in (gold,silver),!legacy").matches({"tier": "gold"})
        True
    """
    return LabelSelector(tuple(sorted(_LabelParser(text).parse(), key=lambda requirement: requirement.key)))


def label_selector_of(selector: Manifest | None) -> LabelSelector:
    """The label selector that a manifest holds in `matchLabels` and `matchExpressions`.

    Args:
        selector: as in a Deployment's or NetworkPolicy's spec. Empty matches everything, None matches nothing.

    Returns:
        The selector, its requirements sorted by key.

    Raises:
        ValueError: an operator that is none of In, NotIn, Exists, DoesNotExist, or values that don't go with it.

    Source: page "Labels and Selectors", section "Resources that support set-based requirements".

    Example:
        >>> str(label_selector_of({"matchLabels": {"app": "ai"}}))
        'app=ai'
    """
    if selector is None:
        return LabelSelector(nothing=True)
    found = [
        _requirement(key, "in", [value], str(selector)) for key, value in (selector.get("matchLabels") or {}).items()
    ]
    for expression in selector.get("matchExpressions") or ():
        operator = _OPERATOR_OF.get(expression.get("operator"))
        if operator is None:
            raise ValueError(f"matchExpressions {expression}: use one of the operators {', '.join(_OPERATOR_OF)}")
        found.append(_requirement(expression.get("key", ""), operator, expression.get("values") or (), str(expression)))
    return LabelSelector(tuple(sorted(found, key=lambda requirement: requirement.key)))


def parse_field_selector(text: str) -> FieldSelector:
    r"""The field selector that a text says.

    Args:
        text: conditions between commas: `metadata.name=ai` (or `==`), `status.phase!=Running`; in values, `,`, `=` and
            backslashes stand behind a backslash. Blanks count. Empty: everything. Each kind has fields of its own.

    Returns:
        The selector, its requirements sorted as the server sorts them.

    Raises:
        ValueError: a condition without operator, or a value with a wrong escape.

    Source: page "Field Selectors".

    Example:
        >>> parse_field_selector(r"metadata.name=a\,b").exact("metadata.name")
        'a,b'
    """
    found = []
    for term in sorted(re.findall(r"(?:\\.|[^,\\]|\\\Z)+", text, re.DOTALL)):
        parts = re.fullmatch(r"(.*?)(!=|==|=)(.*)", term, re.DOTALL)
        if parts is None:
            message = f"field selector {text!r}: {term!r} has no '=', '==' or '!='; {_FIELD_EXAMPLE}"
            raise SelectorSyntaxError(message, term, "an operator")
        field, operator, escaped = parts.groups()
        found.append(FieldRequirement(field, operator != "!=", _unescaped(escaped, text)))
    return FieldSelector(tuple(found))


def escape_field_value(value: str) -> str:
    r"""A value as a field selector's text takes it.

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


def _int64(text: str | None) -> int | None:
    number = int(text) if text is not None and re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _requirement(key: str, operator: LabelOperator, values: Sequence[str], where: str) -> LabelRequirement:
    problems = [f"key {key!r}: {reason}"] if (reason := check_label_key(key)) else []
    problems += [f"value {value!r}: {reason}" for value in values if (reason := check_label_value(value))]
    if operator in ("in", "notin") and not values:
        problems.append(f"{key!r} has no values: give at least one")
    if operator in ("exists", "absent") and values:
        problems.append(f"{key!r} has values, which go with In and NotIn only: leave them out")
    if operator in (">", "<") and _int64(values[0]) is None:
        problems.append(f"value {values[0]!r}: use a whole number with '>' and '<'")
    if problems:
        raise ValueError(f"label selector {where!r}: {'; '.join(problems)}")
    return LabelRequirement(key, operator, tuple(sorted(set(values))))


class _LabelParser:
    """One pass over the tokens; the empty token is the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = [*_TOKEN.findall(text), ""]
        self.starts = [*(token.start() for token in _TOKEN.finditer(text)), len(text)]
        self.position = 0

    def parse(self) -> list[LabelRequirement]:
        if self.next == "":
            return []
        found = [self.requirement()]
        while self.next == ",":
            self.take()
            found.append(self.requirement())
        if self.next:
            raise self.unexpected("',' or the end")
        return found

    @property
    def next(self) -> str:
        return self.tokens[self.position]

    def take(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1]

    def word(self, what: str) -> str:
        if self.next in _SPECIAL:
            raise self.unexpected(what)
        return self.take()

    def unexpected(self, what: str) -> SelectorSyntaxError:
        found = repr(self.next) if self.next else "the end"
        message = f"label selector {self.text!r}: found {found} instead of {what}; {_LABEL_EXAMPLE}"
        return SelectorSyntaxError(message, self.next, what, self.starts[self.position])

    def requirement(self) -> LabelRequirement:
        if self.next == "!":
            self.take()
            return _requirement(self.word("a key"), "absent", (), self.text)
        key = self.word("a key or '!'")
        match self.next:
            case "" | ",":
                return _requirement(key, "exists", (), self.text)
            case "in" | "notin" as operator:
                self.take()
                return _requirement(key, operator, self.value_list(), self.text)
            case "=" | "==" | "!=" | ">" | "<" as sign:
                self.take()
                value = "" if self.next in ("", ",") else self.word("a value")
                return _requirement(key, _OPERATOR_OF_SIGN[sign], [value], self.text)
        raise self.unexpected("an operator: =, ==, !=, in, notin, < or >")

    def value_list(self) -> list[str]:
        """Values between parentheses; nothing between two of their signs is the empty value."""
        if self.take() != "(":
            self.position -= 1
            raise self.unexpected("'('")
        values = []
        while True:
            values.append("" if self.next in (",", ")") else self.word("a value or ')'"))
            if self.next not in (",", ")"):
                raise self.unexpected("',' or ')'")
            if self.take() == ")":
                return values

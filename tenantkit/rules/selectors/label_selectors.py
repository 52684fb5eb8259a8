"""Label selectors: parsed from text or read from a manifest, and matched, as the API server does.

This is a port of the server's parser, since its grammar differs from the documentation: `in` may be a key, and
`x in (a,,b)` and `x=` mean the empty value. `=` and `==` are the same. Rejected alternative: asking the server each
time, which is not possible for a plan on dicts.

Sources: page "Labels and Selectors"; in k8s.io/apimachinery, pkg/labels/selector.go and, for manifests,
pkg/apis/meta/v1/helpers.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.rules.labels import check_label_key, check_label_value
from tenantkit.rules.selectors.selector_errors import SelectorSyntaxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.rules.manifest import Manifest

LabelOperator: TypeAlias = Literal["in", "notin", "exists", "absent", ">", "<"]

_TOKEN = re.compile(r"==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+")
_SPECIAL = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">", ""})
_LABEL_EXAMPLE = "use a label selector such as 'app=ai,tier in (gold,silver),!legacy'"
_OPERATOR_OF: Mapping[str, LabelOperator] = {
    "In": "in",
    "NotIn": "notin",
    "Exists": "exists",
    "DoesNotExist": "absent",
}
_OPERATOR_OF_SIGN: Mapping[str, LabelOperator] = {"=": "in", "==": "in", "!=": "notin", ">": ">", "<": "<"}


@dataclass(frozen=True, slots=True)
class LabelRequirement:
    """One condition on one label; `values` is empty for `exists` and `absent`, and one integer for `>` and `<`."""

    key: str
    operator: LabelOperator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet the condition; without the label only `notin` and `absent` are met."""
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
    """All requirements must be met; an empty selector matches everything, one with `nothing` matches nothing."""

    requirements: tuple[LabelRequirement, ...] = ()
    nothing: bool = False

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether an object with these labels is selected; None means no labels."""
        return not self.nothing and all(requirement.matches(labels or {}) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


def parse_label_selector(text: str) -> LabelSelector:
    """Parse a label selector.

    Args:
        text: conditions separated by commas: `app=ai` (or `==`), `app!=ai`, `tier in (gold,silver)`,
            `tier notin (gold)`, `app` (has the label), `!app` (does not have it), `size>3`, `size<3`. Empty: matches
            everything.

    Returns:
        The selector, its requirements sorted by key.

    Raises:
        ValueError: the text is not a selector, or a key or value is not valid for a label; the message says which.

    Source: page "Labels and Selectors", section "API".

    Example:
        >>> parse_label_selector("tier in (gold,silver),!legacy").matches({"tier": "gold"})
        True
    """
    return LabelSelector(tuple(sorted(_LabelParser(text).parse(), key=lambda requirement: requirement.key)))


def label_selector_of(selector: Manifest | None) -> LabelSelector:
    """The label selector in a manifest, with `matchLabels` and `matchExpressions`.

    Args:
        selector: as in the spec of a Deployment or NetworkPolicy. Empty matches everything, None matches nothing.

    Returns:
        The selector, its requirements sorted by key.

    Raises:
        ValueError: the operator is not In, NotIn, Exists or DoesNotExist, or does not take these values.

    Source: page "Labels and Selectors", section "Resources that support set-based requirements".

    Example:
        >>> str(label_selector_of({"matchLabels": {"app": "ai"}}))
        'app=ai'
    """
    if selector is None:
        return LabelSelector(nothing=True)
    shown = str(selector)
    found = [_requirement(key, "in", [value], shown) for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        operator = _OPERATOR_OF.get(expression.get("operator"))
        if operator is None:
            raise ValueError(f"matchExpressions {expression}: use one of the operators {', '.join(_OPERATOR_OF)}")
        found.append(_requirement(expression.get("key", ""), operator, expression.get("values") or (), str(expression)))
    return LabelSelector(tuple(sorted(found, key=lambda requirement: requirement.key)))


def _int64(text: str | None) -> int | None:
    number = int(text) if text is not None and re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _requirement(key: str, operator: LabelOperator, values: Sequence[str], where: str) -> LabelRequirement:
    problems = [f"key {key!r}: {reason}"] if (reason := check_label_key(key)) else []
    problems += [f"value {value!r}: {reason}" for value in values if (reason := check_label_value(value))]
    if operator in ("in", "notin") and not values:
        problems.append(f"{key!r} has no values: add at least one")
    if operator in ("exists", "absent") and values:
        problems.append(f"{key!r} has values, which only In and NotIn take: leave them out")
    if operator in (">", "<") and _int64(values[0]) is None:
        problems.append(f"value {values[0]!r}: use a whole number with '>' and '<'")
    if problems:
        raise ValueError(f"label selector {where!r}: {'; '.join(problems)}")
    return LabelRequirement(key, operator, tuple(sorted(set(values))))


class _LabelParser:
    """A parser in one pass over the tokens; the empty token is the end."""

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
        """Values in parentheses; two signs without a word between them have the empty value."""
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

"""The names in an expression, for what the engine's checker can't check: the fields of Kubernetes' own objects.

The engine has no struct types without protobuf, so `request` is a value of any type to it. The names after it are
compared here with the fields that the server's types have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_RAW = r"""(?:[rR][bB]?|[bB][rR])(?:'{3}.*?'{3}|"{3}.*?"{3}|'[^'\n]*'|"[^"\n]*")"""
_ESCAPED = r"""[bB]?(?:'{3}(?:\\.|[^\\])*?'{3}|"{3}(?:\\.|[^\\])*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")"""
_TEXT = f"{_RAW}|{_ESCAPED}"
_TOKEN = re.compile(
    rf"(?P<skipped>//[^\n]*|{_TEXT})"
    r"""|(?P<chain>[A-Za-z_]\w*(?:\s*\.\s*\??[A-Za-z_]\w*)*)|(?P<dot>\.\s*\??)|(?P<other>\s+|\d[\w.]*|.)""",
    re.DOTALL,
)
_NAME = re.compile(r"[A-Za-z_]\w*")


class Chain(NamedTuple):
    """A variable and the fields selected from it: `request.userInfo.name`.

    Args:
        start: its position.
        names: the variable, then the fields.
        dots: the position of the dot before each field.
        is_call: whether the last name is a function's.
        is_tested: whether it is the argument of `has`.
        is_optional: whether the first field is selected with `.?`.
    """

    start: int
    names: tuple[str, ...]
    dots: tuple[int, ...]
    is_call: bool
    is_tested: bool
    is_optional: bool


def chains(expression: str) -> Iterator[Chain]:
    """The variables of an expression with what is selected from them; texts and comments are left out.

    Example:
        >>> [chain.names for chain in chains("request.name == 'request.x' && has(object.spec)")]
        [('request', 'name'), ('has',), ('object', 'spec')]
    """
    after_dot = False
    before: tuple[str, ...] = ()
    for token in _TOKEN.finditer(expression):
        if token["chain"] and not after_dot:
            text, start = token["chain"], token.start()
            dots = tuple(start + found.start() for found in re.finditer(r"\.", text))
            is_call = expression[token.end() :].lstrip().startswith("(")
            is_optional = text.partition(".")[2].lstrip().startswith("?")
            yield Chain(start, tuple(_NAME.findall(text)), dots, is_call, before == ("has", "("), is_optional)
        if not token[0].isspace():
            after_dot = bool(token["dot"])
            before = (*before[-1:], token[0])


class Literal(NamedTuple):
    """A literal that a function gets: `'a.*'` of `name.matches('a.*')`.

    Args:
        function: the function's name.
        start: the literal's position.
        text: as it is in the expression, with its quotes.
    """

    function: str
    start: int
    text: str


def literals(expression: str, functions: Collection[str]) -> Iterator[Literal]:
    """The literals that are the first argument of some functions.

    Example:
        >>> [literal.text for literal in literals("'x'.matches('[') && matches == 'matches(1)'", ["matches"])]
        ["'['"]
    """
    before: list[str] = []
    for token in _TOKEN.finditer(expression):
        text = token[0]
        if text.isspace() or text.startswith("//"):
            continue
        name = before[-2].rpartition(".")[2].strip() if len(before) > 1 else ""
        if token["skipped"] and before[-1:] == ["("] and name in functions:
            yield Literal(name, token.start(), text)
        before = [*before[-1:], text]


def located(expression: str, position: int, message: str) -> str:
    """An error at a position of an expression, as the server's CEL library writes it."""
    before = expression[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1)
    shown = expression.split("\n")[line - 1]
    return f"ERROR: <input>:{line}:{column + 1}: {message}\n | {shown}\n | {'.' * column}^"

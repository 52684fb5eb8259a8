"""The engine's messages in the words of the server, whose CEL library is another implementation."""

from __future__ import annotations

import re
from typing import Final

from tenantkit.sandbox.cel.opaque import with_kubernetes_names
from tenantkit.sandbox.cel.tokens import located

_CODE = re.compile(r"^[A-Z_]+: ")
_LATER = re.compile(r" \[[A-Z_]+\]$")
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?=\n | \||\nERROR: |\Z)", re.DOTALL)
_UNDECLARED = re.compile(r"undeclared reference to '([^'.]+)((?:\.[^'.]+)+)' \(in container ''\)")
_OVERLOAD = re.compile(r"found no matching overload for '(\w+)' applied to '\((.*)\)'")
_WORDS = {"has() argument must be a field selection": "invalid argument to has() macro"}
_RUNTIME: Final = (
    (r'Key not found in map : "?(.*?)"?', r"no such key: \1"),
    (r"Index error: index=(-?\d+) size=\d+", r"index out of bounds: \1"),
    (r"Index error: expected integer type, got (\w+)", r"unsupported index type '\1' in list"),
    (r"No matching overloads found : (string\(\w+\))", r"no such overload: \1"),
    (r"No matching overloads found : .*", "no such overload"),
    (r"Applying SELECT to non-message type", "no such overload"),
    (r"divide by zero", "division by zero"),
    (r"cannot convert string to (\w+)", r"type conversion error from 'string' to '\1'"),
    (r"Type conversion error from (.*)", r"type conversion error from \1"),
    (
        r"String to (Timestamp|Duration) conversion failed",
        r"type conversion error from 'string' to 'google.protobuf.\1'",
    ),
    (r"(Illegal regex: )?(?:[A-Z_]+: )?invalid regular expression: (.*)", r"\1error parsing regexp: \2"),
)
# the messages of the engine's regular expressions, and of Go's
_REGEX: Final = (
    (r"missing ([])]): (.*)", r"missing closing \1: `\2`"),
    (r"no argument for repetition operator: (.*)", r"missing argument to repetition operator: `\1`"),
    (r"bad repetition operator: (.*)", r"invalid nested repetition operator: `\1`"),
    (r"(.*): (.*)", r"\1: `\2`"),
)


def compile_errors(expression: str, text: str) -> str:
    """The errors of an expression that does not compile, as the server shows them.

    Args:
        expression: the expression.
        text: the engine's message.
    """
    plain = with_kubernetes_names(_LATER.sub("", _CODE.sub("", text)))
    found = sorted(_error(expression, *match.groups()) for match in _ERROR.finditer(plain))
    return "\n".join(located(expression, start, message) for start, message in found) if found else plain


def _error(expression: str, line: str, column: str, message: str) -> tuple[int, str]:
    """The position of an error, and its message."""
    message = message.removesuffix("\n | ").rstrip()
    start = sum(len(part) + 1 for part in expression.split("\n")[: int(line) - 1]) + int(column) - 1
    if undeclared := _UNDECLARED.fullmatch(message):
        name, fields = undeclared.groups()
        message = f"undeclared reference to '{name}' (in container '')"
        start = max(expression.rfind(name, 0, start - len(fields.rpartition(".")[0]) + 1), 0)
    elif overload := _OVERLOAD.fullmatch(message):
        name, types = overload.groups()
        if re.search(rf"\.\s*{name}\s*$", expression[:start]):
            receiver, rest = _first_type(types)
            message = f"found no matching overload for '{name}' applied to '{receiver}.({rest})'"
    return start, _WORDS.get(message, message)


def _first_type(types: str) -> tuple[str, str]:
    """The first of a call's types, and the others."""
    depth = 0
    for at, character in enumerate(types):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth and types[at : at + 2] == ", ":
            return types[:at], types[at + 2 :]
    return types, ""


def runtime_error(text: str) -> str:
    """The error of an expression when it ran, in the server's words.

    Example:
        >>> runtime_error('NOT_FOUND: Key not found in map : "replicas"')
        'no such key: replicas'
    """
    plain = _LATER.sub("", _CODE.sub("", text))
    for pattern, words in _RUNTIME:
        if match := re.fullmatch(pattern, plain, re.DOTALL):
            lead, parsing, why = match.expand(words).partition("error parsing regexp: ")
            return f"{lead}{parsing}{_regex_error(why)}" if parsing else lead
    return plain


def _regex_error(why: str) -> str:
    for pattern, words in _REGEX:
        if match := re.fullmatch(pattern, why, re.DOTALL):
            return match.expand(words)
    return why

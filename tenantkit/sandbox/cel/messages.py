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
_RUNTIME: Final = (
    (r'Key not found in map : "?(.*?)"?', r"no such key: \1"),
    (r"Index error: index=(-?\d+) size=\d+", r"index out of bounds: \1"),
    (r"Index error: expected integer type, got (\w+)", r"unsupported index type '\1' in list"),
    (r"No matching overloads found : .*", "no such overload"),
    (r"Applying SELECT to non-message type", "no such overload"),
    (r"divide by zero", "division by zero"),
    (r"cannot convert string to (\w+)", r"type conversion error from 'string' to '\1'"),
)


def compile_errors(expression: str, text: str) -> str:
    """The errors of an expression that does not compile, as the server shows them.

    Args:
        expression: the expression.
        text: the engine's message.
    """
    plain = with_kubernetes_names(_LATER.sub("", _CODE.sub("", text)))
    found = [_error(expression, *match.groups()) for match in _ERROR.finditer(plain)]
    return "\n".join(found) if found else plain


def _error(expression: str, line: str, column: str, message: str) -> str:
    message = message.removesuffix("\n | ").rstrip()
    start = sum(len(part) + 1 for part in expression.split("\n")[: int(line) - 1]) + int(column) - 1
    if undeclared := _UNDECLARED.fullmatch(message):
        name, fields = undeclared.groups()
        message = f"undeclared reference to '{name}' (in container '')"
        start = max(expression.rfind(name, 0, start - len(fields.rpartition(".")[0]) + 1), 0)
    return located(expression, start, message)


def runtime_error(text: str) -> str:
    """The error of an expression when it ran, in the server's words.

    Example:
        >>> runtime_error('NOT_FOUND: Key not found in map : "replicas"')
        'no such key: replicas'
    """
    plain = _LATER.sub("", _CODE.sub("", text))
    for pattern, words in _RUNTIME:
        if match := re.fullmatch(pattern, plain, re.DOTALL):
            return match.expand(words)
    return plain

"""The CEL engine: the Python binding of the CEL project's C++ engine, imported when the first expression needs it."""

from __future__ import annotations

from functools import cache
from typing import Any

REMEDY = (
    "the package cel-expr-python, which evaluates CEL, is not installed: run `pip install cel-expr-python`; it has "
    "wheels for CPython 3.11 to 3.14 on Linux with glibc, macOS and Windows; admission policies and the Gateway API "
    "need one of these"
)


class NoEngineError(Exception):
    """The CEL engine is not installed; the message names the remedy."""


@cache
def engine() -> Any:
    """The engine's module; raises NoEngineError where it is not installed."""
    try:
        from cel_expr_python import cel
    except ImportError as error:
        raise NoEngineError(REMEDY) from error
    return cel

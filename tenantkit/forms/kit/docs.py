"""Help texts: what a spec's docstring says about each of its arguments, so that they are written once."""

from __future__ import annotations

import inspect
import re

_ARGUMENT = re.compile(r"^    (\w+): (.*)$")
_SECTION = re.compile(r"^\w+:$")


def argument_help(documented: object) -> dict[str, str]:
    """The arguments of a docstring in Google form, by name.

    Args:
        documented: a class or function; without a docstring (`python -OO`) nothing is known.
    """
    found: dict[str, str] = {}
    inside, name = False, ""
    for line in (inspect.getdoc(documented) or "").splitlines():
        if _SECTION.match(line):
            inside = line == "Args:"
        elif inside and (start := _ARGUMENT.match(line)):
            name = start[1]
            found[name] = start[2]
        elif inside and line.startswith("        ") and name:
            found[name] += f" {line.strip()}"
    return {name: _sentence(text) for name, text in found.items()}


def _sentence(text: str) -> str:
    plain = text.replace("`", "").removesuffix("; or").rstrip(".")
    return f"{plain[:1].upper()}{plain[1:]}."

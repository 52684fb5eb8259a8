"""Help texts, taken from the Args section of a spec's docstring, so that each is written once."""

from __future__ import annotations

import inspect
import re

_ARGUMENT = re.compile(r"^    (\w+): (.*)$")
_SECTION = re.compile(r"^\w+:$")


def argument_help(documented: object) -> dict[str, str]:
    """The help text of each argument, by the argument's name.

    Args:
        documented: a class or function with a docstring in Google form. Without one (`python -OO`) there is no help.
    """
    texts: dict[str, str] = {}
    is_inside, name = False, ""
    for line in (inspect.getdoc(documented) or "").splitlines():
        if _SECTION.match(line):
            is_inside = line == "Args:"
        elif is_inside and (start := _ARGUMENT.match(line)):
            name = start[1]
            texts[name] = start[2]
        elif is_inside and line.startswith("        ") and name:
            texts[name] += f" {line.strip()}"
    return {name: _sentence(text) for name, text in texts.items()}


def _sentence(text: str) -> str:
    plain = text.replace("`", "").removesuffix("; or").rstrip(".")
    return f"{plain[:1].upper()}{plain[1:]}."

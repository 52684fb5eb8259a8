"""The nesting of YAML: libyaml before 0.2.6 ends the process at a great depth, so the levels are counted before."""

from __future__ import annotations

from typing import Any

import yaml

MOST_LEVELS = 1000  # libyaml's own limit since 0.2.6
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARKS_OF_LEVELS = "[{-:?"


def check_nesting(text: str) -> None:
    """Refuse a first document with too many levels; the parser's events are read without recursion.

    Raises:
        YAMLError: it has more than 1,000 levels, or is not valid.
    """
    if sum(map(text.count, _MARKS_OF_LEVELS)) < MOST_LEVELS:
        return
    levels = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            levels += 1
            if levels > MOST_LEVELS:
                raise yaml.YAMLError("exceeded maximum nesting depth")
        elif isinstance(event, yaml.CollectionEndEvent):
            levels -= 1
        elif isinstance(event, yaml.DocumentEndEvent):
            return

"""Templates in a spec, such as `{name}.{domain}`: their fields, and whether what they expand to is valid."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def check_sample(sample: str, check: Callable[[object], str | None], example: str) -> None:
    """Refuse a template whose expansion `sample` is invalid, and name a right one."""
    if check(sample):
        raise ValueError(f"it expands to {sample!r}, which is not a valid name: use, for example, {example!r}")


def template_fields(template: str) -> set[str]:
    """The names of the fields in a template; `{name:.1}` and `{name!r}` count as unknown fields."""
    try:
        parsed = [(field, form, conversion) for _, field, form, conversion in Formatter().parse(template)]
    except ValueError:
        return {""}
    return {"" if form or conversion else field for field, form, conversion in parsed if field is not None}

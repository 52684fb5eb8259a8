"""The Python that does what a form does: text that runs, and gives the same objects as the button."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import tenantkit
from tenantkit.spec.base import Spec

if TYPE_CHECKING:
    from tenantkit.spec.tenant import Tenant

_WIDTH = 72  # so that it is read beside its YAML without scrolling
_IMPORT = "import tenantkit as tk\n"


def tenant_code(tenant: Tenant, *, take_back: bool = False) -> str:
    """The Python that plans and applies a tenant; `cluster` is the form's own.

    Args:
        tenant: what is wanted.
        take_back: whether the fields that others have set are taken back.
    """
    taken = ', force_conflicts=[row for row in plan.rows if row.action == "conflict"]' if take_back else ""
    return (
        f"{_IMPORT}\ntenant = {python_text(tenant)}\n"
        f"plan = tk.plan(cluster, [tenant])\nreport = tk.apply(cluster, plan{taken})\n"
    )


def python_text(value: Any, indent: int = 0) -> str:
    """A spec, or what one holds, as Python; what is left at its default is left out."""
    if isinstance(value, Spec):
        given = {name: getattr(value, name) for name, field in type(value).model_fields.items()}
        shown = {name: it for name, it in given.items() if it != type(value).model_fields[name].default}
        if type(value).__name__ not in tenantkit.__all__:
            return python_text(shown, indent)  # a spec takes the fields of one within as a dict, too
        inner = [f"{name}={python_text(it, indent + 4)}" for name, it in shown.items()]
        return _bracketed(f"tk.{type(value).__name__}(", inner, ")", indent)
    if isinstance(value, list | tuple):
        return _bracketed("[", [python_text(it, indent + 4) for it in value], "]", indent)
    if isinstance(value, dict):
        inner = [f"{_quoted(key)}: {python_text(it, indent + 4)}" for key, it in value.items()]
        return _bracketed("{", inner, "}", indent)
    if isinstance(value, datetime):
        return _quoted(value.isoformat())
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """As `repr` has it, in double quotes where that needs no more escapes."""
    shown = repr(text)
    return shown if '"' in shown or shown.startswith('"') else f'"{shown[1:-1]}"'


def _bracketed(opening: str, inner: list[str], closing: str, indent: int) -> str:
    whole = f"{opening}{', '.join(inner)}{closing}"
    is_spec = opening.startswith("tk.Tenant")
    if not is_spec and "\n" not in whole and indent + len(whole) <= _WIDTH:
        return whole
    blank = " " * (indent + 4)
    return "\n".join([opening, *(f"{blank}{part}," for part in inner), " " * indent + closing])

"""The Python code that does what a form does. It runs, and creates the same objects as the button."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import tenantkit
from tenantkit.spec.base import Spec

if TYPE_CHECKING:
    from tenantkit.spec.tenant import Tenant

_WIDTH = 72  # fits beside the YAML without scrolling
_IMPORT = "import tenantkit as tk\n"


def tenant_code(tenant: Tenant, *, force_conflicts: bool = False) -> str:
    """The code that plans and applies a tenant; `cluster` in it is the form's cluster.

    Args:
        tenant: the wanted tenant.
        force_conflicts: whether to overwrite the fields that others have set.
    """
    forced = ', force_conflicts=[row for row in plan.rows if row.action == "conflict"]' if force_conflicts else ""
    return (
        f"{_IMPORT}\ntenant = {python_text(tenant)}\n"
        f"plan = tk.plan(cluster, [tenant])\nreport = tk.apply(cluster, plan{forced})\n"
    )


def python_text(value: Any, indent: int = 0) -> str:
    """A spec, or a value in one, as Python code. Fields that have their default are omitted."""
    if isinstance(value, Spec):
        values = {name: getattr(value, name) for name in type(value).model_fields}
        shown = {name: it for name, it in values.items() if it != type(value).model_fields[name].default}
        if type(value).__name__ not in tenantkit.__all__:
            return python_text(shown, indent)  # a spec also takes the fields of a nested spec as a dict
        items = [f"{name}={python_text(it, indent + 4)}" for name, it in shown.items()]
        return _bracketed(f"tk.{type(value).__name__}(", items, ")", indent)
    if isinstance(value, list | tuple):
        return _bracketed("[", [python_text(it, indent + 4) for it in value], "]", indent)
    if isinstance(value, dict):
        items = [f"{_quoted(key)}: {python_text(it, indent + 4)}" for key, it in value.items()]
        return _bracketed("{", items, "}", indent)
    if isinstance(value, datetime):
        return _quoted(value.isoformat())
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Like `repr`, but in double quotes where that needs no further escapes."""
    shown = repr(text)
    return shown if '"' in shown or shown.startswith('"') else f'"{shown[1:-1]}"'


def _bracketed(opening: str, items: list[str], closing: str, indent: int) -> str:
    line = f"{opening}{', '.join(items)}{closing}"
    is_tenant = opening.startswith("tk.Tenant")
    if not is_tenant and "\n" not in line and indent + len(line) <= _WIDTH:
        return line
    blank = " " * (indent + 4)
    return "\n".join([opening, *(f"{blank}{item}," for item in items), " " * indent + closing])

"""Label selectors in combination."""

from __future__ import annotations


def both_selectors(first: str, second: str | None) -> str:
    """A selector for the objects that match both.

    Example:
        >>> both_selectors("tenantkit.dev/tenant", "app=ai"), both_selectors("tenantkit.dev/tenant", None)
        ('tenantkit.dev/tenant,app=ai', 'tenantkit.dev/tenant')
    """
    return f"{first},{second}" if second else first

"""Whom to ask for what only the platform team may do: the team, with the provisioners whom the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.spec.platform import Platform

_NAMED = 3


def platform_team(platform: Platform | None = None) -> str:
    """The platform team with its provisioners, of many the first three: `the platform team (ops@example.com)`.

    Args:
        platform: the settings; None if they are not known, which leaves the names out.
    """
    people = [str(person) for person in platform.provisioners] if platform is not None else []
    if not people:
        return "the platform team"
    rest = len(people) - _NAMED
    return f"the platform team ({', '.join(people[:_NAMED])}{f' or {rest} more' if rest > 0 else ''})"

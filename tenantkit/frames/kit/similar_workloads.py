"""The workload that a name without a kind means, or that was probably meant: one with this or a similar name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable


def named_workload(name: str, known: Iterable[str]) -> str | None:
    """The only one of the known workloads with this name; None if none has it.

    Args:
        name: without a kind.
        known: each as `Kind/name`.

    Raises:
        InvalidSpecError: several have it.

    Example:
        >>> named_workload("train", ["Deployment/api", "Job/train"])
        'Job/train'
    """
    found = sorted({link for link in known if link.partition("/")[2] == name})
    if len(found) > 1:
        raise InvalidSpecError([Problem("workload", name, f"use one of {', '.join(map(repr, found))}")])
    return found[0] if found else None


def similar_workload(workload: str, known: Iterable[str]) -> str | None:
    """One of the known workloads; None if the name of none is similar.

    Args:
        workload: as `Kind/name`, or a name.
        known: each as `Kind/name`.

    Example:
        >>> similar_workload("Job/trian", ["Deployment/api", "Job/train"])
        'Job/train'
    """
    name = workload.partition("/")[2] or workload
    by_name: dict[str, str] = {}
    for link in sorted(known):
        by_name.setdefault(link.partition("/")[2], link)
    near = get_close_matches(name, by_name, n=1)
    return by_name[near[0]] if near else None

"""The workload that was probably meant: one with this name, or with a similar one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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

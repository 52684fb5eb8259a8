"""Timestamps as Kubernetes writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def timestamp(moment: datetime) -> str:
    """A time as in manifests, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

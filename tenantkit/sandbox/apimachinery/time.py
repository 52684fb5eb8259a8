"""Timestamps as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)  # when a controller has more to do, after other keys and requests


def timestamp(moment: datetime) -> str:
    """A time as in manifests, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

"""What the cells of tables of several kinds are made of: values by their path, ages, labels.

Source: apimachinery's pkg/util/duration and pkg/labels, 1.37.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest

NONE = "<none>"
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 365 * 86_400}
# below how many seconds an age is told in which unit, and in which smaller one besides, unless there are none of it
_STEPS = (
    (2 * _UNITS_S["m"], "s", ""),
    (10 * _UNITS_S["m"], "m", "s"),
    (3 * _UNITS_S["h"], "m", ""),
    (8 * _UNITS_S["h"], "h", "m"),
    (2 * _UNITS_S["d"], "h", ""),
    (8 * _UNITS_S["d"], "d", "h"),
    (2 * _UNITS_S["y"], "d", ""),
    (8 * _UNITS_S["y"], "y", "d"),
    (float("inf"), "y", ""),
)


def at(manifest: Manifest, path: str, default: Any = "") -> Any:
    """The value at a path of keys between dots; the default where there is none."""
    found: Any = manifest
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return default if found is None else found


def since(timestamp: str | None, now: datetime) -> str:
    """How long ago a timestamp was, as `kubectl get` shows it.

    Example:
        >>> since("2026-11-25T12:00:00Z", datetime.fromisoformat("2026-11-25T12:05:07Z"))
        '5m7s'
    """
    if not timestamp:
        return "<unknown>"
    seconds = int((now - datetime.fromisoformat(timestamp)).total_seconds())
    if seconds < 0:  # clocks that differ a little are not worth a word
        return "0s" if seconds == -1 else "<invalid>"
    large, small = next((large, small) for limit, large, small in _STEPS if seconds < limit)
    count, rest = divmod(seconds, _UNITS_S[large])
    rest = rest // _UNITS_S[small] if small else 0
    return f"{count}{large}{rest}{small}" if rest else f"{count}{large}"


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels as one text, sorted."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE

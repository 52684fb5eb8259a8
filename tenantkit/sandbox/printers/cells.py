"""Functions that build table cells: values by path, ages, labels, and rows of cells.

Source: apimachinery's pkg/util/duration and pkg/labels, 1.37.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenantkit.rules.manifest import Manifest

    Cell = Callable[[Manifest, datetime], Any]
    Row = Callable[[Manifest, datetime], list[Any]]

NONE = "<none>"
_ACCESS_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 365 * 86_400}
# an age below this many seconds is shown in this unit, and in this smaller one if it is not zero
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
    """The value at a path of keys, separated by dots; the default if there is none."""
    found: Any = manifest
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return default if found is None else found


def since(timestamp: str | None, now: datetime) -> str:
    """The age of a timestamp, as in `kubectl get`.

    Example:
        >>> since("2026-11-25T12:00:00Z", datetime.fromisoformat("2026-11-25T12:05:07Z"))
        '5m7s'
    """
    if not timestamp:
        return "<unknown>"
    seconds = int((now - datetime.fromisoformat(timestamp)).total_seconds())
    if seconds < 0:  # tolerate clocks that differ by a second
        return "0s" if seconds == -1 else "<invalid>"
    large, small = next((large, small) for limit, large, small in _STEPS if seconds < limit)
    count, rest = divmod(seconds, _UNITS_S[large])
    rest = rest // _UNITS_S[small] if small else 0
    return f"{count}{large}{rest}{small}" if rest else f"{count}{large}"


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels as one text, sorted."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE


def row(*cells: Cell) -> Row:
    """A function that builds an object's row from cells."""
    return lambda manifest, now: [cell(manifest, now) for cell in cells]


def text(path: str, default: Any = "") -> Cell:
    """A cell that shows the value at a path."""
    return lambda manifest, _: at(manifest, path, default)


def count(*fields: str) -> Cell:
    """A cell with the number of entries in these fields."""
    return lambda manifest, _: sum(len(at(manifest, field, {})) for field in fields)


def of(value: Callable[[Manifest], Any]) -> Cell:
    """A cell that depends only on the object, not on the time."""
    return lambda manifest, _: value(manifest)


def age(path: str) -> Cell:
    """A cell with the age of the time at a path."""
    return lambda manifest, now: since(at(manifest, path), now)


def selector_at(path: str, *, nothing: str = NONE) -> Cell:
    """A cell that shows a label selector."""

    def shown(manifest: Manifest) -> str:
        selector = at(manifest, path, {})
        found = [(key, f"{key}={value}") for key, value in sorted(selector.get("matchLabels", {}).items())]
        for item in selector.get("matchExpressions", ()):
            key, operator, values = item["key"], item["operator"], ",".join(sorted(item.get("values", ())))
            plain = {"Exists": key, "DoesNotExist": f"!{key}"}
            found.append((key, plain.get(operator, f"{key} {operator.lower()} ({values})")))
        return ",".join(text for _, text in sorted(found, key=lambda pair: pair[0])) or nothing

    return of(shown)


def access_modes_at(path: str) -> Cell:
    """A cell with a volume's access modes, abbreviated."""
    return of(lambda item: ",".join(short for mode, short in _ACCESS_MODES.items() if mode in at(item, path, [])))


def storage_class(item: Manifest) -> str:
    """The storage class of a claim or volume, from its beta annotation or its field."""
    found: str = at(item, "metadata.annotations", {}).get(_BETA_CLASS, at(item, "spec.storageClassName"))
    return found


NAME, AGE = text("metadata.name"), age("metadata.creationTimestamp")

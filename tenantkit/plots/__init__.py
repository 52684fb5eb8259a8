"""Pictures of frames: `quota_heatmap`, `quota_bars`, `gpus`, and `connectivity` for who may reach whom.

As in `tenantkit` itself, a name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantkit.display.pictures import Picture as Picture
    from tenantkit.plots.connectivity_matrix import connectivity as connectivity
    from tenantkit.plots.gpu_map import gpus as gpus
    from tenantkit.plots.quota_charts import quota_bars as quota_bars
    from tenantkit.plots.quota_charts import quota_heatmap as quota_heatmap

_HOME = {
    "Picture": "display.pictures",
    "connectivity": "plots.connectivity_matrix",
    "gpus": "plots.gpu_map",
    "quota_bars": "plots.quota_charts",
    "quota_heatmap": "plots.quota_charts",
}

__all__ = [*_HOME]  # noqa: PLE0604 (the table's keys are strings)

if not TYPE_CHECKING:  # hidden from type checkers, so that a misspelt name stays an error

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(import_module(f"tenantkit.{_HOME[name]}"), name))


def __dir__() -> list[str]:
    return sorted(__all__)

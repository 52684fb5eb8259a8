"""One view of a kind a cell: run again, a cell ends the view that it had made before.

JupyterLab tells the kernel with each request which cell it is; elsewhere nothing is known, and whoever made a view
closes it. Turned down: ending all views at each run, since two cells may show two.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

_shown: dict[tuple[str, str], weakref.WeakSet[Any]] = {}
_runs: dict[str, object] = {}


def take_place(view: Any) -> None:
    """Close what an earlier run of this cell has made of that class, and remember this view.

    Args:
        view: has a method `close`.
    """
    cell, run = _cell()
    if cell is None:
        return
    place = (cell, type(view).__name__)
    if _runs.get(cell) != run:
        _runs[cell] = run
        for key in [key for key in _shown if key[0] == cell]:
            for before in list(_shown.pop(key)):
                before.close()
    _shown.setdefault(place, weakref.WeakSet()).add(view)


def _cell() -> tuple[str | None, object]:
    """The cell that runs and which run of it that is; None where nobody says."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None or not hasattr(shell, "get_parent"):
        return None, None
    parent = shell.get_parent() or {}
    cell = (parent.get("metadata") or {}).get("cellId")
    return cell, (parent.get("header") or {}).get("msg_id")

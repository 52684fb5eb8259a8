"""One view of each class per cell: a cell that is run again closes the views of its previous run.

JupyterLab sends the cell's identifier to the kernel with each request. Elsewhere the cell is unknown, and the user
closes the view. Rejected alternative: closing all views at each run, since two cells may show two views.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

_views: dict[tuple[str, str], weakref.WeakSet[Any]] = {}
_runs: dict[str, object] = {}


def close_previous_views(view: Any) -> None:
    """Close the views that an earlier run of the current cell created, and remember this one.

    Args:
        view: has a method `close`.
    """
    cell, run = _current_cell()
    if cell is None:
        return
    if _runs.get(cell) != run:
        _runs[cell] = run
        for key in [key for key in _views if key[0] == cell]:
            for previous in list(_views.pop(key)):
                previous.close()
    _views.setdefault((cell, type(view).__name__), weakref.WeakSet()).add(view)


def _current_cell() -> tuple[str | None, object]:
    """The identifiers of the current cell and of its run; None if they are unknown."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None or not hasattr(shell, "get_parent"):
        return None, None
    parent = shell.get_parent() or {}
    cell = (parent.get("metadata") or {}).get("cellId")
    return cell, (parent.get("header") or {}).get("msg_id")

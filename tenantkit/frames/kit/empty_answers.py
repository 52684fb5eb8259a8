"""What a frame without rows says: which part of the cluster was read, so that nothing found is an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.display.shown import EMPTY

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.cluster.visible import Scope

_NAMED = 3


def note_empty(
    frame: pd.DataFrame, things: str, scope: Scope, *, tenant: str | None = None, label_selector: str | None = None
) -> None:
    """Set the sentence of a frame without rows, in `attrs["empty"]`; a frame with rows stays as it is.

    Args:
        frame: as a reader returns it.
        things: what there is none of, in the plural: `pods`.
        scope: the part of the cluster that was read.
        tenant: the tenant that was asked for.
        label_selector: the labels that were asked for.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"name": []})
        >>> note_empty(frame, "pods", ("speech", "vision"), label_selector="app=web")
        >>> frame.attrs["empty"]
        "No pods in speech and vision with labels 'app=web'."
    """
    if frame.empty:
        labels = f" with labels {label_selector!r}" if label_selector else ""
        frame.attrs[EMPTY] = f"No {things} {place_text(scope, tenant)}{labels}."


def place_text(scope: Scope, tenant: str | None = None) -> str:
    """The part of the cluster that was read: `of tenant vision`, `in speech and vision`, `in the cluster`."""
    if tenant is not None:
        return f"of tenant {tenant}"
    if scope == "cluster":
        return "in the cluster"
    names = list(scope)
    if not names:
        return "in the namespaces that you may read"
    if len(names) > _NAMED:
        return f"in {len(names):,} namespaces"
    return "in " + " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))

"""How much of their quotas teams use: the sum over each team's namespaces.

Several quotas for one resource in a namespace all apply and count the same pods, so only the tightest counts. Quotas
with different scopes count different pods and stay separate rows. Where one namespace is not counted yet, its team's
total is unknown: `<NA>`, not a sum that is too low. Rejected alternative: a plain sum, which counts a pod twice where
two quotas cover it.

Source: page "Resource Quotas", section "Quota scopes".
"""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any

from tenantkit.frames.kit.schema import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tenantkit.frames.kit.schema import Schema

TEAM_QUOTA: Schema = {
    "team": "string",
    "resource": "string",
    "unit": "string",
    "scopes": "string",
    "namespaces": "Int64",
    "used": "Float64",
    "hard": "Float64",
    "free": "Float64",
    "used_pct": "Float64",
    "state": "string",
    "measured": "Float64",
}


def team_totals(
    frame: pd.DataFrame,
    amounts: Callable[
        [NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]], dict[str, pd.api.extensions.ExtensionArray]
    ],
) -> pd.DataFrame:
    """The totals of a frame of `quota_usage`; `amounts` computes the columns from `used` to `state`."""
    # the sum of entries that nothing counts is one, too
    frame = frame.assign(used=frame["used"].mask(frame["state"] == "unserved", -inf))
    tightest = frame.sort_values("hard", kind="stable").drop_duplicates(["namespace", "resource", "scopes"])
    keys = ["team", "resource", "unit", "scopes"]
    groups = tightest.groupby(keys, dropna=False, sort=False)
    sums = groups[["used", "hard", "measured"]].agg(_sum_of_all)
    sums["namespaces"] = groups["namespace"].nunique()
    totals = sums.reset_index().sort_values(["team", "resource", "scopes"], na_position="first", kind="stable")
    used = totals["used"].to_numpy(dtype="float64", na_value=nan)
    hard = totals["hard"].to_numpy(dtype="float64", na_value=nan)
    is_cores = (totals["unit"] == "cores").to_numpy(dtype="bool")
    typed = totals.astype({name: TEAM_QUOTA[name] for name in (*keys, "namespaces", "measured")})
    known = {name: typed[name].array for name in (*keys, "namespaces", "measured")}
    return frame_of({**known, **amounts(used, hard, is_cores)}, TEAM_QUOTA)


def _sum_of_all(column: pd.Series[float]) -> Any:
    """The sum; <NA> where one of them is."""
    return column.sum(skipna=False)

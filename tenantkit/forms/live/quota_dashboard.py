"""`QuotaDashboard`: the quota usage of every tenant, as it changes.

Usage that is not counted yet or cannot be read is shown as such, and never as zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.display.human_amounts import amount_text, used_text
from tenantkit.forms.kit.markup import element
from tenantkit.forms.live.causes import holders_content
from tenantkit.forms.live.grid import Column, Row, TableContent
from tenantkit.forms.live.states import tone_of
from tenantkit.forms.live.texts import cell_text
from tenantkit.forms.live.view import LiveView
from tenantkit.frames.quota import STATES, quota_frame
from tenantkit.rules.accelerators import is_accelerator

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Content, Html

GPUS = "GPUs"
_WARNING_LIMIT = 20
_KEY_MARK = " "  # in no name of a namespace, quota or resource
_COLUMNS = (
    Column("state", "state"),
    Column("tenant", "link"),
    Column("team", is_spare=True),
    Column("resource"),
    Column("used", is_sortable=False),
    Column("share", "share"),
)
_SORTED_BY = {"share": "used_pct", "state": "order"}
_WHY_NOT_COUNTED = ("not counted yet", "the cluster has no such kind")
_WORST_FIRST = ("over", "full", "near", "pending", "ok", "none", "unserved")
_EXPLAINED = frozenset(_WORST_FIRST[:3])


class QuotaDashboard(LiveView):
    """Watch the quota usage of all tenants in a notebook, the fullest first. Experimental: the layout may change.

    A click on a row selects its tenant, and a second click shows who holds that resource. Beside a row, Who? shows the
    same, and Why? explains what of the tenant does not run.

    The view is displayed as the last line of a cell. Running the cell again replaces it. The button Stop or `stop()`
    ends the updates and `start()` starts them again; `close()` also removes the view from the page. While no page shows
    the view, it pauses.

    Args:
        cluster: the cluster, from `tk.connect()`.
        namespaces: the namespaces to watch. Default: the connection's `namespaces`; without these, the whole cluster,
            or those of your tenants if you may not watch the whole cluster.

    Raises:
        InvalidSpecError: `cluster` is not a Cluster.
        ClusterError: the server does not know who you are, or did not answer. Later errors are shown in the view.

    RBAC: list and watch resourcequotas and namespaces (with `namespaces`, get namespaces instead). For Who?, see
    `quota_holders`; for Why?, see `why`. Kinds that you may not watch are named in the view.

    Source: page "Resource Quotas".

    Example:
        >>> dashboard = tk.QuotaDashboard(cluster)
        >>> list(dashboard.filters)
        ['tenant', 'team', 'resource', 'state']
        >>> dashboard.close()
        >>> dashboard
        QuotaDashboard(stopped)
    """

    @takes_cluster
    def __init__(self, cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> None:
        kinds = ("Namespace", "ResourceQuota")
        filters = ("tenant", "team", "resource", "state")
        super().__init__(cluster, title="Quotas", kinds=kinds, filters=filters, namespaces=namespaces)

    def _options(self) -> dict[str, list[str]]:
        model = self.feed.model
        resources = {name for quota in model.quotas() for name in (quota.get("spec") or {}).get("hard") or {}}
        gpus = [GPUS] if any(map(is_accelerator, map(_bare, resources))) else []
        return {
            "tenant": model.tenants,
            "team": model.teams,
            "resource": [*gpus, *sorted(resources)],
            "state": list(STATES),
        }

    def _content(self, _options: Mapping[str, Sequence[str]], limit: int) -> tuple[Content, TableContent | None]:
        found = self._matching(quota_frame(self.feed.model.quotas()))
        counts = {str(state): int(count) for state, count in found["state"].value_counts().items()}
        if state := self.selected("state"):
            found = found[found["state"] == state]
        is_listed = self.feed.is_listed(("Namespace", "ResourceQuota"))
        if found.empty and (self._is_unreadable("ResourceQuota") or not is_listed):
            return None, None  # quotas that cannot be read, or were not yet, must not look like an empty table
        rows = tuple(map(_row, self._in_order(found).head(limit).to_dict("records")))
        entries = f"{len(found)} entr{'y' if len(found) == 1 else 'ies'}" + ("" if is_listed else " so far")
        caption = f"the first {limit} of {entries}" if len(found) > limit else entries
        table = TableContent(
            _COLUMNS, rows, caption, counts, has_more=len(found) > limit, path=self._steps("All tenants")
        )
        return self._warnings(), table

    def _matching(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that match all filters except the state, which is counted."""
        for name in ("tenant", "team"):
            if selected := self.selected(name):
                frame = frame[frame[name] == selected]
        if resource := self.selected("resource"):
            is_match = frame["resource"].map(
                lambda name: is_accelerator(_bare(name)) if resource == GPUS else name == resource
            )
            frame = frame[is_match.astype(bool)]
        if words := self.search.value.casefold().split():
            columns = ["tenant", "team", "namespace", "resource", "state"]
            texts = frame[columns].fillna("").agg("\n".join, axis=1).str.casefold() if len(frame) else frame["state"]
            frame = frame[[all(word in text for word in words) for text in texts]]
        return frame

    def _in_order(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows in the selected order, or the worst and fullest first."""
        frame = frame.assign(order=frame["state"].map({state: place for place, state in enumerate(_WORST_FIRST)}))
        frame = frame.sort_values(["order", "used_pct"], ascending=[True, False], kind="stable")
        if self.order is None:
            return frame
        name, is_descending = self.order
        column = _SORTED_BY.get(name, name)
        if column not in frame.columns:
            return frame
        return frame.sort_values(column, ascending=not is_descending, kind="stable")

    def _path(self) -> list[str]:
        return ["tenant"]

    def _open(self, key: str) -> None:
        namespace = key.partition(_KEY_MARK)[0]
        tenant = self._tenant(namespace)
        if tenant and tenant != self.selected("tenant"):
            self.select("tenant", tenant)
        else:
            self._ask("who", key)

    def _ask(self, action: str, key: str) -> None:
        namespace, _, rest = key.partition(_KEY_MARK)
        resource = rest.partition(_KEY_MARK)[2]
        if action == "why" and namespace:
            self._explain("", namespaces=[namespace])
        elif namespace:
            self._answer(f"holders of {resource} in {namespace}", lambda: self._holders(namespace, resource))

    def _holders(self, namespace: str, resource: str) -> tuple[Content, ...]:
        from tenantkit.frames.quota_holders import quota_holders

        return holders_content(quota_holders(self.cluster, namespaces=[namespace]), namespace, resource)

    def _tenant(self, namespace: str) -> str:
        with self.feed.lock:
            return self.feed.model.namespaces.get(namespace, ("", ""))[0]

    def _warnings(self) -> Html | None:
        """What to know about the tenants that are shown: frozen, boosted, about to expire, being deleted."""
        model, tenant, team = self.feed.model, self.selected("tenant"), self.selected("team")
        rows = model.rows(kind="Namespace", tenant=tenant, team=team)
        listed = sorted((model.owner(row)[0], row.detail) for row in rows if row.detail and model.owner(row)[0])
        lines = [element("li", f"{name}: {detail}") for name, detail in listed[:_WARNING_LIMIT]]
        if len(listed) > _WARNING_LIMIT:
            lines.append(element("li", f"and {len(listed) - _WARNING_LIMIT} more tenants"))
        return element("ul", *lines, class_="tk-warnings") if lines else None


def _row(row: Mapping[Hashable, Any]) -> Row:
    is_counted = not pd.isna(row["used"])
    used = (
        used_text(row["used"], row["hard"], row["unit"])
        if is_counted
        else f"of {amount_text(row['hard'], row['unit'])}, {_WHY_NOT_COUNTED[row['state'] == 'unserved']}"
    )
    cells = (
        row["state"],
        cell_text(row["namespace"] if pd.isna(row["tenant"]) else row["tenant"]),
        "" if pd.isna(row["team"]) else cell_text(row["team"]),
        cell_text(row["resource"]),
        used,
        "" if pd.isna(row["used_pct"]) else f"{row['used_pct']:.1f}",
    )
    actions = ("who",) * (is_counted and row["used"] > 0) + ("why",) * (row["state"] in _EXPLAINED)
    return Row(_KEY_MARK.join((row["namespace"], row["quota"], row["resource"])), cells, tone_of(row["state"]), actions)


def _bare(resource: str) -> str:
    """The resource without the quota's prefix: `nvidia.com/gpu`."""
    return resource.removeprefix("requests.").removeprefix("limits.")

"""`Explorer`: the workloads of tenants as they change, from a tenant to its workloads, pods, events and their problems.

The options of each drop-down depend on the one before it, so that they lead down and back up. Each kind costs a thread
and a connection; services, volumes and the like have frames instead. Rejected alternative: a tree to unfold, which
jumps while the user reads it when pods come and go.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.forms.kit.markup import joined
from tenantkit.forms.kit.panel import notice, table
from tenantkit.forms.live.view import LiveView, cell_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Html
    from tenantkit.forms.live.model import ObjectRow

KINDS = ("CronJob", "Deployment", "Job", "StatefulSet", "ReplicaSet", "Pod", "Event")
_SHOWN_IF_SELECTED = frozenset({"ReplicaSet", "Namespace"})
_SAME_FOR_ALL_OF_A_TENANT = frozenset({"tenant", "team", "namespace"})
_ROW_LIMIT = 100
_COLUMNS = ("kind", "tenant", "team", "namespace", "name", "state", "detail")


class Explorer(LiveView):
    """Watch workloads, pods and events in a notebook. Experimental: the layout may change.

    Select a tenant, one of its workloads, and one of its pods. The table shows the objects in the selection, then
    the events about them, the latest first. The button Why? explains why the selection does not run.

    The view is displayed as the last line of a cell. Running the cell again replaces it. The button Stop or `stop()`
    ends the updates; `close()` also removes the view from the page. While no page shows the view, it pauses.

    Args:
        cluster: the cluster, from `tk.connect()`.
        namespaces: the namespaces to watch; each takes eight connections. Default: the connection's `namespaces`;
            without these, the whole cluster, or those of your tenants if you may not watch the whole cluster.

    Raises:
        InvalidSpecError: `cluster` is not a Cluster.
        ClusterError: the server does not know who you are, or did not answer. Later errors are shown in the view.

    RBAC: list and watch cronjobs, deployments, jobs, statefulsets, replicasets, pods, events and namespaces (with
    `namespaces`, get namespaces instead). For Why?, see `why`. Kinds that you may not watch are named in the view.

    Source: page "Kubernetes API Concepts", section "Efficient detection of changes".

    Example:
        >>> explorer = tk.Explorer(cluster, namespaces=["recsys"])
        >>> list(explorer.filters)
        ['team', 'tenant', 'workload', 'pod', 'kind', 'state']
        >>> explorer.close()
    """

    within = {"team": ("tenant", "workload", "pod"), "tenant": ("workload", "pod"), "workload": ("pod",)}

    @takes_cluster
    def __init__(self, cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> None:
        kinds = ("Namespace", *KINDS)
        filters = ("team", "tenant", "workload", "pod", "kind", "state")
        super().__init__(cluster, title="Explorer", kinds=kinds, filters=filters, namespaces=namespaces)

    def _options(self) -> dict[str, list[str]]:
        model = self.feed.model
        options = {"team": model.teams, "tenant": model.tenants, "kind": [*KINDS], "state": model.states}
        return options | {"workload": self._workloads(), "pod": self._pods()}

    def _workloads(self) -> list[str]:
        """The workloads of the selected tenant; many tenants may have workloads of the same name."""
        model, tenant = self.feed.model, self.selected("tenant")
        if not tenant and len(self.feed.namespaces) != 1:
            return []
        rows = (row for row in model.rows(tenant=tenant) if row.kind not in {"Namespace", "Event"})
        return sorted({model.root(row) for row in rows})

    def _pods(self) -> list[str]:
        workload = self.selected("workload")
        if not workload:
            return []
        return [row.label for row in self._rows(kind="Pod") if self.feed.model.root(row) == workload]

    def _rows(self, *, kind: str = "", state: str = "") -> Iterator[ObjectRow]:
        return self.feed.model.rows(team=self.selected("team"), tenant=self.selected("tenant"), kind=kind, state=state)

    def _filtered_rows(self) -> Iterator[ObjectRow]:
        kind, workload, pod = self.selected("kind"), self.selected("workload"), self.selected("pod")
        for row in self._rows(kind=kind, state=self.selected("state")):
            if pod:
                is_shown = pod in {row.label, row.parent}
            elif workload:
                is_shown = self.feed.model.root(row) == workload
            else:
                is_shown = kind == row.kind or row.kind not in _SHOWN_IF_SELECTED
            if is_shown:
                yield row

    def _content(self, options: Mapping[str, Sequence[str]]) -> Html | None:
        rows, deleted = self._filtered_rows(), self._deleted_notice(options)
        columns = [name for name in _COLUMNS if name not in _SAME_FOR_ALL_OF_A_TENANT or not self.selected("tenant")]
        cells = [[_text(row, name) for name in columns] for row in islice(rows, _ROW_LIMIT)]
        if not cells and self._is_unreadable(*([self.selected("kind")] if self.selected("kind") else KINDS)):
            return deleted  # kinds that cannot be read must not look like an empty table
        is_listed = self.feed.is_listed(("Namespace", *KINDS))
        if not cells and not is_listed:
            return deleted  # nothing was read yet, which must not look like an empty table either
        total = len(cells) + sum(1 for _ in rows)
        count = f"{total} object{'s' * (total != 1)}" + ("" if is_listed else " so far")
        shown = f"the first {_ROW_LIMIT} of {count}" if total > len(cells) else count
        return joined(deleted, table(columns, cells, caption=shown))

    def _deleted_notice(self, options: Mapping[str, Sequence[str]]) -> Html | None:
        """Shown if the selected pod or workload is not an option any more; there may still be events about it."""
        for name in ("pod", "workload"):
            if (selected := self.selected(name)) and selected not in options[name]:
                return self._fate(selected)
        return None

    def _fate(self, selected: str) -> Html | None:
        """What is known about an object without a row: only a kind that is watched can be called deleted."""
        kind = selected.partition("/")[0]
        if not self.feed.is_listed(("Namespace", *KINDS)):
            return None
        if kind not in KINDS:
            return notice("info", f"No object of {selected} exists. {selected} itself is not watched.")
        if self._is_unreadable(kind):
            return notice("info", f"Whether {selected} still exists is not known: {kind} objects cannot be read.")
        if any(row.label == selected for row in self._rows(kind=kind)):
            return None  # meanwhile it got another owner
        return notice("warning", f"{selected} no longer exists.", word="Deleted")


def _text(row: ObjectRow, column: str) -> str:
    value = str(getattr(row, column))
    if column == "detail" and row.last_seen:
        return cell_text(f"{row.last_seen[11:19]} {value}")  # the time only, in UTC as the server writes it
    return cell_text(value)

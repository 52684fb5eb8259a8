"""`Explorer`: the workloads of tenants as they change, from a tenant to its workloads, pods, events and their problems.

The options of each drop-down depend on the one before it, so that they lead down and back up. Each kind costs a thread
and a connection; services, volumes and the like have frames instead. Rejected alternative: a tree to unfold, which
jumps while the user reads it when pods come and go.
"""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.forms.kit.panel import notice
from tenantkit.forms.live.grid import Column, Row, TableContent
from tenantkit.forms.live.states import rank_of, tone_of
from tenantkit.forms.live.texts import cell_text
from tenantkit.forms.live.view import LiveView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Html
    from tenantkit.forms.live.model import ObjectRow

KINDS = ("CronJob", "Deployment", "Job", "StatefulSet", "ReplicaSet", "Pod", "Event")
_SHOWN_IF_SELECTED = frozenset({"ReplicaSet", "Namespace"})
_SAME_FOR_ALL_OF_A_TENANT = frozenset({"tenant", "team", "namespace"})
_COLUMNS = (
    Column("state", "state"),
    Column("kind"),
    Column("name", "link"),
    Column("detail", is_sortable=False),
    Column("tenant"),
    Column("team", is_spare=True),
    Column("namespace", is_spare=True),
    Column("age", "time"),
)


class Explorer(LiveView):
    """Watch workloads, pods and events in a notebook. Experimental: the layout may change.

    Select a tenant, one of its workloads, and one of its pods, by the lists or by a click on a row. The table shows the
    objects in the selection, the worst first, then the events about them, the latest first. The button Why? explains
    why the selection does not run, and the one beside a row why that object does not.

    The view is displayed as the last line of a cell. Running the cell again replaces it. The button Stop or `stop()`
    ends the updates and `start()` starts them again; `close()` also removes the view from the page. While no page shows
    the view, it pauses.

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

    def _rows(self, *, kind: str = "") -> Iterator[ObjectRow]:
        return self.feed.model.rows(team=self.selected("team"), tenant=self.selected("tenant"), kind=kind)

    def _rows_of_any_state(self) -> Iterator[ObjectRow]:
        """The rows that match all filters except the state, which is counted."""
        kind, workload, pod = self.selected("kind"), self.selected("workload"), self.selected("pod")
        words = self.search.value.casefold().split()
        for row in self._rows(kind=kind):
            if pod:
                is_shown = pod in {row.label, row.parent}
            elif workload:
                is_shown = self.feed.model.root(row) == workload
            else:
                is_shown = kind == row.kind or row.kind not in _SHOWN_IF_SELECTED
            if is_shown and (not words or self._has_all(row, words)):
                yield row

    def _has_all(self, row: ObjectRow, words: Sequence[str]) -> bool:
        texts = (row.kind, row.name, row.namespace, row.state, row.detail, *self.feed.model.owner(row))
        text = "\n".join(texts).casefold()
        return all(word in text for word in words)

    def _content(self, options: Mapping[str, Sequence[str]], limit: int) -> tuple[Html | None, TableContent | None]:
        deleted, state = self._deleted_notice(options), self.selected("state")
        found = list(self._rows_of_any_state())
        counts = Counter(row.state for row in found if row.state)
        if state:
            found = [row for row in found if row.state == state]
        if not found and self._is_unreadable(*([self.selected("kind")] if self.selected("kind") else KINDS)):
            return deleted, None  # kinds that cannot be read must not look like an empty table
        is_listed = self.feed.is_listed(("Namespace", *KINDS))
        if not found and not is_listed:
            return deleted, None  # nothing was read yet, which must not look like an empty table either
        count = f"{len(found)} object{'s' * (len(found) != 1)}" + ("" if is_listed else " so far")
        caption = f"the first {limit} of {count}" if len(found) > limit else count
        first = self._first(found, limit)
        columns = self._columns(first)
        rows = tuple(self._row(row, columns) for row in first)
        path = self._steps("All tenants")
        return deleted, TableContent(columns, rows, caption, counts, has_more=len(found) > limit, path=path)

    def _columns(self, rows: Sequence[ObjectRow]) -> tuple[Column, ...]:
        """The columns that tell the rows apart: most tenants are named like their namespaces."""
        if self.selected("tenant"):
            return tuple(it for it in _COLUMNS if it.name not in _SAME_FOR_ALL_OF_A_TENANT)
        owner = self.feed.model.owner
        has_same_names = all(owner(row)[0] == (row.namespace or row.name) for row in rows)
        return tuple(it for it in _COLUMNS if not (has_same_names and it.name == "namespace"))

    def _first(self, rows: Sequence[ObjectRow], limit: int) -> list[ObjectRow]:
        """The first rows, in the selected order, or the worst first and the latest events last."""
        if self.order is not None:
            name, is_descending = self.order
            pick = heapq.nlargest if is_descending else heapq.nsmallest
            key = self._key(name)
            return pick(limit, rows, key=lambda row: (key(row), row.key))
        objects = [row for row in rows if row.kind != "Event"]
        first = heapq.nsmallest(limit, objects, key=lambda row: (rank_of(row.state), row.kind, row.namespace, row.name))
        events = [row for row in rows if row.kind == "Event"] if len(first) < limit else []
        return first + heapq.nlargest(limit - len(first), events, key=lambda row: (row.time, row.key))

    def _key(self, column: str) -> Callable[[ObjectRow], object]:
        owner = self.feed.model.owner
        keys: Mapping[str, Callable[[ObjectRow], object]] = {
            "state": lambda row: (rank_of(row.state), row.state),
            "kind": lambda row: row.kind,
            "tenant": lambda row: owner(row)[0],
            "team": lambda row: owner(row)[1],
            "namespace": lambda row: row.namespace,
            "age": lambda row: row.time,
        }
        return keys.get(column, lambda row: row.title)

    def _row(self, row: ObjectRow, columns: Sequence[Column]) -> Row:
        tenant, team = self.feed.model.owner(row)
        texts = {"name": row.title, "tenant": tenant, "team": team, "age": row.time}
        cells = tuple(cell_text(texts[it.name] if it.name in texts else getattr(row, it.name)) for it in columns)
        tone = tone_of(row.state)
        is_bad = tone in {"error", "warning"} and self._subject(row).partition("/")[0] in KINDS
        return Row(row.key, cells, tone, ("why",) if is_bad else ())

    def _subject(self, row: ObjectRow) -> str:
        """What to ask about: the object, or the one that an event is about."""
        return row.parent if row.kind == "Event" else row.label

    def _path(self) -> list[str]:
        return ["tenant", "workload", "pod"]

    def _open(self, key: str) -> None:
        with self.feed.lock:
            row = self.feed.model.row(key)
            if row is None:
                return  # it was deleted meanwhile
            tenant, root = self.feed.model.owner(row)[0], self.feed.model.root(row)
        if tenant:
            self.select("tenant", tenant)
        if row.kind == "Namespace":
            return
        self.select("workload", root)
        subject = self._subject(row)
        self.select("pod", subject if subject.startswith("Pod/") else "")

    def _ask(self, action: str, key: str) -> None:
        with self.feed.lock:
            row = self.feed.model.row(key)
        if action == "why" and row is not None:
            self._explain(self._subject(row), namespaces=[row.namespace])

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

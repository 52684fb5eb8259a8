"""Whether so much more would fit: yes, no, or maybe where something could not be known.

Three gates, in the order in which a pod meets them: the API server lets it in, the quotas have room for all of them,
and nodes hold them. A `no` is proved by one gate, a `yes` needs all three; whatever could turn it is a `maybe`, and is
named. Turned down: a best guess, which is a wrong answer some of the time and does not say when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.visible import list_visible
from tenantkit.display.human_amounts import amount_text
from tenantkit.display.tables import html_table, text_table
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, Problem
from tenantkit.findings.causes.scheduling import advice
from tenantkit.findings.fits.dry_run_pod import DEFAULT_ACCELERATOR, ask_server, make_pod
from tenantkit.findings.fits.node_room import node_room
from tenantkit.findings.fits.quota_room import quota_room
from tenantkit.findings.quota_holders import holders_text
from tenantkit.findings.refusals import read_refusal
from tenantkit.findings.snapshot import Snapshot
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.frames.quota import quantity_text, unit_of
from tenantkit.provision.stored import get_namespace

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.findings.fits.dry_run_pod import Asked
    from tenantkit.findings.fits.quota_room import Room
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

Answer = Literal["yes", "maybe", "no"]

FITS: Schema = {
    "object": "string",
    "resource": "string",
    "unit": "string",
    "each": "Float64",
    "asked": "Float64",
    "free": "Float64",
    "pods": "Int64",
    "answer": "string",
    "reason": "string",
    "what_to_do": "string",
}
_SHOWN = ("object", "resource", "asked", "free", "pods", "answer", "reason", "what_to_do")
_ORDER: tuple[Answer, ...] = ("no", "maybe", "yes")
_SERVER, _NODES = "API server", "Node"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that could be in the way.

    Args:
        object: what decides: `ResourceQuota/team`, `Node` for all nodes together, or what refuses such a pod.
        answer: whether it lets all of the pods through.
        pods: how many it lets through; None where that is not known, or does not depend on it.
        resource: of which resource that is; None where it is not about one.
        each: what one pod takes, in base units.
        free: what is left; None where it is not known.
        reason: why not, or why it is not known.
        what_to_do: the next step; empty where there is none.
    """

    object: str
    answer: Answer
    pods: int | None = None
    resource: str | None = None
    each: float | None = None
    free: float | None = None
    reason: str = ""
    what_to_do: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Fit:
    """Whether so many pods would fit; made by `fits`. Shows itself as a table.

    Args:
        wanted: how many pods were asked about.
        checks: what was looked at; what blocks stands first.
        unread: what could not be read, and why.
    """

    wanted: int
    checks: tuple[Check, ...]
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def answer(self) -> Answer:
        """`yes`, `maybe` or `no`."""
        return min((check.answer for check in self.checks), key=_ORDER.index, default="yes")

    @property
    def pods(self) -> int | None:
        """How many such pods would fit now; None where something about that is not known."""
        if any(check.pods is None and (check.answer != "yes" or check.object == _NODES) for check in self.checks):
            return None
        return min((check.pods for check in self.checks if check.pods is not None), default=None)

    @property
    def blocks_first(self) -> str | None:
        """What is in the way, of several the first that a pod meets; None where nothing is known to be."""
        return next((check.object for check in self.checks if check.answer == "no"), None)

    @property
    def what_to_free(self) -> str:
        """What would make room, or help otherwise; empty where nothing has to."""
        said = [check.what_to_do for check in self.checks if check.answer == "no" and check.what_to_do]
        return "; ".join(dict.fromkeys(said))

    @property
    def frame(self) -> pd.DataFrame:
        """The checks as a DataFrame.

        Returns:
            object, resource, unit (`cores`, `bytes`, `count`), answer, reason, what_to_do: string; each (what one pod
            takes), asked (all of them), free: Float64; pods (how many would get through there): Int64; <NA> where not
            known, or where there is nothing to say. What blocks stands first.
        """
        frame = frame_of_rows([self._row(check) for check in self.checks], FITS)
        frame.attrs["unread"] = dict(self.unread)
        return frame

    def _row(self, check: Check) -> tuple[object, ...]:
        unit = unit_of(check.resource) if check.resource else None
        asked = None if check.each is None else check.each * self.wanted
        said = (check.answer, check.reason or None, check.what_to_do or None)
        return check.object, check.resource, unit, check.each, asked, check.free, check.pods, *said

    def __str__(self) -> str:
        table = text_table(_SHOWN, self._cells)
        return f"{self.summary}\n\n{table}" if table else self.summary

    def __repr__(self) -> str:
        return f"<Fit: {self.summary}>"

    def _repr_html_(self) -> str:
        return html_table(self.summary, _SHOWN, self._cells)

    @property
    def summary(self) -> str:
        """The answer in a line: `no: 2 of 4 pods fit; ResourceQuota/team blocks first`."""
        count = f"{self.pods} of {self.wanted} pods fit" if self.pods is not None and self.pods < self.wanted else ""
        blocks = f"{self.blocks_first} blocks first" if self.blocks_first else ""
        unknown = [check.reason for check in self.checks if check.answer == "maybe"] if self.answer == "maybe" else []
        said = "; ".join(filter(None, (count, blocks, *dict.fromkeys(unknown))))
        return f"{self.answer}: {said}" if said else f"{self.answer}: {self.wanted} pods fit"

    @property
    def _cells(self) -> list[tuple[str | None, ...]]:
        rows = [dict(zip(FITS, self._row(check), strict=True)) for check in self.checks]
        return [tuple(_text(row[name], row["resource"]) for name in _SHOWN) for row in rows]


@takes_cluster
def fits(  # noqa: PLR0913 (what a pod can ask for; all but two are optional)
    cluster: Cluster,
    tenant: str,
    *,
    pods: int = 1,
    cpu: str | float | None = None,
    memory: str | float | None = None,
    gpus: int = 0,
    accelerator: str = DEFAULT_ACCELERATOR,
    pod_spec: Manifest | None = None,
) -> Fit:
    """Whether so much more would fit into a tenant now: yes, maybe or no. Experimental: it may answer in another form.

    Nothing is made: the server is asked by a dry run.

    Args:
        cluster: where.
        tenant: whose, by name.
        pods: how many, all alike. Default 1.
        cpu: cores of each, as request and limit: `2`, `"500m"`. Default: what LimitRanges give, else nothing.
        memory: likewise, in bytes: `"16Gi"`.
        gpus: accelerators of each, whole ones. Default 0.
        accelerator: which, as nodes name them. Default `nvidia.com/gpu`; MIG profiles are resources of their own.
        pod_spec: what else such a pod says: tolerations, node selector, priority class, more containers. The amounts
            go to its first container. Default: one container, and nothing else.

    Returns:
        `answer`: `yes` (the API server lets them in, quotas have room, nodes hold all of them), `no` (something
        does not) or `maybe` (something could not be known, which `unread` and the reasons name); `pods` (how many would
        fit), `blocks_first`, `what_to_free`, and `frame`, one row per thing that could be in the way. It is about the
        nodes that there are: a cluster that makes nodes when they are needed may do more.

    Raises:
        InvalidSpecError: an amount that is none.
        NotFound: no such tenant.
        ClusterUnavailable: the server gave no answer.

    RBAC: get the namespace, list resourcequotas, limitranges and pods there, create pods (for the dry run), list nodes,
    namespaces and pods in the whole cluster; without a right the answer is `maybe` where it hangs on that.
    Source: pages "Resource Quotas", "Limit Ranges", "Assigning Pods to Nodes".

    Example:
        >>> fits(cluster, "vision", pods=4, cpu=8, memory="64Gi", gpus=2).answer  # doctest: +SKIP
        'no'
    """
    if isinstance(pods, bool) or not isinstance(pods, int) or pods < 1:
        raise InvalidSpecError([Problem("pods", pods, "use a whole number of 1 or more")])
    namespace = get_namespace(cluster, tenant)["metadata"]["name"]
    pod = make_pod(namespace, cpu=cpu, memory=memory, gpus=gpus, accelerator=accelerator, pod_spec=pod_spec)
    found, unread = _read(cluster, namespace)
    asked = ask_server(cluster, pod, found.get("LimitRange", []))
    snapshot = Snapshot(found, cluster.server_time, unread)
    return foretell(snapshot, asked, wanted=pods)


def foretell(snapshot: Snapshot, asked: Asked, *, wanted: int) -> Fit:
    """The answer of `fits`, of what was read: pure.

    Args:
        snapshot: quotas and pods of the namespace, nodes, and under `AnyPod` the pods of all namespaces.
        asked: the pod, and what the server says to it.
        wanted: how many.
    """
    checks = [
        *_admission(snapshot, asked),
        *_quotas(snapshot, asked.pod, wanted),
        *_nodes(snapshot, asked.pod, wanted),
    ]
    ordered = sorted(checks, key=lambda check: _ORDER.index(check.answer))
    return Fit(wanted, tuple(ordered), dict(snapshot.unread))


def _read(cluster: Cluster, namespace: str) -> tuple[dict[str, list[Manifest]], dict[str, str]]:
    """What there is, and what may not be read."""
    found: dict[str, list[Manifest]] = {}
    unread: dict[str, str] = {}

    def read(kind: str) -> None:
        try:
            match kind:
                case "Node" | "Namespace":
                    found[kind] = cluster.list(kind)
                case "AnyPod":
                    found[kind] = cluster.list("Pod", field_selector="status.phase!=Succeeded,status.phase!=Failed")
                case _:
                    found[kind] = list_visible(cluster, kind, namespaces=[namespace])[0]
        except NotFound:  # the server does not have that kind
            found[kind] = []
        except PermissionDenied as refusal:
            unread[kind] = str(refusal)

    side_by_side(read, ("ResourceQuota", "LimitRange", "Pod", "ReplicaSet", "Job", "Node", "AnyPod", "Namespace"))
    return found, unread


def _admission(snapshot: Snapshot, asked: Asked) -> list[Check]:
    if asked.refusal is not None:
        refusal = read_refusal(snapshot, asked.pod["metadata"]["namespace"], asked.refusal)
        if refusal.cause != "quota exceeded":  # the quotas speak for themselves, entry by entry
            return [Check(refusal.object or _SERVER, "no", 0, reason=asked.refusal, what_to_do=refusal.what_to_do)]
    if not asked.is_certain:
        return [Check(_SERVER, "maybe", reason=asked.unasked or "")]
    return [Check(_SERVER, "yes")]


def _quotas(snapshot: Snapshot, pod: Manifest, wanted: int) -> list[Check]:
    if not snapshot.knows("ResourceQuota"):
        return [Check("ResourceQuota", "maybe", reason=snapshot.unread.get("ResourceQuota", "not read"))]
    rooms = quota_room(snapshot.all("ResourceQuota"), pod, snapshot.now)
    return [_of_room(snapshot, room, wanted) for room in rooms]


def _of_room(snapshot: Snapshot, room: Room, wanted: int) -> Check:
    answer: Answer = "maybe" if room.pods is None else "yes" if room.pods >= wanted else "no"
    step = ""
    if answer == "no" and room.free is not None:
        quota = snapshot.find(
            "ResourceQuota", room.object.partition("/")[2], snapshot.all("ResourceQuota")[0]["metadata"]["namespace"]
        )
        held = holders_text(snapshot, quota, room.resource) if quota is not None else ""
        short = room.each * wanted - room.free
        room_for = f"free {quantity_text(short, room.resource)} of {room.resource}"
        step = room_for + (f", {held}" if held else ", or ask for a larger quota")
    free = None if room.free is None else float(room.free)
    return Check(
        room.object, answer, room.pods, room.resource, float(room.each), free, reason=room.reason, what_to_do=step
    )


def _nodes(snapshot: Snapshot, pod: Manifest, wanted: int) -> list[Check]:
    for kind in ("Node", "AnyPod"):
        if not snapshot.knows(kind):
            return [Check(_NODES, "maybe", reason=snapshot.unread.get(kind, "not read"))]

    def labels_of(name: str) -> Manifest | None:
        namespace = snapshot.find("Namespace", name)
        return None if namespace is None else namespace["metadata"].get("labels") or {}

    room = node_room(pod, snapshot.all("Node"), snapshot.all("AnyPod"), labels_of)
    after_first = (room.after_first,) if room.after_first and wanted > 1 else ()
    if room.pods >= wanted:
        unsure = (*room.could_be_fewer, *after_first)
        known = None if unsure or room.after_first else room.pods
        return [Check(_NODES, "maybe" if unsure else "yes", known, reason="; ".join(unsure))]
    unsure = tuple(dict.fromkeys((*room.could_be_more, *room.could_be_fewer, *after_first)))
    reason = "; ".join(filter(None, (room.reason, *unsure)))
    answer: Answer = "maybe" if room.could_be_more else "no"
    step = room.to_free or advice(room.reasons or {"no nodes available": 1}, is_room_to_free=False)
    return [Check(_NODES, answer, None if unsure else room.pods, reason=reason, what_to_do=step)]


def _text(value: object, resource: object) -> str | None:
    if isinstance(value, float):
        return amount_text(value, unit_of(str(resource)))
    return None if value is None else str(value)

"""One run: the same steps on both engines, and after each write a wait until both have settled in the same state.

The controllers and caches of the real one work asynchronously. Each write is therefore followed by probes whose answers
depend on them: the live objects, the permissions of each user, the answers to pods in a dry run. They are repeated
until both engines give the same answers, or the time is up, which counts as a difference too. The step itself is sent
only once. Rejected alternatives: sleeping, and comparing only the final state.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract.wire import MERGE_PATCH
from tests.differential.comparison import Difference, differences, normalised
from tests.differential.exchange import Answer
from tests.differential.grammar import BY_PLURAL, KINDS, MADE_BY_CONTROLLERS, NAMES, USERS
from tests.differential.kinds import RUN
from tests.differential.kinds_access import GROUP, ref
from tests.differential.kinds_pods import CONTAINERS
from tests.differential.steps import NAMESPACES, Step
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.differential.exchange import Exchange

PATIENCE_S = 10.0  # how long answers must stay different, without changing, to count as a difference
_GOES_WITHIN_S = 8.0  # how long the deletion of a namespace takes, during which little changes
_RESTS_WITHIN_S = 60.0
_QUIET_S = 0.7
_CLUSTER_NAMES = tuple(f"{RUN}-{name}" for name in (*NAMES, "other"))
_ACCESS = frozenset({"roles", "rolebindings", "clusterroles", "clusterrolebindings"})
_ADMISSION = frozenset({"namespaces", "serviceaccounts", "limitranges", "resourcequotas"})
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_PEOPLE = {"provisioner": f"{RUN}-provisioner", "owner": "admin", "editor": "edit", "viewer": "view"}
_PROVISIONER_RULES = (
    {"apiGroups": [""], "resources": ["namespaces", "resourcequotas", "limitranges"], "verbs": ["*"]},
    {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["create", "patch", "get", "list"]},
    {
        "apiGroups": [GROUP],
        "resources": ["roles", "rolebindings"],
        "verbs": ["get", "list", "create", "update", "patch"],
    },
    {"apiGroups": [GROUP], "resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": ["view"]},
)


@dataclass(slots=True)
class Run:
    """A real engine and the sandbox, side by side, for the steps of one run."""

    real: Exchange
    sandbox: Exchange
    name: str
    patience_s: float = PATIENCE_S
    apart: bool = False  # whether the engines hold different objects
    touched: set[str] = field(default_factory=set)

    def begin(self) -> list[Difference]:
        """Create the namespaces and the users' bindings of the run."""
        self.touched = {"namespaces", "serviceaccounts", "configmaps"}
        for exchange in (self.real, self.sandbox):
            exchange.begin(self.name)
            for path, body in _initial_objects():
                answer = exchange.ask("POST", path, body=body)
                assert answer.ok, (path, answer)
        return self._rest({"namespaces", "rolebindings"})

    def take(self, step: Step) -> list[Difference]:
        """The differences in the answers to a step, else in its effects."""
        expected, found = self.real.send(step), self.sandbox.send(step)
        different = differences(step, expected, found)
        if step.writes and (expected.ok or found.ok):
            self.touched.add(step.plural)
            then = self._rest({step.plural}, step)
            self.apart = bool(then)
            different = different or then
        return different

    def end(self) -> list[Difference]:
        """The differences once nothing changes any more."""
        return self._rest({kind.plural for kind in KINDS}, quiet_s=_QUIET_S)

    def clear(self) -> None:
        """Delete all objects of the run, without waiting."""
        for exchange in (self.real, self.sandbox):
            for kind in KINDS:
                for path in [kind.path(space) for space in NAMESPACES] if kind.namespaced else []:
                    if kind.plural in self.touched:
                        _unhold(exchange, path)
            for kind in (kind for kind in KINDS if not kind.namespaced):
                for name in (*_CLUSTER_NAMES, *(f"{RUN}-{person}" for person in _PEOPLE)):
                    path = kind.path("", name)
                    exchange.ask("PATCH", path, body={"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)
                    exchange.ask("DELETE", path)

    def _rest(self, plurals: set[str], step: Step | None = None, *, quiet_s: float = 0) -> list[Difference]:
        """The differences that are left once nothing changes; empty once there was none for `quiet_s`."""
        probes = _probes(plurals)
        before: list[Difference] | None = None
        patience_s = max(self.patience_s, _GOES_WITHIN_S if "namespaces" in plurals else 0)
        began = since = time.monotonic()

        def rests() -> bool:
            nonlocal before, since
            different = self._different_state(step, plurals | self.touched) or self._different_probes(probes)
            now = time.monotonic()
            if different != before:
                before, since = different, now
            return now - since >= (patience_s if different else quiet_s) or now - began > _RESTS_WITHIN_S

        eventually(rests, timeout_s=2 * _RESTS_WITHIN_S, poll_s=0.02)
        return before or []

    def _different_state(self, step: Step | None, plurals: Iterable[str]) -> list[Difference]:
        found = []
        for plural in sorted(plurals):
            real, ours = (_state(exchange, plural) for exchange in (self.real, self.sandbox))
            for path in sorted(real.keys() | ours.keys()):
                sides = [side.get(path, Answer(404, (), {})) for side in (real, ours)]
                found += [
                    Difference(step, f"then {plural} {item.place}", item.expected, item.found)
                    for item in differences(step, *sides)
                ]
        return found

    def _different_probes(self, probes: Iterable[Step]) -> list[Difference]:
        return [
            item
            for probe in probes
            for item in differences(probe, *(_in_order(exchange.send(probe)) for exchange in (self.real, self.sandbox)))
        ]


def _initial_objects() -> list[tuple[str, Any]]:
    roles, bindings, many = (BY_PLURAL[name] for name in ("clusterroles", "rolebindings", "clusterrolebindings"))
    objects: list[tuple[str, Any]] = [("/api/v1/namespaces", {"metadata": {"name": name}}) for name in NAMESPACES]
    name = _PEOPLE["provisioner"]
    objects.append((roles.path(""), {"metadata": {"name": name}, "rules": list(_PROVISIONER_RULES)}))
    objects.append((many.path(""), _binding(name, name, "provisioner")))
    objects += [
        (bindings.path(namespace), _binding(person, role, person))
        for namespace in NAMESPACES
        for person, role in _PEOPLE.items()
        if person != "provisioner" and (namespace == NAMESPACES[0] or person == "viewer")
    ]
    return objects


def _binding(name: str, role: str, person: str) -> Any:
    subject = {"kind": "User", "name": f"{person}@example.com", "apiGroup": GROUP}
    return {"metadata": {"name": name}, "roleRef": ref("ClusterRole", role), "subjects": [subject]}


def _state(exchange: Exchange, plural: str) -> dict[str, Answer]:
    """All objects of a kind that a run may have created, by path."""
    kind = BY_PLURAL[plural]
    if not kind.namespaced:
        found = {kind.path("", name): exchange.ask("GET", kind.path("", name)) for name in _CLUSTER_NAMES}
        return {path: answer for path, answer in found.items() if answer.ok}
    answers = [exchange.ask("GET", kind.path(namespace)) for namespace in NAMESPACES]
    items = [item for answer in answers for item in answer.body["items"]]
    if plural in MADE_BY_CONTROLLERS:
        items = [item for item in items if item["metadata"]["name"] in _OWN_NAMES]
    return {kind.path(item["metadata"]["namespace"], item["metadata"]["name"]): Answer(200, (), item) for item in items}


_OWN_NAMES = frozenset({*NAMES, *_CLUSTER_NAMES})


def _probes(plurals: set[str]) -> list[Step]:
    """Requests whose answers change once the server's caches have seen a write."""
    probes = []
    if plurals & _ACCESS:
        probes += [
            Step("probe", "selfsubjectrulesreviews", person, "POST", _REVIEW, body={"spec": {"namespace": namespace}})
            for person in USERS
            if person != "admin"
            for namespace in NAMESPACES
        ]
        refs = (ref("Role", "a"), ref("Role", "b"), ref("Role", "c"), ref("ClusterRole", f"{RUN}-a"))
        probes += [_dry_run("owner", "rolebindings", {"roleRef": item, "subjects": []}) for item in refs]
    if plurals & _ADMISSION:
        pods: list[Any] = [{"containers": CONTAINERS[0]}, {"containers": CONTAINERS[0], "hostNetwork": True}]
        pods += [{"containers": CONTAINERS[0], "serviceAccountName": name} for name in NAMES]
        probes += [_dry_run("admin", "pods", {"spec": pod | {"automountServiceAccountToken": False}}) for pod in pods]
        storage = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "20Gi"}}}
        probes.append(_dry_run("admin", "persistentvolumeclaims", {"spec": storage}))
        probes.append(_dry_run("admin", "configmaps", {}))
    return probes


def _dry_run(person: str, plural: str, body: Any) -> Step:
    kind = BY_PLURAL[plural]
    whole = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "probe"}, **body}
    return Step("probe", plural, person, "POST", kind.path(NAMESPACES[0]), query={"dryRun": "All"}, body=whole)


def _in_order(answer: Answer) -> Answer:
    """An answer with its access rules sorted, since servers do not order them."""
    if not isinstance(answer.body, dict) or "resourceRules" not in (answer.body.get("status") or {}):
        return answer
    status = {
        key: sorted(value, key=repr) if isinstance(value, list) else value
        for key, value in normalised(answer.body["status"]).items()
    }
    return Answer(answer.status, answer.warnings, {**answer.body, "status": status})


def _unhold(exchange: Exchange, path: str) -> None:
    """Remove the finalizers that block a deletion."""
    for item in exchange.ask("GET", path).body["items"]:
        if item["metadata"].get("finalizers"):
            body = {"metadata": {"finalizers": None}}
            exchange.ask("PATCH", f"{path}/{item['metadata']['name']}", body=body, content_type=MERGE_PATCH)


def replay(run: Run, steps: Sequence[Step], *, to_the_end: bool = True) -> list[Difference]:
    """The differences of the first step that has any, or of the final state."""
    found = run.begin()
    try:
        for step in steps:
            found = found or run.take(step)
        return found or (run.end() if to_the_end else [])
    finally:
        run.clear()

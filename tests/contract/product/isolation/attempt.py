"""One attempt: a hostile object or request, each way of sending it, and the wall that denies it.

Every request is a dry run, so that one that is not denied changes nothing and the attempts do not depend on each other.
The server's admission runs in a dry run as it does otherwise (page "Kubernetes API Concepts", section "Dry-run").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract.wire import APPLY, JSON, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.contract.product.isolation.place import Manifest, Place
    from tests.contract.wire import Answer, Wire

    # from a kind, or from `Kind/name`, to the object as it is on the server
    Base = Callable[[str], Manifest]
    Requests = Callable[[Place, Base], Iterable["Request"]]

DRY_RUN = {"dryRun": "All"}
# of other kinds an update without a version is an update of the newest one
ONLY_OF_A_VERSION = ("PodDisruptionBudget", "HTTPRoute")
# a controller writes the status of the base object meanwhile
_TRIES = 5
HEADS = ("apiVersion", "kind", "metadata", "status")

# The wall by name, as docs/isolation.md has it: the status code and what its message contains.
WALLS: dict[str, tuple[int, str]] = {
    "RBAC": (403, r'User "[^"]+" cannot \S+ resource|is attempting to grant RBAC permissions not currently held'),
    "Pod Security": (403, r'violates PodSecurity "'),
    "quota": (403, r"exceeded quota: tenantkit-"),
    "limits": (403, r"(maximum|minimum) \S+ usage per"),
    "fixed field": (422, r"immutable|may not change|cannot change roleRef|updates to statefulset spec"),
    "validation": (422, r"is invalid:"),
    "service accounts": (403, r"error looking up service account"),
    "namespace lifecycle": (403, r"this namespace may not be deleted"),
    **{
        f"guardrail {name}": (403, rf"ValidatingAdmissionPolicy 'tenantkit-{name}[^']*' .*tenantkit: ")
        for name in ("hosts", "services", "people", "walls", "pods", "outside")
    },
}
# a field that can't be changed after creation is denied by that, whatever is written to it
ON_UPDATES = frozenset({"fixed field"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it is sent.

    Args:
        way: how it is sent, for messages.
        method: of HTTP.
        path: on the server.
        body: JSON or a list of operations.
        content_type: of the body.
        query: its options. Default: a dry run.
        headers: besides the usual ones.
    """

    way: str
    method: str
    path: str
    body: Any = None
    content_type: str = JSON
    query: tuple[tuple[str, str], ...] = tuple(DRY_RUN.items())
    headers: tuple[tuple[str, str], ...] = ()

    def send(self, wire: Wire) -> Answer:
        """Send it as a user."""
        return wire(
            self.method,
            self.path,
            self.body,
            content_type=self.content_type,
            query=dict(self.query),
            headers=dict(self.headers),
        )


@dataclass(frozen=True)
class Attempt:
    """What somebody tries, and what denies it.

    Args:
        what: as docs/isolation.md says it, without the subject.
        walls: names of `WALLS`; the first one that the server asks answers.
        requests: from the place, and a function that returns the live base object of a kind, to each way of trying it.
        who: the personas who try it.
        source: `benchmark NAME` of the multi-tenancy benchmark, or `attack`.
        kind: of the object, where the same is tried in several kinds.
        needs: the resource without which the server has nothing to attack, as `plural.group`.
    """

    what: str
    walls: tuple[str, ...]
    requests: Requests = field(repr=False)
    who: tuple[str, ...] = ("owner", "editor")
    source: str = "attack"
    kind: str = ""
    needs: str = ""

    def __str__(self) -> str:
        """The name of the test."""
        return f"{self.what}, in a {self.kind}" if self.kind else self.what

    def passed(self, wire: Wire, place: Place, base: Base) -> list[str]:
        """The ways that were not denied by one of the walls, with the server's answer; empty if all were."""
        return [
            f"{it.way}: {shown(answer)}" for it, answer in self._sent(wire, place, base) if not self._denied(answer)
        ]

    def _sent(self, wire: Wire, place: Place, base: Base) -> Iterator[tuple[Request, Answer]]:
        for request in self.requests(place, base):
            answer = request.send(wire)
            for _ in range(_TRIES):
                if not _was_changed_meanwhile(answer):
                    break
                [again] = [it for it in self.requests(place, base) if it.way == request.way]
                answer = again.send(wire)
            yield request, answer

    def _denied(self, answer: Answer) -> bool:
        return any(is_denied_by(answer, wall) for wall in (*self.walls, *ON_UPDATES))


def _was_changed_meanwhile(answer: Answer) -> bool:
    return answer.status == 409 and "the object has been modified" in message(answer)


def is_denied_by(answer: Answer, wall: str) -> bool:
    """Whether an answer is the denial of a wall."""
    status, said = WALLS[wall]
    return answer.status == status and re.search(said, message(answer), re.DOTALL) is not None


def message(answer: Answer) -> str:
    """What a Status says; empty if it is something else."""
    return str(answer.body.get("message", "")) if isinstance(answer.body, dict) else str(answer.body)


def shown(answer: Answer) -> str:
    """An answer in a line."""
    return f"{answer.status} {message(answer)[:300]}".strip()


def changed_by(path: str, base: Manifest, hostile: Manifest, *, strategic: bool = True) -> Iterator[Request]:
    """Each way of changing an existing object into a hostile one.

    Args:
        path: of the object.
        base: the object as it is.
        hostile: its new content, and labels, annotations and finalizers if it has them.
        strategic: whether the kind takes strategic merge patches; custom resources do not.
    """
    content = {key: value for key, value in hostile.items() if key not in HEADS}
    extra = {key: value for key, value in hostile["metadata"].items() if key in ("labels", "annotations", "finalizers")}
    patch = content | ({"metadata": extra} if extra else {})
    left_out = {"managedFields"} if base["kind"] in ONLY_OF_A_VERSION else {"managedFields", "resourceVersion"}
    metadata = {key: value for key, value in base["metadata"].items() if key not in left_out}
    yield Request("update", "PUT", path, {**base, **content, "metadata": {**metadata, **extra}})
    yield Request("merge patch", "PATCH", path, patch, MERGE_PATCH)
    operations = [{"op": "add", "path": f"/{key}", "value": value} for key, value in content.items()]
    operations += [{"op": "add", "path": f"/metadata/{key}", "value": value} for key, value in extra.items()]
    yield Request("JSON patch", "PATCH", path, operations, JSON_PATCH)
    if strategic:
        yield Request("strategic merge patch", "PATCH", path, patch, STRATEGIC_PATCH)
    head = {"apiVersion": base["apiVersion"], "kind": base["kind"]}
    named = {"name": base["metadata"]["name"], **extra}
    yield applied(f"apply over {base['kind']}", path, {**head, **content, "metadata": named})


def created_by(path: str, hostile: Manifest) -> Iterator[Request]:
    """Both ways of making a hostile object: a create, and a server-side apply of what is not there."""
    yield Request("create", "POST", path, hostile)
    yield applied("apply", f"{path}/{hostile['metadata']['name']}", hostile)


def applied(way: str, path: str, manifest: Manifest) -> Request:
    """A server-side apply that takes over every field."""
    query = (*DRY_RUN.items(), ("fieldManager", "kubectl"), ("force", "true"))
    return Request(way, "PATCH", path, manifest, APPLY, query)

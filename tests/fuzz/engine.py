"""One engine with a sample object of each kind, which is made anew after each request that may have changed it.

So each request meets the same state, whatever came before, and can be repeated. The names of the samples rise: an
object that waits for its finalizers or its containers does not hold up the next request.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.contract.wire import MERGE_PATCH
from tests.differential.kinds_access import GROUP, ref
from tests.eventually import eventually
from tests.fuzz.request import CONTINUE, CREATED_NAME, READING, RV, SAMPLE_NAME, TOKEN, UID
from tests.fuzz.samples import BY_PATH, KINDS, LIMITED, NAMESPACE, NEWER_EVENTS, key_of, namespace_of, plain

if TYPE_CHECKING:
    from tests.differential.kinds import Kind
    from tests.fuzz.connection import Answer, Connection
    from tests.fuzz.request import Request

_PEOPLE = {"owner": "admin", "editor": "edit", "viewer": "view"}
_CREATED, _CONFLICT = 201, 409
_MADE = (_CREATED, _CONFLICT)  # by an earlier run, or by a request whose answer was lost


class SampleError(Exception):
    """A sample object can't be created."""


class Engine:
    """One engine; `names` counts the names that were used, on both engines alike."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._live: dict[str, str] = {}  # the names of the samples

    def prepare(self, number: int) -> None:
        """Create the namespaces, the people's bindings and all samples, with that number in their names."""
        for name in (NAMESPACE, LIMITED):
            self._must("/api/v1/namespaces", {"metadata": {"name": name}}, _MADE)
            account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
            eventually(partial(self._exists, account), timeout_s=60)
        for person, role in _PEOPLE.items():
            subject = {"kind": "User", "name": f"{person}@example.com", "apiGroup": GROUP}
            body = {"metadata": {"name": person}, "roleRef": ref("ClusterRole", role), "subjects": [subject]}
            self._must(f"/apis/{GROUP}/v1/namespaces/{NAMESPACE}/rolebindings", body, _MADE)
        for kind in KINDS:
            self._put_sample(kind, number)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, request: Request, number: int) -> Answer:
        """The answer to a request; `number` becomes part of the name of what it creates."""
        values = {SAMPLE_NAME: self._live.get(request.plural, SAMPLE_NAME), CREATED_NAME: f"fn-{number:06x}"}
        if request.needs(RV) or request.needs(UID):
            metadata: Any = self._connection.ask("GET", self._sample_path(request)).json().get("metadata") or {}
            values |= {RV: metadata.get("resourceVersion", "1"), UID: metadata.get("uid", "x")}
        if request.needs(CONTINUE):
            page: Any = self._connection.ask("GET", "/api/v1/namespaces?limit=1").json()
            values[CONTINUE] = quote(page["metadata"]["continue"])
        values[TOKEN] = self._connection.token("admin")
        return self._connection.send(request.filled(values))

    def reset(self, request: Request, answer: Answer, number: int) -> None:
        """Undo what a request did: delete what it created, and make its sample anew."""
        if request.method in READING or request.plural not in BY_PATH:
            return
        kind = BY_PATH[request.plural]
        for name in {self._live[request.plural], *_created(answer)}:
            for namespace in {namespace_of(kind), *_namespace(answer)} if kind.namespaced else {""}:
                self._delete(kind.path(namespace, quote(name, safe="")))
        self._put_sample(kind, number)

    def _sample_path(self, request: Request) -> str:
        kind = BY_PATH.get(request.plural)
        return kind.path(namespace_of(kind), self._live[request.plural]) if kind else "/nope"

    def _put_sample(self, kind: Kind, number: int) -> None:
        name = f"{'fe' if kind.api == NEWER_EVENTS else 'fx'}-{number:06x}"  # both kinds of events share their names
        self._live[key_of(kind)] = name
        self._must(kind.path(namespace_of(kind)), plain(kind, name), _MADE)

    def _must(self, path: str, body: Any, accepted: tuple[int, ...] = (_CREATED,)) -> None:
        """Create an object; caches of the real engine may still refuse it for a moment."""
        answers: list[Answer] = []

        def is_made() -> bool:
            answers.append(self._connection.ask("POST", path, body))
            return answers[-1].status in accepted

        try:
            eventually(is_made, timeout_s=10)
        except AssertionError as error:
            raise SampleError(f"POST {path}: {answers[-1].status} {answers[-1].message}") from error

    def _exists(self, path: str) -> bool:
        return self._connection.ask("GET", path).ok

    def _delete(self, path: str) -> None:
        options = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "gracePeriodSeconds": 0,
            "propagationPolicy": "Background",
        }
        answer = self._connection.ask("DELETE", path, options)
        metadata: Any = answer.json().get("metadata") or {}
        if answer.ok and "finalizers" in metadata:
            self._connection.ask("PATCH", path, {"metadata": {"finalizers": None}}, MERGE_PATCH)


def _created(answer: Answer) -> list[str]:
    metadata: Any = answer.json().get("metadata") or {}
    name = metadata.get("name") if answer.ok else None
    return [name] if isinstance(name, str) and name else []


def _namespace(answer: Answer) -> list[str]:
    metadata: Any = answer.json().get("metadata") or {}
    return [metadata["namespace"]] if answer.ok and metadata.get("namespace") else []

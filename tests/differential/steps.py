"""One request of a run, and how it is drawn from the grammar.

A step does not depend on earlier answers, so that a sequence can be reduced to the steps that a difference needs: `$rv`
and `$uid` stand for those of the live object at the time, `RUN` for the name of the run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tenantkit.sandbox.apimachinery.codec import DecodeError, decode
from tests.contract.wire import APPLY, JSON, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from tests.differential.bodies import draw, drawn, weighted
from tests.differential.grammar import BY_PLURAL, KINDS, MADE_BY_CONTROLLERS, MANAGERS, NAMES, OPERATIONS, USERS
from tests.differential.kinds import RUN
from tests.differential.kinds_core import METADATA, WRONG_METADATA
from tests.differential.kinds_workloads import AT_REST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from tests.differential.kinds import Kind

PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
NAMESPACES = (f"{RUN}-a", f"{RUN}-b")


@dataclass(frozen=True, slots=True)
class Step:
    """A request."""

    operation: str
    plural: str
    user: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON
    accept: str = JSON
    edits: tuple[tuple[str, Any], ...] | None = None  # edits of the live object, sent instead of a body

    @property
    def writes(self) -> bool:
        """Whether the request may change anything."""
        return self.method != "GET" and "dryRun" not in self.query

    def __str__(self) -> str:
        query = f"?{urlencode(self.query)}" if self.query else ""
        body = f" live with {json.dumps(self.edits)}" if self.edits is not None else ""
        if self.body is not None:
            body = f" {self.content_type.partition(';')[0].rpartition('/')[2]} {json.dumps(self.body)}"
        accept = f" Accept: {self.accept}" if self.accept != JSON else ""
        return f"{self.user}: {self.method} {self.path}{query}{accept}{body}"


def draw_step(chance: Random, operation: str = "") -> Step:
    """A random step; of the given operation, if any."""
    operation = operation or weighted(chance, OPERATIONS)
    kind = BY_PLURAL[weighted(chance, {kind.plural: kind.weight for kind in KINDS})]
    if operation == "status" and not kind.status:
        kind = chance.choice([kind for kind in KINDS if kind.status])
    user = weighted(chance, USERS)
    namespace = NAMESPACES[chance.randrange(8) == 0]
    short = chance.choice(NAMES)
    short = NAMES[0] if kind.is_alone else short
    name = short if kind.namespaced else f"{RUN}-{'c' if kind.kind == 'Namespace' and operation in _MAKES else short}"
    if kind.kind == "Namespace" and operation in {"delete", "delete_many", "status"}:
        name = f"{RUN}-c"
    return _DRAWS[operation](_Place(chance, operation, kind, user, namespace, name))


_MAKES = {"create", "replace"}


@dataclass(frozen=True, slots=True)
class _Place:
    """The object of a step, and the source of its random choices."""

    chance: Random
    operation: str
    kind: Kind
    user: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        return self.kind.path(self.namespace, self.name)

    @property
    def collection(self) -> str:
        return self.kind.path(self.namespace)

    def step(self, method: str, path: str, **more: Any) -> Step:
        return Step(self.operation, self.kind.plural, self.user, method, path, **more)


def _write_query(chance: Random) -> dict[str, str]:
    query = {}
    if chance.randrange(10) == 0:
        query["dryRun"] = "All" if chance.randrange(8) else "Nope"
    if chance.randrange(4) == 0:
        query["fieldValidation"] = chance.choice(("Strict", "Strict", "Warn", "Ignore", "Nope"))
    if chance.randrange(3) == 0:
        query["fieldManager"] = chance.choice((*MANAGERS, "x" * 129) if chance.randrange(5) == 0 else MANAGERS)
    return query


def _create(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    body = drawn(chance, kind, at.name)
    return at.step("POST", at.collection, query=_write_query(chance), body=body)


def _replace(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    body = drawn(chance, kind, at.name)
    if isinstance(body.get("metadata"), dict):
        body["metadata"] |= draw(chance, ({}, {"resourceVersion": "$rv"}, {"uid": "$uid"}, {"resourceVersion": "1"}))
    path = at.path
    return at.step("PUT", path, query=_write_query(chance), body=body)


def _change(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    edits = tuple(_edit(chance, kind) for _ in range(1 + chance.randrange(2)))
    path = at.path
    return at.step("PUT", path, query=_write_query(chance), edits=edits)


def _edit(chance: Random, kind: Kind) -> tuple[str, Any]:
    """A field of the kind and a value for it, mostly a valid one."""
    table = {**METADATA, **kind.needs, **kind.may} if chance.randrange(10) < 7 else {**WRONG_METADATA, **kind.wrong}
    own = [path for path in table if path not in METADATA and path not in WRONG_METADATA]
    path = chance.choice(own if own and chance.randrange(4) else sorted(table))
    return path, draw(chance, table[path])


def _apply(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    query = _write_query(chance)
    query["fieldManager"] = chance.choice(MANAGERS)
    if chance.randrange(12) == 0:
        del query["fieldManager"]
    if chance.randrange(3) == 0:
        query["force"] = chance.choice(("true", "false"))
    body = drawn(chance, kind, at.name)
    if isinstance(body.get("metadata"), dict) and chance.randrange(12) == 0:
        body["metadata"] |= draw(chance, ({"resourceVersion": "$rv"}, {"uid": "$uid"}, {"managedFields": []}))
    path = at.path
    return at.step("PATCH", path, query=query, body=body, content_type=APPLY)


def _nested(path: str, value: Any) -> Any:
    for part in reversed(path.split(".")):
        value = {part: value}
    return value


def _merged(*bodies: Any) -> Any:
    """A deep merge of objects."""
    result: dict[str, Any] = {}
    for body in bodies:
        for key, value in body.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = _merged(result[key], value) if both else value
    return result


_NOT_PATCHED = {"apiVersion", "kind", *AT_REST}


def _patch_edit(chance: Random, kind: Kind) -> tuple[str, Any]:
    """A field and a value of its type."""
    while True:
        path, value = _edit(chance, kind)
        if path not in _NOT_PATCHED and _is_of_type(kind, path, value):
            return path, value


def _is_of_type(kind: Kind, path: str, value: Any) -> bool:
    try:
        decode(_nested(path, value), kind.api_version, kind.kind)
    except DecodeError:
        return False
    return True


def _some_fields(chance: Random, kind: Kind) -> Any:
    """A patch of one or two fields, null among their values."""
    edits = [_patch_edit(chance, kind) for _ in range(1 + chance.randrange(2))]
    return _merged(*(_nested(path, None if chance.randrange(6) == 0 else value) for path, value in edits))


def _merge(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    body = _some_fields(chance, kind)
    path, query = at.path, _write_query(chance)
    return at.step("PATCH", path, query=query, body=body, content_type=MERGE_PATCH)


_DIRECTIVES: tuple[Any, ...] = (
    {"metadata": {"labels": {"$patch": "replace", "app": "z"}}},
    {"metadata": {"annotations": {"$patch": "delete"}}},
    {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/hold"]}},
)
_OWN_DIRECTIVES: dict[str, tuple[Any, ...]] = {
    "ConfigMap": ({"data": {"$patch": "replace", "k": "9"}},),
    "Service": ({"spec": {"$retainKeys": ["type"], "type": "ClusterIP"}},),
    "Ingress": ({"spec": {"$patch": "replace"}},),
    "Pod": (
        {"spec": {"containers": [{"name": "main", "image": "other"}]}},
        {"spec": {"containers": [{"name": "main", "$patch": "delete"}]}},
        {"spec": {"containers": [{"$patch": "replace"}, {"name": "main", "image": "other"}]}},
        {
            "spec": {
                "$setElementOrder/containers": [{"name": "main"}],
                "containers": [{"name": "main", "image": "third"}],
            }
        },
        {"spec": {"tolerations": [{"key": "more", "operator": "Exists"}]}},
        {"spec": {"activeDeadlineSeconds": 30}},
    ),
}


def _strategic(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    own = _OWN_DIRECTIVES.get(kind.kind, ())
    body = draw(chance, (*_DIRECTIVES, *own)) if chance.randrange(3) == 0 else _some_fields(chance, kind)
    path, query = at.path, _write_query(chance)
    return at.step("PATCH", path, query=query, body=body, content_type=STRATEGIC_PATCH)


def _json_patch(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    operations: list[Any] = []
    for _ in range(1 + chance.randrange(2)):
        field_path, value = _patch_edit(chance, kind)
        pointer = "/" + field_path.replace(".", "/")
        what = chance.choice(("add", "add", "replace", "replace", "remove", "test", "copy", "nope"))
        pointer = "/metadata/annotations" if what == "copy" else pointer
        operations.append(
            {"op": what, "path": pointer}
            | ({"value": value} if what not in {"remove", "copy"} else {})
            | ({"from": "/metadata/labels"} if what == "copy" else {})
        )
    body: Any = operations if chance.randrange(15) else draw(chance, ([{"op": "remove"}], []))
    path, query = at.path, _write_query(chance)
    return at.step("PATCH", path, query=query, body=body, content_type=JSON_PATCH)


def _status(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    where = chance.choice(sorted(kind.status))
    value = draw(chance, kind.status[where])
    path, query = at.path + "/status", _write_query(chance)
    form = chance.choice(("PUT", MERGE_PATCH, STRATEGIC_PATCH, JSON_PATCH, APPLY)[: 4 if kind.kind == "Service" else 5])
    if form != APPLY and not _is_of_type(kind, where, value):
        form = "PUT"
    if form == "PUT":
        edits = ((where, value), _edit(chance, kind))[: 1 + chance.randrange(2)]
        return at.step("PUT", path, query=query, edits=edits)
    body: Any = _nested(where, value)
    if form == APPLY:
        query["fieldManager"] = chance.choice(MANAGERS)
        body |= {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": at.name}}
    if form == JSON_PATCH:
        body = [{"op": "add", "path": "/" + where.replace(".", "/"), "value": value}]
    return at.step("PATCH", path, query=query, body=body, content_type=form)


_POLICIES = ("Background", "Foreground", "Orphan", "Nope")


def _delete(at: _Place) -> Step:
    chance = at.chance
    path = at.path
    query: dict[str, str] = {}
    body: Any = None
    if chance.randrange(2) == 0:
        options: dict[str, Any] = {}
        if chance.randrange(2) == 0:
            options["propagationPolicy"] = chance.choice(_POLICIES)
        if chance.randrange(4) == 0:
            options["gracePeriodSeconds"] = chance.choice((0, 0, 5, -1))
        if chance.randrange(8) == 0:
            options["dryRun"] = "All"
        query = {key: str(value) for key, value in options.items()}
        if chance.randrange(2) == 0:
            body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
            body |= {"dryRun": ["All"]} if "dryRun" in options else {}
            body |= draw(
                chance,
                (
                    {},
                    {"preconditions": {"uid": "$uid"}},
                    {"preconditions": {"uid": "nope"}},
                    {"preconditions": {"resourceVersion": "$rv"}},
                    {"preconditions": {"resourceVersion": "1"}},
                    {"orphanDependents": True},
                ),
            )
            query = {"dryRun": "All"} if "dryRun" in options else {}
    return at.step("DELETE", path, query=query, body=body)


_LABELS = (
    "app=x",
    "app!=x",
    "app in (x,y)",
    "app notin (x)",
    "app",
    "!tier",
    "app=x,tier",
    "app=",
    "app in x",
    "bad key=x",
    "app=b c",
    "a=b=c",
    "app>1",
)
_FIELDS = (
    "metadata.name=a",
    "metadata.name!=a",
    "metadata.namespace=RUN-a",
    "nope=x",
    "metadata.name",
    "metadata.name=a,metadata.name!=b",
    "=x",
)


def _selectors(chance: Random, kind: Kind) -> dict[str, str]:
    query = {}
    if chance.randrange(2) == 0:
        query["labelSelector"] = chance.choice(_LABELS)
    if chance.randrange(3) == 0:
        own = [f"{name}{sign}{value}" for name in kind.fields for sign in ("=", "!=") for value in _FIELD_VALUES]
        query["fieldSelector"] = chance.choice(own if own and chance.randrange(2) else _FIELDS)
    return query


_FIELD_VALUES = ("", "Pending", "Running", "a", "Opaque", "ClusterIP", "None", "default", "Always", "Normal", "Active")


def _delete_many(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    if not kind.namespaced or kind.plural in MADE_BY_CONTROLLERS:
        at = replace(at, kind=BY_PLURAL["configmaps"])
    query = _selectors(chance, kind) | ({"dryRun": "All"} if chance.randrange(4) == 0 else {})
    return at.step("DELETE", at.collection, query=query)


def _get(at: _Place) -> Step:
    chance = at.chance
    path = at.path + draw(chance, ("", "", "", "", "/status", "/nope"))
    return at.step("GET", path, accept=chance.choice((JSON, JSON, PARTIAL)))


def _list(at: _Place) -> Step:
    chance, kind = at.chance, at.kind
    query = _selectors(chance, kind)
    if not kind.namespaced or kind.plural in MADE_BY_CONTROLLERS:
        query["fieldSelector"] = f"metadata.name={at.name}"
    if chance.randrange(3) == 0:
        query["limit"] = chance.choice(("1", "2", "500", "0", "-1", "x"))
    if chance.randrange(5) == 0:
        query["continue"] = chance.choice(("$continue", "$continue", "nope"))
    if chance.randrange(5) == 0:
        query["resourceVersion"] = chance.choice(("0", "x", "$rv", "-1"))
    if chance.randrange(8) == 0:
        query["resourceVersionMatch"] = chance.choice(("Exact", "NotOlderThan", "Nope"))
    accept = chance.choice((JSON, JSON, JSON, PARTIAL_LIST))
    return at.step("GET", at.collection, query=query, accept=accept)


_DRAWS = {
    "create": _create,
    "apply": _apply,
    "replace": _replace,
    "change": _change,
    "merge": _merge,
    "strategic": _strategic,
    "json": _json_patch,
    "status": _status,
    "delete": _delete,
    "delete_many": _delete_many,
    "get": _get,
    "list": _list,
}

"""Bodies of each sort of request as values, valid or odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.wire import APPLY, JSON_PATCH
from tests.contract.wire import MERGE_PATCH as MERGE
from tests.contract.wire import STRATEGIC_PATCH as STRATEGIC
from tests.differential.kinds_core import METADATA
from tests.fuzz.mutations import odd
from tests.fuzz.request import RV, SAMPLE_NAME, TOKEN, UID
from tests.fuzz.samples import NAMESPACE, at_home, varied
from tests.fuzz.values import Raw, odd_value

if TYPE_CHECKING:
    from random import Random

    from tests.differential.kinds import Kind

__all__ = ["APPLY", "JSON_PATCH", "MERGE", "STRATEGIC"]
Body = dict[str, Any]


def new(chance: Random, kind: Kind, name: str) -> Any:
    """An object for a create or an update, three times in four odd."""
    body = varied(chance, kind, name)
    if name == SAMPLE_NAME and chance.randrange(3) == 0:
        body["metadata"]["resourceVersion"] = RV
    return odd(chance, kind, body) if chance.randrange(4) else body


def applied(chance: Random, kind: Kind) -> Any:
    """An apply configuration."""
    body = varied(chance, kind, SAMPLE_NAME)
    if chance.randrange(4) == 0:
        body.pop("spec", None)
    return odd(chance, kind, body) if chance.randrange(4) else body


def _some_field(chance: Random, kind: Kind) -> tuple[list[str], Any]:
    """A field's path, and a value that may fit."""
    table: Any = {**METADATA, **kind.needs, **kind.may} if chance.randrange(2) else (kind.wrong or METADATA)
    path = chance.choice(sorted(table))
    value = at_home(chance.choice(table[path])) if chance.randrange(4) else odd_value(chance)
    return path.split("."), [] if path == "metadata.ownerReferences" else value


def _nested(path: list[str], value: Any) -> Body:
    for part in reversed(path):
        value = {part: value}
    found: Body = value
    return found


def partial(chance: Random, kind: Kind) -> Any:
    """A merge patch of some fields."""
    body = _nested(*_some_field(chance, kind))
    for key, value in _nested(*_some_field(chance, kind)).items():
        body.setdefault(key, value)
    if chance.randrange(4) == 0:
        body.setdefault("metadata", {"resourceVersion": chance.choice((RV, "1", "x", 1))})
    return odd(chance, kind, body) if chance.randrange(3) == 0 else body


_KINDS_OF_PATCH: tuple[Any, ...] = ("replace", "delete", "merge", "nope", 1, None, {})
_KEYS: tuple[Any, ...] = (["type"], [], "x", [1], None, ["type", "rollingUpdate"])
_ORDERS: tuple[Any, ...] = ([{"name": "main"}], [], "x", [1], [{}], [{"name": "nope"}], None)
_FINALIZERS: tuple[Any, ...] = (["example.com/hold"], [], "x", [1], ["a/b"], None)
_DIRECTIVES: tuple[Any, ...] = (
    *({"$patch": value} for value in _KINDS_OF_PATCH),
    *({"$retainKeys": value} for value in _KEYS),
    *({"$setElementOrder/containers": value} for value in _ORDERS),
    *({"$deleteFromPrimitiveList/finalizers": value} for value in _FINALIZERS),
    *({"$setElementOrder/finalizers": value} for value in _FINALIZERS),
    *({"$nope": 1}, {"$patch": "replace", "x": 1}, {"$deleteFromPrimitiveList/": []}, {"$setElementOrder/": []}),
)
_LISTS: tuple[Any, ...] = (
    {"spec": {"containers": [{"name": "main", "image": "other"}]}},
    {"spec": {"containers": [{"image": "other"}]}},
    {"spec": {"containers": [{"name": 1}]}},
    {"spec": {"containers": [None]}},
    {"spec": {"containers": ["x"]}},
    {"spec": {"containers": [{"name": "main", "$patch": "delete"}]}},
    {"spec": {"containers": [{"$patch": "delete"}]}},
    {"spec": {"containers": [{"$patch": "replace"}, {"name": "main", "image": "other"}]}},
    {"spec": {"containers": [{"name": "main", "$patch": "nope"}]}},
    {
        "spec": {
            "containers": [
                {"name": "main", "ports": [{"containerPort": 80}], "env": [{"name": "a", "$patch": "delete"}]}
            ]
        }
    },
    {"spec": {"ports": [{"port": 80, "$patch": "delete"}]}},
    {"spec": {"ports": [{"port": "80"}]}},
    {"spec": {"tolerations": [{"key": "a", "operator": "Exists"}]}},
    {"metadata": {"ownerReferences": [{"uid": "x", "$patch": "delete"}]}},
    {"metadata": {"finalizers": ["a/b", "a/b"]}},
    {"metadata": {"finalizers": [{"a": "b"}]}},
    {"secrets": [{"name": "a"}, {"name": "a", "$patch": "delete"}]},
    {"subjects": [{"kind": "User", "name": "x"}]},
    {"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]},
)


def strategic(chance: Random, kind: Kind) -> Any:
    """A strategic merge patch, often with directives."""
    if chance.randrange(2):
        return partial(chance, kind)
    body = at_home(chance.choice(_LISTS)) if chance.randrange(2) else {}
    where = chance.choice(("", "metadata", "spec", "data", "status"))
    directive = dict(chance.choice(_DIRECTIVES))
    if chance.randrange(2):
        if where:
            inner = body.get(where)
            body[where] = {**(inner if isinstance(inner, dict) else {}), **directive}
        else:
            body |= directive
    return odd(chance, kind, body) if body and chance.randrange(3) == 0 else body


_POINTERS = (
    "",
    "/",
    "/metadata",
    "/metadata/labels",
    "/metadata/labels/app",
    "/spec",
    "/spec/containers/0",
    "/spec/containers/-",
    "/spec/containers/-1",
)
_MORE_POINTERS = (
    "/spec/containers/99",
    "/metadata/name",
    "/metadata/annotations/a~1b",
    "/a~0b",
    "/a~2b",
    "x",
    "/metadata/finalizers/0",
    "/kind",
)
_ODD_POINTERS = (
    "/spec/containers/00",
    "/spec/containers/1e0",
    "/spec/containers/+0",
    "/metadata/labels/",
    "//",
    "/é",
    "/a~",
    "/data/k",
    "/apiVersion",
    "/status",
)
_OPERATIONS: tuple[Any, ...] = (
    *(
        [],
        [{}],
        [None],
        ["x"],
        {},
        None,
        "x",
        1,
        [[]],
        [{"op": "remove"}],
        [{"path": "/x"}],
        [{"op": 1, "path": "/x"}],
        [{"op": "add", "path": 1}],
    ),
    *(
        [{"op": "add", "path": "/x"}],
        [{"op": "nope", "path": "/x"}],
        [{"op": "move", "path": "/x"}],
        [{"op": "copy", "path": "/x", "from": 1}],
    ),
    *(
        [{"op": "ADD", "path": "/x", "value": 1}],
        [{"op": "test", "path": "", "value": {}}],
        [{"op": "remove", "path": ""}],
    ),
    [{"op": "replace", "path": "", "value": {"kind": "x"}}],
    [{"op": "replace", "path": "", "value": []}],
    [{"op": "add", "path": "/metadata/annotations", "value": {"a": "x" * 1000}}]
    + [
        {"op": "copy", "from": "/metadata/annotations", "path": f"/metadata/annotations/a{number}"}
        for number in range(30)
    ],
    [{"op": "add", "path": "/metadata/labels", "value": {}}] * 10_001,
    [{"op": "test", "path": "/kind", "value": "x"}] * 9_999,
    [{"op": "add", "path": "/metadata/labels", "value": {f"k{number}": "x"}} for number in range(2000)],
    [{"op": "move", "from": "/metadata", "path": "/metadata/labels"}],
    [{"op": "copy", "from": "/spec", "path": "/spec/x"}],
    [{"op": "add", "path": "/metadata/labels", "value": Raw('{"a":"\\ud800"}')}],
    [{"op": "add", "path": "/metadata/annotations", "value": {"a": Raw('"\\ud800"')}}],
    Raw('[{"op":"test","path":"/kind","value":"x","value":"y"}]'),
    Raw('[{"op":"test","op":"add","path":"/metadata/labels","value":{}}]'),
)


def operations(chance: Random, kind: Kind) -> Any:
    """A JSON patch."""
    if chance.randrange(4) == 0:
        return chance.choice(_OPERATIONS)
    found = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        path, value = _some_field(chance, kind)
        pointer = (
            "/" + "/".join(path) if chance.randrange(3) else chance.choice(_POINTERS + _MORE_POINTERS + _ODD_POINTERS)
        )
        operation: Body = {
            "op": chance.choice(("add", "add", "replace", "remove", "test", "copy", "move")),
            "path": pointer,
        }
        if operation["op"] in {"add", "replace", "test"} and chance.randrange(12):
            operation["value"] = value
        if operation["op"] in {"copy", "move"} and chance.randrange(12):
            operation["from"] = chance.choice(_POINTERS + _MORE_POINTERS)
        found.append(operation)
    return found


_OPTIONS: dict[str, tuple[Any, ...]] = {
    "gracePeriodSeconds": (0, 0, 1, 30, -1, 2**31, 2**63 - 1, 2**63, "1", 1.5, None),
    "propagationPolicy": ("Background", "Foreground", "Orphan", "Nope", "", None, 1),
    "orphanDependents": (True, False, None, "x"),
    "dryRun": (["All"], [], ["x"], ["All", "All"], "All", None, [None]),
    "preconditions": (
        {"uid": UID},
        {"uid": "nope"},
        {"resourceVersion": RV},
        {"resourceVersion": "1"},
        {},
        None,
        "x",
        {"uid": 1},
        {"resourceVersion": "x"},
    ),
    "ignoreStoreReadErrorWithClusterBreakingPotential": (True, False, "x"),
    "unknown": (1,),
}


def delete_options(chance: Random) -> Any:
    """A DeleteOptions."""
    head = {"apiVersion": "v1", "kind": "DeleteOptions"}
    body: Body = dict(
        chance.choice(
            (head, head, head, {}, {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"}, {"kind": "Nope"})
        )
    )
    for _ in range(chance.randrange(3)):
        name = chance.choice(list(_OPTIONS))
        body[name] = chance.choice(_OPTIONS[name])
    return odd(chance, None, body) if body and chance.randrange(4) == 0 else body


def of_subresource(chance: Random, kind: Kind, name: str) -> Any:
    """A body for a subresource, half of them odd."""
    metadata: Body = {"name": SAMPLE_NAME, "namespace": NAMESPACE} if kind.namespaced else {"name": SAMPLE_NAME}
    head: Body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    match name:
        case "status":
            path = chance.choice(sorted(kind.status)) if kind.status else "status"
            values = kind.status.get(path, ({},))
            body = varied(chance, kind, SAMPLE_NAME) | _nested(path.split("."), at_home(chance.choice(values)))
        case "scale":
            body = head | {
                "apiVersion": "autoscaling/v1",
                "kind": "Scale",
                "spec": {"replicas": chance.choice((0, 0, 0, -1))},
            }
        case "finalize":
            body = head | {"spec": {"finalizers": chance.choice((["kubernetes"], [], ["x/y"], ["bad"]))}}
        case "binding":
            target: Any = chance.choice(
                ({"kind": "Node", "name": "nope"}, {"name": "x"}, {"name": "Bad_"}, {}, {"kind": "Pod", "name": "x"})
            )
            body = head | {"apiVersion": "v1", "kind": "Binding", "target": target}
        case "eviction":
            body = head | {"apiVersion": "policy/v1", "kind": "Eviction", "deleteOptions": delete_options(chance)}
        case "token":
            body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": _token_spec(chance)}
        case _:
            body = {
                "spec": {
                    "ephemeralContainers": [
                        {
                            "name": "debug",
                            "image": "busybox",
                            **chance.choice(({}, {"ports": [{"containerPort": 80}]}, {"lifecycle": {}})),
                        }
                    ]
                }
            }
    return odd(chance, kind if name == "status" else None, body) if chance.randrange(2) else body


def _token_spec(chance: Random) -> Body:
    spec: Body = {}
    if chance.randrange(2):
        spec["expirationSeconds"] = chance.choice(
            (600, 599, 3600, 0, -1, 2**32, 2**32 + 1, 2**63 - 1, 2**63, "600", 1.5, None)
        )
    if chance.randrange(3) == 0:
        spec["audiences"] = chance.choice(([], ["x"], [""], "x", None, [1]))
    if chance.randrange(3) == 0:
        ref = {"apiVersion": "v1", "kind": "Secret", "name": "nope"}
        spec["boundObjectRef"] = chance.choice(
            (ref, {}, ref | {"kind": "Pod", "name": SAMPLE_NAME}, {"kind": "Nope"}, "x", None)
        )
    return spec


_AUTHORIZATION, _AUTHENTICATION = "/apis/authorization.k8s.io/v1", "/apis/authentication.k8s.io/v1"
_REVIEWS = {
    f"{_AUTHORIZATION}/selfsubjectaccessreviews": "SelfSubjectAccessReview",
    f"{_AUTHORIZATION}/subjectaccessreviews": "SubjectAccessReview",
    f"{_AUTHORIZATION}/namespaces/{NAMESPACE}/localsubjectaccessreviews": "LocalSubjectAccessReview",
    f"{_AUTHORIZATION}/selfsubjectrulesreviews": "SelfSubjectRulesReview",
    f"{_AUTHENTICATION}/selfsubjectreviews": "SelfSubjectReview",
    f"{_AUTHENTICATION}/tokenreviews": "TokenReview",
}
_ATTRIBUTES: tuple[Any, ...] = (
    {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": NAMESPACE}},
    {"resourceAttributes": {"verb": "*", "resource": "*", "group": "*"}},
    {"resourceAttributes": {}},
    {"resourceAttributes": {"verb": "list", "resource": "pods", "fieldSelector": {"rawSelector": "a=b"}}},
    {
        "resourceAttributes": {
            "verb": "list",
            "labelSelector": {"requirements": [{"key": "a", "operator": "In", "values": ["b"]}]},
        }
    },
    {"resourceAttributes": {"verb": "list", "labelSelector": {"requirements": [{"key": "a", "operator": "Nope"}]}}},
    {"resourceAttributes": {"verb": "list", "fieldSelector": {"rawSelector": "a", "requirements": [{}]}}},
    {"nonResourceAttributes": {"verb": "get", "path": "/version"}},
    {"nonResourceAttributes": {}, "resourceAttributes": {}},
    {},
)


def review(chance: Random) -> tuple[str, Any]:
    """The path and the body of a review."""
    path, kind = chance.choice(list(_REVIEWS.items()))
    spec: Body = dict(chance.choice(_ATTRIBUTES))
    if kind in {"SubjectAccessReview", "LocalSubjectAccessReview"} and chance.randrange(6):
        spec |= chance.choice(
            (
                {"user": "viewer@example.com"},
                {"groups": ["team"]},
                {"user": "x", "uid": "u", "extra": {"a": ["b"]}},
                {"user": ""},
            )
        )
    if kind == "SelfSubjectRulesReview":
        spec = chance.choice(({"namespace": NAMESPACE}, {}, {"namespace": ""}, {"namespace": "nope"}))
    if kind == "TokenReview":
        spec = chance.choice(
            (
                {"token": TOKEN},
                {"token": "x"},
                {"token": ""},
                {},
                {"token": TOKEN, "audiences": ["x"]},
                {"token": "a.b.c"},
            )
        )
    if kind == "SelfSubjectReview":
        spec = {}
    group = _AUTHENTICATION if kind in {"TokenReview", "SelfSubjectReview"} else _AUTHORIZATION
    body: Body = {"apiVersion": group.removeprefix("/apis/"), "kind": kind, "spec": spec}
    return path, odd(chance, None, body) if chance.randrange(2) else body

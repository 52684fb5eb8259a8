"""Draws one request: what it asks for, and in which ways it is odd."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from tests.differential.bodies import weighted
from tests.fuzz import bodies, paths
from tests.fuzz.encodings import CBOR, CBOR_BODIES, JSON, PROTOBUF, YAML, as_json, as_protobuf, as_yaml
from tests.fuzz.headers import content_type, odd_headers
from tests.fuzz.queries import joined, options
from tests.fuzz.request import CREATED_NAME, PACKINGS, SAMPLE_NAME, Request
from tests.fuzz.samples import BY_PATH, KINDS, key_of, namespace_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.differential.kinds import Kind

SORTS = {  # how often each sort of request is drawn
    "create": 20,
    "replace": 14,
    "json patch": 8,
    "merge patch": 8,
    "strategic patch": 8,
    "apply": 12,
    "delete": 8,
    "delete many": 3,
    "get": 5,
    "list": 12,
    "watch": 2,
    "subresource": 8,
    "pod subresource": 5,
    "review": 6,
    "path": 6,
}
USERS = {"admin": 90, "owner": 3, "editor": 2, "viewer": 2, "stranger": 2, "": 1}
_RUNS_AWAY = re.compile(rb'(replicas|parallelism|completions|schedule)["\' :]+-?[0-9.eE*]{2,}')
_WORKLOADS = frozenset({"deployments", "replicasets", "statefulsets", "jobs", "cronjobs"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request asks for, before its headers are drawn."""

    method: str
    path: str
    verb: str  # whose query options it gets
    kind: Kind | None = None
    media_type: str = ""
    body: Any = None
    must: tuple[str, ...] = ()  # options that it has


def draw(seed: int, number: int) -> Request:
    """The request of that number in the sequence of the seed."""
    chance = Random(f"fuzz:{seed}:{number}")  # noqa: S311 (chance that can be had again)
    draft = _DRAFTS[weighted(chance, SORTS)](chance)
    pairs = [*draft.must, *options(chance, draft.verb)]
    headers = odd_headers(chance) if chance.randrange(6) == 0 else []
    user = "" if any(name == "Authorization" for name, _ in headers) else weighted(chance, USERS)
    body, packing = None, ""
    if draft.media_type:
        media_type, body = _encoded(chance, draft)
        headers += content_type(chance, media_type)
        packing, more = _packing(chance)
        headers += more
        if _has_far_effect(draft, body) and "dryRun=All" not in draft.must:
            pairs.insert(0, "dryRun=All")
    target = paths.spelt(chance, draft.path) + joined(chance, pairs)
    plural = key_of(draft.kind) if draft.kind is not None else ""
    return Request(number, draft.method, target, plural, user, tuple(headers), body, packing)


def _has_far_effect(draft: Draft, body: bytes) -> bool:
    """Whether the real controllers would start to create thousands of objects."""
    is_workload = draft.kind is not None and draft.kind.plural in _WORKLOADS
    return is_workload and _RUNS_AWAY.search(body) is not None


def _packing(chance: Random) -> tuple[str, list[tuple[str, bytes]]]:
    if chance.randrange(40):
        return "", []
    packing = chance.choice((*PACKINGS, ""))
    name = packing.split()[0] if packing else ""
    encoding = chance.choice((name, name, name, "gzip", "GZIP", "x-gzip", "identity", "br", "nope", "gzip, gzip", ""))
    return packing, [("Content-Encoding", encoding.encode())]


def _encoded(chance: Random, draft: Draft) -> tuple[str, bytes]:
    """The media type and the body in it; one in eight in another than the usual."""
    kind = draft.kind
    if draft.media_type == bodies.APPLY:
        return draft.media_type, (as_yaml if chance.randrange(2) else as_json)(chance, draft.body)
    if draft.media_type != JSON or chance.randrange(6):
        return draft.media_type, as_json(chance, draft.body)
    match chance.randrange(5):
        case 0:
            return CBOR, chance.choice(CBOR_BODIES)
        case 1 if kind is not None:
            return PROTOBUF, as_protobuf(
                chance, kind.api_version, kind.kind, chance.choice((SAMPLE_NAME, CREATED_NAME))
            )
        case _:
            return YAML, as_yaml(chance, draft.body)


def _kind(chance: Random) -> Kind:
    return chance.choice(KINDS)


def _create(chance: Random) -> Draft:
    kind = _kind(chance)
    return Draft("POST", kind.path(namespace_of(kind)), "write", kind, JSON, bodies.new(chance, kind, CREATED_NAME))


def _replace(chance: Random) -> Draft:
    kind = _kind(chance)
    path, body = kind.path(namespace_of(kind), SAMPLE_NAME), bodies.new(chance, kind, SAMPLE_NAME)
    sub = "/status" if kind.status and chance.randrange(6) == 0 else ""
    return Draft("PUT", path + sub, "write", kind, JSON, body)


def _patch(media_type: str, draw_body: Callable[[Random, Kind], Any]) -> Callable[[Random], Draft]:
    def drawn(chance: Random) -> Draft:
        kind = _kind(chance)
        sub = "/status" if kind.status and chance.randrange(6) == 0 else ""
        name = SAMPLE_NAME if sub or chance.randrange(12) else CREATED_NAME
        path = kind.path(namespace_of(kind), name) + sub
        must = ("fieldManager=m",) if media_type == bodies.APPLY and chance.randrange(12) else ()
        return Draft("PATCH", path, "write", kind, media_type, draw_body(chance, kind), must)

    return drawn


def _delete(chance: Random) -> Draft:
    kind = _kind(chance)
    name = SAMPLE_NAME if chance.randrange(10) else "nope"
    has_body = chance.randrange(2)
    body = bodies.delete_options(chance) if has_body else None
    return Draft("DELETE", kind.path(namespace_of(kind), name), "delete", kind, JSON if has_body else "", body)


def _delete_many(chance: Random) -> Draft:
    kind = chance.choice([kind for kind in KINDS if kind.namespaced and kind.plural != "serviceaccounts"])
    has_body = chance.randrange(3) == 0
    body = bodies.delete_options(chance) if has_body else None
    # what else there is, such as the namespace's own ConfigMap, would come back at another time on each engine
    must = (f"fieldSelector=metadata.name={SAMPLE_NAME}",)
    return Draft(
        "DELETE",
        kind.path(namespace_of(kind)),
        chance.choice(("delete", "list")),
        kind,
        JSON if has_body else "",
        body,
        must,
    )


def _get(chance: Random) -> Draft:
    kind = _kind(chance)
    sub = chance.choice(("", "", "", "", "/status", "/scale", "/nope", "/log", "/", "/status/x"))
    name = SAMPLE_NAME if chance.randrange(8) else chance.choice(paths.NAMES)
    return Draft("GET" if chance.randrange(15) else "HEAD", kind.path(namespace_of(kind), name) + sub, "get", kind)


def _list(chance: Random) -> Draft:
    kind = _kind(chance)
    everywhere = kind.namespaced and chance.randrange(5) == 0
    path = f"{kind.api}/{kind.plural}" if everywhere else kind.path(namespace_of(kind))
    return Draft("GET", path, "list", kind)


def _watch(chance: Random) -> Draft:
    kind = _kind(chance)
    how = chance.choice(("watch=true", "watch=1", "watch=", "watch=x", "watch=false", "watch"))
    path = kind.path(namespace_of(kind))
    if chance.randrange(6) == 0:
        path = path.replace(kind.api, f"{kind.api}/watch", 1)
    return Draft("GET", path, "list", kind, must=(how, "timeoutSeconds=1"))


def _subresource(chance: Random) -> Draft:
    name, kind = chance.choice(_SUBRESOURCES)
    path = f"{kind.path(namespace_of(kind), SAMPLE_NAME)}/{name}"
    method = chance.choice(("GET", "PUT", "PUT", "PUT", "PATCH", "PATCH", "PATCH", "POST", "DELETE"))
    if method in {"GET", "DELETE"}:
        return Draft(method, path, "get", kind)
    media_type, body = JSON, bodies.of_subresource(chance, kind, name)
    if method == "PATCH":
        media_type = chance.choice((bodies.MERGE, bodies.STRATEGIC, bodies.APPLY, bodies.JSON_PATCH))
        body = bodies.operations(chance, kind) if media_type == bodies.JSON_PATCH else body
    return Draft(
        method, path, "write", kind, media_type, body, ("fieldManager=m",) if media_type == bodies.APPLY else ()
    )


_SUBRESOURCES = (
    *(("status", kind) for kind in KINDS if kind.status),
    *(("scale", kind) for kind in KINDS if kind.plural in {"deployments", "replicasets", "statefulsets"}),
    *(("finalize", kind) for kind in KINDS if kind.plural == "namespaces"),
)


def _pod_subresource(chance: Random) -> Draft:
    name = chance.choice(("log", "binding", "eviction", "ephemeralcontainers", "token", "token", "eviction", "binding"))
    kind = BY_PATH["/api/v1/serviceaccounts" if name == "token" else "/api/v1/pods"]
    path = f"{kind.path(namespace_of(kind), SAMPLE_NAME)}/{name}"
    if name == "log":
        return Draft("GET", path, "log", kind)
    method = "PATCH" if name == "ephemeralcontainers" else "POST"
    media_type = bodies.STRATEGIC if method == "PATCH" else JSON
    return Draft(method, path, "write", kind, media_type, bodies.of_subresource(chance, kind, name))


def _review(chance: Random) -> Draft:
    path, body = bodies.review(chance)
    return Draft("POST" if chance.randrange(12) else "GET", path, "write", None, JSON, body)


def _path(chance: Random) -> Draft:
    method = chance.choice(
        ("GET", "GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO", "get")
    )
    path = paths.odd(chance)
    if method in {
        "POST",
        "DELETE",
    }:  # what creates or deletes in the namespace without a name differs from kind to kind
        path = path.replace("/namespaces//", "/namespaces/nope/")
    has_body = method in {"POST", "PUT", "PATCH"}
    must = ("dryRun=All",) if method == "DELETE" else ()  # it may be the path of everything
    return Draft(method, path, "get", None, JSON if has_body else "", {} if has_body else None, must)


_DRAFTS: dict[str, Callable[[Random], Draft]] = {
    "create": _create,
    "replace": _replace,
    "json patch": _patch(bodies.JSON_PATCH, bodies.operations),
    "merge patch": _patch(bodies.MERGE, bodies.partial),
    "strategic patch": _patch(bodies.STRATEGIC, bodies.strategic),
    "apply": _patch(bodies.APPLY, bodies.applied),
    "delete": _delete,
    "delete many": _delete_many,
    "get": _get,
    "list": _list,
    "watch": _watch,
    "subresource": _subresource,
    "pod subresource": _pod_subresource,
    "review": _review,
    "path": _path,
}

"""The kinds, each with a valid object: the differential test's, and those whose objects it has to leave out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.api.kind_samples import GOOD, QUIET, changed
from tests.differential.bodies import good
from tests.differential.grammar import KINDS as DIFFERENTIAL
from tests.differential.kinds import RUN, Kind, put

if TYPE_CHECKING:
    from random import Random

RUN_NAME = "fuzz"
NAMESPACE, LIMITED = f"{RUN_NAME}-a", f"{RUN_NAME}-b"
_LIMITING = frozenset({"resourcequotas", "limitranges"})  # away from the pods, which they would refuse
_NO_UID = "00000000-0000-4000-8000-000000000000"


def _from_contract(name: str) -> Kind:
    sample = GOOD[name]
    body = changed(sample.body, QUIET.get(name, {}))
    root = "apis" if "/" in sample.api_version else "api"
    needs = {key: (value,) for key, value in body.items()}
    return Kind(
        f"/{root}/{sample.api_version}", sample.api_version, name, sample.plural, needs, namespaced=sample.namespaced
    )


_NEWER_EVENT: dict[str, Any] = {
    "eventTime": "2026-01-01T00:00:00.000000Z",
    "type": "Normal",
    "reason": "Because",
    "action": "Acting",
    "reportingController": "example.com/me",
    "reportingInstance": "me-1",
    "regarding": {"kind": "Pod", "name": "a", "namespace": NAMESPACE},
}
_EVENTS = "events.k8s.io/v1"
NEWER_EVENTS = f"/apis/{_EVENTS}"
KINDS = (
    *DIFFERENTIAL,
    *map(_from_contract, ("StatefulSet", "Job", "Node", "PersistentVolume")),
    Kind(NEWER_EVENTS, _EVENTS, "Event", "events", {key: (value,) for key, value in _NEWER_EVENT.items()}),
)
BY_PATH = {f"{kind.api}/{kind.plural}": kind for kind in KINDS}


def key_of(kind: Kind) -> str:
    """What tells kinds apart; two have the plural `events`."""
    return f"{kind.api}/{kind.plural}"


def namespace_of(kind: Kind) -> str:
    """Where the kind's sample object is."""
    return "" if not kind.namespaced else LIMITED if kind.plural in _LIMITING else NAMESPACE


def plain(kind: Kind, name: str) -> dict[str, Any]:
    """Always the same valid object."""
    body: dict[str, Any] = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}}
    for path, values in kind.needs.items():
        put(body, path, values[0])
    return _at_home(body)


def varied(chance: Random, kind: Kind, name: str) -> dict[str, Any]:
    """A valid object with some of the kind's optional fields."""
    return _at_home(good(chance, kind, name))


def at_home(value: Any) -> Any:
    """A value of the differential test's grammar with the fuzzer's names."""
    return json.loads(json.dumps(value).replace(RUN, RUN_NAME))


def _at_home(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = at_home(body)
    for owner in found["metadata"].get("ownerReferences") or []:
        owner["uid"] = _NO_UID
    return found

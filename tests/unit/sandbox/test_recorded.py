"""The sandbox's object semantics, compared with a real control plane; see tests/controlplane/record_answers.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError, invalid
from tenantkit.sandbox.apis.defaults import set_defaults
from tenantkit.sandbox.apis.validation.objects import validate
from tenantkit.sandbox.endpoints.patch import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patch
from tenantkit.sandbox.managedfields.apply import apply
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.sandbox.registry.strategies import prepare_create, prepare_update

Json = dict[str, Any]

RECORDED = Path(__file__).parent / "recorded"
NOW = "2026-01-01T00:00:00Z"
CLUSTER_WIDE = ("Namespace", "ClusterRole", "ClusterRoleBinding", "IngressClass")
PATCHES = {"merge": MERGE_PATCH, "strategic": STRATEGIC_PATCH, "json": JSON_PATCH}
# known differences of the sandbox, by a text in the request or the real response
GAPS = {
    "pvc-protection": "leaves that to admission",
    "cannot set `allowPrivilegeEscalation`": "does not validate security contexts",
    "no PriorityClass": "leaves that to admission",
    "Invalid value: []: either": "shows null for an empty list",
}


def steps(file: str) -> list[Any]:
    """Each request with the live object, as the real server had it after the previous request."""
    live: dict[tuple[str, str], Json] = {}
    cases = []
    for number, step in enumerate(json.loads((RECORDED / file).read_text())):
        key = (step["kind"], step["name"])
        before = None if step.get("dry_run") else live.get(key)
        text = json.dumps(step)
        reason = next((reason for sign, reason in GAPS.items() if sign in text), None)
        marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
        cases.append(pytest.param(step, before, id=f"{number}-{step['op']}-{step['kind']}", marks=marks))
        if step["answer"].get("kind") == step["kind"]:
            live[key] = step["answer"]
    return cases


def answer(step: Json, live: Json | None, namespace: str) -> Json:
    """The sandbox's response to a request, given the live object."""
    kind, how = step["kind"], {"manager": step["manager"], "time": NOW}
    how |= {"subresource": step["subresource"]} if "subresource" in step else {}
    if step["op"] == "apply":
        changed = apply(live, step["body"], force=step.get("force", False), **how)
    elif step["op"] in ("create", "put"):
        changed = track_update(live, set_defaults(step["body"]), **how)
    else:
        assert live is not None
        changed = track_update(live, set_defaults(patch(live, step["body"], PATCHES[step["op"]])), **how)
    if kind not in CLUSTER_WIDE:
        changed = {**changed, "metadata": {"namespace": namespace, **changed["metadata"]}}
    if live is None:
        changed = prepare_create(changed)
    else:
        changed = prepare_update(changed, live, subresource=step.get("subresource", ""))
    causes = validate(changed, live)
    if causes:
        raise invalid(changed["apiVersion"], kind, changed["metadata"].get("name", ""), causes)
    return changed


def normalized(found: Json) -> Json:
    """An object without values that differ between runs."""
    metadata = dict(found["metadata"])
    if "managedFields" in metadata:
        entries = [{k: v for k, v in entry.items() if k != "time"} for entry in metadata["managedFields"]]
        metadata["managedFields"] = sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
    found = {**found, "metadata": metadata}
    if found["kind"] == "Service" and found["spec"].get("clusterIP") not in (None, "None"):
        found["spec"] = {**found["spec"], "clusterIP": "IP", "clusterIPs": ["IP"]}
    return found


def outcome(step: Json, live: Json | None, namespace: str) -> Json:
    try:
        return normalized(answer(step, live, namespace))
    except ApiError as error:
        body = error.status_body()
        causes = sorted(body.get("details", {}).get("causes", []), key=lambda cause: json.dumps(cause, sort_keys=True))
        message = "" if causes else body["message"]
        return {"code": body["code"], "reason": body.get("reason", ""), "message": message, "causes": causes}


@pytest.mark.parametrize(("step", "live"), steps("sequences.json"))
def test_applies_and_patches_have_the_results_of_the_real_server(step: Json, live: Json | None) -> None:
    assert outcome(step, live, "recorded-sequences") == step["answer"]


@pytest.mark.parametrize(("step", "live"), steps("random.json"))
def test_random_writes_of_three_managers_have_the_results_of_the_real_server(step: Json, live: Json | None) -> None:
    assert outcome(step, live, "recorded-random") == step["answer"]


@pytest.mark.parametrize(("step", "live"), steps("validation.json"))
def test_invalid_objects_are_refused_with_the_real_servers_messages(step: Json, live: Json | None) -> None:
    found = outcome(step, live, "recorded-validation")
    if "code" in step["answer"]:
        assert found == step["answer"]
    else:
        assert found["metadata"]["name"] == step["name"]

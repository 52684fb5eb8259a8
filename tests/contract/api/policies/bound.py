"""Admission policies with their bindings, for tests: each applies only to objects with its label `case`."""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.contract.wire import Answer, Wire

Json = dict[str, Any]

ROOT = "/apis/admissionregistration.k8s.io/v1"
POLICIES, BINDINGS = f"{ROOT}/validatingadmissionpolicies", f"{ROOT}/validatingadmissionpolicybindings"
_VERSION = "admissionregistration.k8s.io/v1"
NEVER = {"expression": "false", "message": "never"}


def rule(*resources: str, group: str = "", operations: tuple[str, ...] = ("CREATE", "UPDATE"), **more: Any) -> Json:
    """A resource rule."""
    found = {"apiGroups": [group], "apiVersions": ["v1"], "operations": list(operations), "resources": list(resources)}
    return {**found, **more}


CONFIG_MAPS: Json = {"resourceRules": [rule("configmaps")]}


@dataclass(frozen=True, slots=True)
class Bound:
    """A policy and its binding.

    Args:
        spec: the policy's spec; its default `matchConstraints` are creates and updates of ConfigMaps.
        actions: the binding's actions.
        binding: further fields of the binding's spec.
        everywhere: whether it applies to objects without the label.
    """

    spec: Json
    actions: tuple[str, ...] = ("Deny",)
    binding: Json = field(default_factory=dict)
    everywhere: bool = False

    def policy(self, name: str) -> Json:
        """The policy, by that name."""
        spec = {"matchConstraints": CONFIG_MAPS, **self.spec}
        return {"apiVersion": _VERSION, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec}

    def bound(self, name: str) -> Json:
        """Its binding, by the same name."""
        match = {} if self.everywhere else {"matchResources": {"objectSelector": {"matchLabels": {"case": name}}}}
        spec = {"policyName": name, "validationActions": list(self.actions), **match, **self.binding}
        kind = "ValidatingAdmissionPolicyBinding"
        return {"apiVersion": _VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


@contextmanager
def active(wire: Wire, bound: Mapping[str, Bound]) -> Iterator[dict[str, str]]:
    """Create policies and wait until they hold; deleted afterwards.

    Yields:
        The name of each policy, by its key.
    """
    names = {key: f"{key}-{uuid.uuid4().hex[:8]}" for key in bound}
    canary = f"zz-{uuid.uuid4().hex[:8]}"  # the server takes up all policies at once, so they hold when the last does
    made = [*((names[key], item) for key, item in bound.items()), (canary, Bound({"validations": [NEVER]}))]
    try:
        for name, item in made:
            for path, manifest in ((POLICIES, item.policy(name)), (BINDINGS, item.bound(name))):
                answer = wire("POST", path, manifest)
                assert answer.status == 201, answer.body
        eventually(lambda: "never" in str(create(wire, "default", config_map(canary)).body))
        yield names
    finally:
        for name, _ in made:
            for path in (BINDINGS, POLICIES):
                wire("DELETE", f"{path}/{name}")


def config_map(case: str, name: str = "probe", **data: str) -> Json:
    """A ConfigMap that the policy of that name applies to."""
    metadata = {"name": name, "labels": {"case": case}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def create(wire: Wire, namespace: str, manifest: Json, *, dry_run: bool = True) -> Answer:
    """POST of a ConfigMap, as a dry run."""
    query = {"dryRun": "All"} if dry_run else None
    return wire("POST", f"/api/v1/namespaces/{namespace}/configmaps", manifest, query=query)


def warnings(answer: Answer) -> list[str]:
    """The warnings in an answer's headers."""
    return [json.loads(text.removeprefix("299 - ")) for text in answer.headers.getlist("Warning")]  # type: ignore[attr-defined]


def denied(name: str, why: str, *, plural: str = "configmaps", code: int = 422, reason: str = "Invalid") -> Json:
    """The body of a denial of the object `probe` by the policy and binding of that name."""
    told = f"ValidatingAdmissionPolicy '{name}' with binding '{name}' denied request: {why}"
    plain, _, group = plural.partition(".")
    details = {"name": "probe", "kind": plain, "causes": [{"message": told}]} | ({"group": group} if group else {})
    message = f'{plural} "probe" is forbidden: {told}'
    head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code, "reason": reason}
    return {**head, "message": message, "details": details}

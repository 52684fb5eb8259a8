"""A ValidatingAdmissionPolicy from its parts, and its binding.

Each validation has the reason Forbidden, without which a denial is 422 instead of 403. The message begins with
`tenantkit: `, so that `rules/refusals.py` recognises it: what is not allowed where, and after a colon who may do it or
what to do instead.
Source: page "Validating Admission Policy".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.manifests.guardrails.cel import text
from tenantkit.manifests.labels import (
    GUARDRAIL_LABEL,
    GUARDRAILS_CONFIG_MAP,
    GUARDRAILS_VERSION_LABEL,
    TENANT_LABEL,
    own_labels,
)
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.manifests.guardrails.cel import Condition
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.guardrails import GuardrailMode, GuardrailName

Operation = Literal["CREATE", "UPDATE", "DELETE"]

# The version of the whole set: a newer one on a cluster is not replaced by an older one.
# Any change of a policy raises it: a test compares a digest.
VERSION = 3
IN_TENANTS = "in tenants' namespaces"
OUTSIDE_TENANTS = "outside tenants' namespaces"
ASK_PLATFORM = "ask the platform team, who may manage tenants"
ASK_ADMINISTRATORS = "only a cluster administrator may do it"

_ADMISSION = "admissionregistration.k8s.io/v1"
_ACTIONS: dict[GuardrailMode, list[str]] = {"deny": ["Deny"], "warn": ["Warn", "Audit"], "audit": ["Audit"]}


@dataclass(frozen=True, slots=True)
class Resources:
    """Resources that a policy matches.

    Args:
        group: the API group.
        names: plural names, with subresources such as `pods/binding`.
        versions: of the group. Default: v1.
    """

    group: str
    names: tuple[str, ...]
    versions: tuple[str, ...] = ("v1",)


@dataclass(frozen=True, slots=True)
class Rule:
    """One validation.

    Args:
        expression: CEL; true where the request passes.
        what: what is not allowed, as the beginning of a sentence.
        instead: who may do it, or what to do instead.
        where: `in tenants' namespaces` or the like.
        values: CEL list of texts that the message names after `what`; its first item is shown. Default: none.
    """

    expression: str
    what: str
    instead: str = ASK_PLATFORM
    where: str = IN_TENANTS
    values: str = ""

    def to_validation(self) -> Manifest:
        """The entry of `spec.validations`."""
        end = f" is not allowed {self.where}: {self.instead}"
        message = f"tenantkit: {self.what}{end}"
        validation: Manifest = {"expression": self.expression, "message": message, "reason": "Forbidden"}
        if self.values:
            shown = f"(size({self.values}) > 0 ? ' ' + {self.values}[0] : '')"
            validation["messageExpression"] = f"{text(f'tenantkit: {self.what}')} + {shown} + {text(end)}"
        return validation


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, which becomes a ValidatingAdmissionPolicy and its binding.

    Args:
        name: of both objects.
        guardrail: the guardrail that it is part of.
        resources: what it matches.
        conditions: whom and what it matches besides; all must be true.
        rules: what must be true of a request.
        variables: named CEL expressions, in the order of their use.
        operations: that it matches. Default: creates and updates.
        is_everywhere: whether it also matches outside tenants' namespaces. Default: no.
    """

    name: str
    guardrail: GuardrailName
    resources: Sequence[Resources]
    conditions: Sequence[Condition]
    rules: Sequence[Rule]
    variables: Mapping[str, str] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ("CREATE", "UPDATE")
    is_everywhere: bool = False

    def to_policy(self) -> Manifest:
        """The ValidatingAdmissionPolicy."""
        spec: dict[str, Any] = {
            "failurePolicy": "Fail",
            "matchConstraints": self._matched(),
            "matchConditions": list(self.conditions),
            "validations": [rule.to_validation() for rule in self.rules],
        }
        if self._has_settings:
            spec["paramKind"] = {"apiVersion": "v1", "kind": "ConfigMap"}
        if self.variables:
            spec["variables"] = [{"name": name, "expression": it} for name, it in self.variables.items()]
        return self._object("ValidatingAdmissionPolicy", spec)

    def to_binding(self, mode: GuardrailMode) -> Manifest:
        """The binding, without which the policy has no effect."""
        spec: dict[str, Any] = {"policyName": self.name, "validationActions": _ACTIONS[mode]}
        if self._has_settings:
            # Without its settings a policy denies to everyone what it matches: never outside tenants' namespaces.
            missing = "Allow" if self.is_everywhere else "Deny"
            spec["paramRef"] = {
                "name": GUARDRAILS_CONFIG_MAP,
                "namespace": SYSTEM_NAMESPACE,
                "parameterNotFoundAction": missing,
            }
        return self._object("ValidatingAdmissionPolicyBinding", spec)

    @property
    def _has_settings(self) -> bool:
        expressions = [*self.variables.values(), *(rule.expression for rule in self.rules)]
        return any("params." in expression for expression in expressions)

    def _matched(self) -> Manifest:
        rules = [
            {
                "apiGroups": [it.group],
                "apiVersions": list(it.versions),
                "operations": list(self.operations),
                "resources": list(it.names),
                "scope": "*",
            }
            for it in self.resources
        ]
        in_tenants = {"matchExpressions": [{"key": TENANT_LABEL, "operator": "Exists"}]}
        return {
            "matchPolicy": "Equivalent",
            "resourceRules": rules,
            "namespaceSelector": {} if self.is_everywhere else in_tenants,
            "objectSelector": {},  # as the server fills it in; a selector that somebody adds there is a difference
        }

    def _object(self, kind: str, spec: Manifest) -> Manifest:
        labels = own_labels() | {GUARDRAIL_LABEL: self.guardrail, GUARDRAILS_VERSION_LABEL: str(VERSION)}
        return {
            "apiVersion": _ADMISSION,
            "kind": kind,
            "metadata": {"name": self.name, "labels": labels},
            "spec": spec,
        }

"""Validation of Deployments, ReplicaSets and StatefulSets.

Left out: a status that contradicts itself is accepted.
Source: pkg/apis/apps/validation, 1.37.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE, in_order
from tenantkit.sandbox.apimachinery.go_text import go_int
from tenantkit.sandbox.apimachinery.validation import dns_label, non_negative
from tenantkit.sandbox.apis.validation.metadata import check_selector
from tenantkit.sandbox.apis.validation.pods import check_template
from tenantkit.sandbox.apis.validation.storage import check_claim_spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_PERCENT_TEXT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)
SELECTOR_MISMATCH = "`selector` does not match template `labels`"
_WHOLE = 100
_STATEFUL_SET_FIXED = ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy")


def check_deployment(errors: ErrorList, deployment: Manifest, old: Manifest | None) -> None:
    """A Deployment."""
    spec = deployment["spec"]
    non_negative(errors, "spec.replicas", spec.get("replicas"))
    _check_selected_template(errors, spec, named="ReplicaSet", called="deployment")
    _check_strategy(errors, spec["strategy"])
    for field in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        non_negative(errors, f"spec.{field}", spec.get(field))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    _check_fixed(errors, spec, old, ("selector",))


def check_replica_set(errors: ErrorList, replica_set: Manifest, old: Manifest | None) -> None:
    """A ReplicaSet."""
    spec = replica_set["spec"]
    for field in ("replicas", "minReadySeconds"):
        non_negative(errors, f"spec.{field}", spec.get(field))
    _check_selected_template(errors, spec, named="ReplicaSet", called="deployment")
    _check_fixed(errors, spec, old, ("selector",))


def check_stateful_set(errors: ErrorList, stateful_set: Manifest, old: Manifest | None) -> None:
    """A StatefulSet."""
    spec = stateful_set["spec"]
    management, strategy = spec["podManagementPolicy"], spec["updateStrategy"]
    if management not in {"OrderedReady", "Parallel"}:
        errors.invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'")
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "OnDelete" and rolling is not None:
        shown = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
        text = "only allowed for updateStrategy 'RollingUpdate'"
        errors.invalid("spec.updateStrategy.rollingUpdate", shown, text)
    elif strategy["type"] == "RollingUpdate":
        non_negative(errors, "spec.updateStrategy.rollingUpdate.partition", (rolling or {}).get("partition"))
    elif strategy["type"] != "OnDelete":
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        errors.invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'")
    for field, policy in spec["persistentVolumeClaimRetentionPolicy"].items():
        errors.one_of(f"spec.persistentVolumeClaimRetentionPolicy.{field}", policy, ("Retain", "Delete"))
    claims = spec.get("volumeClaimTemplates") or []
    if old is None:
        for index, claim in enumerate(claims):
            check_claim_spec(errors, f"spec.volumeClaimTemplates[{index}].spec", claim.get("spec") or {})
    non_negative(errors, "spec.replicas", spec.get("replicas"))
    non_negative(errors, "spec.minReadySeconds", spec.get("minReadySeconds"))
    non_negative(errors, "spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    if old is None and spec.get("serviceName"):
        errors.all_of("spec.serviceName", spec["serviceName"], dns_label(spec["serviceName"]))
    volumes = [claim["metadata"].get("name", "") for claim in claims]
    _check_selected_template(errors, spec, named="StatefulSet", called="statefulset", volumes=volumes)
    _check_fixed(errors, spec, old, _STATEFUL_SET_FIXED)


def selector_matches(selector: Manifest | None, labels: Manifest) -> bool | None:
    """Whether a selector matches labels; None if the selector is invalid."""
    try:
        return label_selector_of(selector).matches(labels)
    except ValueError:
        return None


def _check_selected_template(
    errors: ErrorList, spec: Manifest, *, named: str, called: str, volumes: Iterable[str] = ()
) -> None:
    """A selector, and a template that it must match."""
    selector, template = spec.get("selector"), spec["template"]
    if selector is None:
        errors.required("spec.selector")
    else:
        check_selector(errors, "spec.selector", selector)
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            errors.invalid("spec.selector", selector, f"empty selector is invalid for {called}")
    labels = (template.get("metadata") or {}).get("labels") or {}
    is_selected = selector_matches(selector, labels)
    if is_selected is None:
        errors.invalid("spec.selector", selector, "" if called == "statefulset" else "invalid label selector")
        return
    if selector != {} and not is_selected:
        errors.invalid("spec.template.metadata.labels", in_order(labels) or None, SELECTOR_MISMATCH)
    check_template(errors, "spec.template", template, volumes=volumes, named=named)


def _check_fixed(errors: ErrorList, spec: Manifest, old: Manifest | None, fields: Iterable[str]) -> None:
    """Fields that are immutable."""
    for field in fields:
        if old is not None and spec.get(field) != old["spec"].get(field):
            errors.invalid(f"spec.{field}", spec.get(field), IMMUTABLE)


def _check_strategy(errors: ErrorList, strategy: Manifest) -> None:
    rolling: Any = strategy.get("rollingUpdate")
    field = "spec.strategy.rollingUpdate"
    if strategy["type"] == "Recreate":
        if rolling is not None:
            errors.forbidden(field, "may not be specified when strategy `type` is 'Recreate'")
    elif strategy["type"] == "RollingUpdate":
        unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
        _check_portion(errors, f"{field}.maxUnavailable", unavailable)
        _check_portion(errors, f"{field}.maxSurge", surge)
        if _number(unavailable) == 0 == _number(surge):
            errors.invalid(f"{field}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
        if isinstance(unavailable, str) and _number(unavailable) > _WHOLE:
            errors.invalid(f"{field}.maxUnavailable", unavailable, "must not be greater than 100%")
    else:
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        errors.unsupported("spec.strategy", shown, ("Recreate", "RollingUpdate"))


def _check_portion(errors: ErrorList, field: str, value: int | str) -> None:
    if isinstance(value, int):
        non_negative(errors, field, value)
    elif not re.fullmatch(r"[0-9]+%", value):
        errors.invalid(field, value, _PERCENT_TEXT)


def _number(value: int | str) -> int:
    """A count or percentage as a number; 0 for anything else."""
    text = str(value).removesuffix("%")
    return go_int(text) or 0

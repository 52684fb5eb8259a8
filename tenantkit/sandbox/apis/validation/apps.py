"""What Deployments, ReplicaSets, StatefulSets, Jobs and CronJobs may say, and what of them may change.

Not here: a Job's policies for failure and success, and scheduling as a gang; a status that contradicts itself is taken.
Source: pkg/apis/apps/validation, pkg/apis/batch/validation of Kubernetes 1.37.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tenantkit.rules.selectors import label_selector_of
from tenantkit.sandbox.apimachinery.validation import IMMUTABLE, dns_label, in_order, non_negative
from tenantkit.sandbox.apis.validation.core import check_claim_spec
from tenantkit.sandbox.apis.validation.cron import cron_problem
from tenantkit.sandbox.apis.validation.networking import check_selector
from tenantkit.sandbox.apis.validation.pods import check_template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.validation import Problems

_PERCENT_TEXT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)
_UNLUCKY_NAME = (
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is "
    "recommended"
)
_MISMATCH = "`selector` does not match template `labels`"
_WHOLE = 100
_INDEXED_PARALLELISM = 100_000
_LONGEST_CRON_NAME = 52
_ZONE_PART = re.compile(r"[A-Za-z._0-9+][A-Za-z.\-_0-9+]{0,13}")
_COUNTS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
_INDEXED_ONLY = ("backoffLimitPerIndex", "maxFailedIndexes")
_JOB_FIXED = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")
_SET_FIXED = ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy")


def check_deployment(problems: Problems, deployment: Manifest, old: Manifest | None) -> None:
    """A Deployment."""
    spec = deployment["spec"]
    non_negative(problems, "spec.replicas", spec.get("replicas"))
    _check_selected_template(problems, spec, named="ReplicaSet", called="deployment")
    _check_strategy(problems, spec["strategy"])
    for field in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        non_negative(problems, f"spec.{field}", spec.get(field))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        problems.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    _check_fixed(problems, spec, old, ("selector",))


def check_replica_set(problems: Problems, replica_set: Manifest, old: Manifest | None) -> None:
    """A ReplicaSet."""
    spec = replica_set["spec"]
    for field in ("replicas", "minReadySeconds"):
        non_negative(problems, f"spec.{field}", spec.get(field))
    _check_selected_template(problems, spec, named="ReplicaSet", called="deployment")
    _check_fixed(problems, spec, old, ("selector",))


def check_stateful_set(problems: Problems, stateful_set: Manifest, old: Manifest | None) -> None:
    """A StatefulSet."""
    spec = stateful_set["spec"]
    management, strategy = spec["podManagementPolicy"], spec["updateStrategy"]
    if management not in {"OrderedReady", "Parallel"}:
        problems.invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'")
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "OnDelete" and rolling is not None:
        shown = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
        text = "only allowed for updateStrategy 'RollingUpdate'"
        problems.invalid("spec.updateStrategy.rollingUpdate", shown, text)
    elif strategy["type"] == "RollingUpdate":
        non_negative(problems, "spec.updateStrategy.rollingUpdate.partition", (rolling or {}).get("partition"))
    elif strategy["type"] != "OnDelete":
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        problems.invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'")
    for field, policy in spec["persistentVolumeClaimRetentionPolicy"].items():
        problems.one_of(f"spec.persistentVolumeClaimRetentionPolicy.{field}", policy, ("Retain", "Delete"))
    claims = spec.get("volumeClaimTemplates") or []
    if old is None:
        for index, claim in enumerate(claims):
            check_claim_spec(problems, f"spec.volumeClaimTemplates[{index}].spec", claim.get("spec") or {})
    non_negative(problems, "spec.replicas", spec.get("replicas"))
    non_negative(problems, "spec.minReadySeconds", spec.get("minReadySeconds"))
    non_negative(problems, "spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    if old is None and spec.get("serviceName"):
        problems.all_of("spec.serviceName", spec["serviceName"], dns_label(spec["serviceName"]))
    volumes = [claim["metadata"].get("name", "") for claim in claims]
    _check_selected_template(problems, spec, named="StatefulSet", called="statefulset", volumes=volumes)
    _check_fixed(problems, spec, old, _SET_FIXED)


def check_job(problems: Problems, job: Manifest, old: Manifest | None) -> None:
    """A Job."""
    spec, metadata = job["spec"], job["metadata"]
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    if old is None and not spec.get("manualSelector"):
        _check_generated(problems, spec.get("selector"), labels, metadata)
    _check_job_spec(problems, "spec", spec)
    if spec.get("selector") is None:
        problems.required("spec.selector")
    else:
        check_selector(problems, "spec.selector", spec["selector"])
    if _matches(spec.get("selector"), labels) is False:
        problems.invalid("spec.template.metadata.labels", in_order(labels) or None, _MISMATCH)
    if old is not None:
        _check_job_update(problems, spec, old["spec"])
    elif spec.get("completionMode") == "Indexed" and (count := spec.get("completions") or 0) > 0:
        host = f"{metadata['name']}-{count - 1}"
        if dns_label(host):
            text = f"will not able to create pod with invalid DNS label: {host}"
            problems.invalid("metadata.name", metadata["name"], text)


def check_cron_job(problems: Problems, cron_job: Manifest, old: Manifest | None) -> None:
    """A CronJob."""
    spec, name = cron_job["spec"], cron_job["metadata"]["name"]
    schedule, zone = spec.get("schedule") or "", spec.get("timeZone")
    if schedule:
        if (problem := cron_problem(schedule)) is not None:
            problems.invalid("spec.schedule", schedule, problem)
        if "TZ" in schedule:
            text = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            problems.invalid("spec.schedule", schedule, text)
    non_negative(problems, "spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    if zone is not None and (old is None or old["spec"].get("timeZone") != zone):
        _check_zone(problems, zone)
    problems.one_of("spec.concurrencyPolicy", spec["concurrencyPolicy"], ("Allow", "Forbid", "Replace"))
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    _check_job_spec(problems, "spec.jobTemplate.spec", inner)
    if inner.get("selector") is not None:
        problems.invalid("spec.jobTemplate.spec.selector", inner["selector"], "`selector` will be auto-generated")
    if inner.get("manualSelector"):
        problems.unsupported("spec.jobTemplate.spec.manualSelector", value=True, allowed=("nil", "false"))
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        non_negative(problems, f"spec.{field}", spec.get(field))
    if old is None and len(name) > _LONGEST_CRON_NAME:
        problems.invalid("metadata.name", name, f"must be no more than {_LONGEST_CRON_NAME} characters")
    if not schedule:
        problems.required("spec.schedule")


def warnings_on_create(item: Manifest) -> list[str]:
    """What the server says of an object that it takes."""
    kind, found = item["kind"], list[str]()
    if kind in {"CronJob", "Deployment", "Job", "ReplicaSet"} and (reasons := dns_label(item["metadata"]["name"])):
        found.append(f"{_UNLUCKY_NAME}: [{' '.join(reasons)}]")
    if kind == "EndpointSlice" and item.get("addressType") == "FQDN":
        found.append("spec.addressType: FQDN endpoints are deprecated")
    return found


def _matches(selector: Manifest | None, labels: Manifest) -> bool | None:
    """Whether labels are selected; None where the selector is none."""
    try:
        return label_selector_of(selector).matches(labels)
    except ValueError:
        return None


def _check_selected_template(
    problems: Problems, spec: Manifest, *, named: str, called: str, volumes: Iterable[str] = ()
) -> None:
    """A selector, and the template that it must select."""
    selector, template = spec.get("selector"), spec["template"]
    if selector is None:
        problems.required("spec.selector")
    else:
        check_selector(problems, "spec.selector", selector)
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            problems.invalid("spec.selector", selector, f"empty selector is invalid for {called}")
    labels = (template.get("metadata") or {}).get("labels") or {}
    is_selected = _matches(selector, labels)
    if is_selected is None:
        problems.invalid("spec.selector", selector, "" if called == "statefulset" else "invalid label selector")
        return
    if selector != {} and not is_selected:
        problems.invalid("spec.template.metadata.labels", in_order(labels) or None, _MISMATCH)
    check_template(problems, "spec.template", template, volumes=volumes, named=named)


def _check_fixed(problems: Problems, spec: Manifest, old: Manifest | None, fields: Iterable[str]) -> None:
    """Fields that stay as they were made."""
    for field in fields:
        if old is not None and spec.get(field) != old["spec"].get(field):
            problems.invalid(f"spec.{field}", spec.get(field), IMMUTABLE)


def _check_strategy(problems: Problems, strategy: Manifest) -> None:
    rolling: Any = strategy.get("rollingUpdate")
    field = "spec.strategy.rollingUpdate"
    if strategy["type"] == "Recreate":
        if rolling is not None:
            problems.forbidden(field, "may not be specified when strategy `type` is 'Recreate'")
    elif strategy["type"] == "RollingUpdate":
        unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
        _check_portion(problems, f"{field}.maxUnavailable", unavailable)
        _check_portion(problems, f"{field}.maxSurge", surge)
        if _number(unavailable) == 0 == _number(surge):
            problems.invalid(f"{field}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
        if isinstance(unavailable, str) and _number(unavailable) > _WHOLE:
            problems.invalid(f"{field}.maxUnavailable", unavailable, "must not be greater than 100%")
    else:
        shown = {"Type": strategy["type"], "RollingUpdate": None}
        problems.unsupported("spec.strategy", shown, ("Recreate", "RollingUpdate"))


def _check_portion(problems: Problems, field: str, value: int | str) -> None:
    if isinstance(value, int):
        non_negative(problems, field, value)
    elif not re.fullmatch(r"[0-9]+%", value):
        problems.invalid(field, value, _PERCENT_TEXT)


def _number(value: int | str) -> int:
    """A count or percentage as a number; 0 for what is neither."""
    text = str(value).removesuffix("%")
    return int(text) if text.isdecimal() else 0


def _check_generated(problems: Problems, selector: Manifest | None, labels: Manifest, metadata: Manifest) -> None:
    """Whether a Job's pods have the labels by which only this Job knows them."""
    expected = {
        "controller-uid": metadata.get("uid", ""),
        "job-name": metadata["name"],
        "batch.kubernetes.io/controller-uid": metadata.get("uid", ""),
        "batch.kubernetes.io/job-name": metadata["name"],
    }
    for key, value in expected.items():
        if labels.get(key) != value:
            problems.invalid(f"spec.template.metadata.labels[{key}]", in_order(labels), f"must be '{value}'")
    if _matches(selector, expected) is False:
        problems.invalid("spec.selector", in_order(selector), "`selector` not auto-generated")


def _check_job_spec(problems: Problems, root: str, spec: Manifest) -> None:
    for field in (*_COUNTS, *_INDEXED_ONLY):
        non_negative(problems, f"{root}.{field}", spec.get(field))
    _check_indexes(problems, root, spec)
    replacement, on_failure = spec.get("podReplacementPolicy"), spec.get("podFailurePolicy")
    if replacement is not None:
        allowed = ("Failed", "TerminatingOrFailed") if on_failure is None else ("Failed",)
        problems.one_of(f"{root}.podReplacementPolicy", replacement, allowed)
    template = spec.get("template") or {}
    check_template(problems, f"{root}.template", template)
    restart, field = (template.get("spec") or {}).get("restartPolicy", ""), f"{root}.template.spec.restartPolicy"
    if restart in {"", "Always"}:
        problems.required(field, 'valid values: "OnFailure", "Never"')
    elif restart not in {"OnFailure", "Never"}:
        problems.unsupported(field, restart, ("OnFailure", "Never"))
    elif on_failure is not None and restart != "Never":
        problems.invalid(field, restart, 'only "Never" is supported when podFailurePolicy is specified')


def _check_indexes(problems: Problems, root: str, spec: Manifest) -> None:
    """What only a Job that counts its pods may say, and must."""
    mode, completions = spec.get("completionMode"), spec.get("completions")
    if mode is not None:
        problems.one_of(f"{root}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        if completions is None:
            problems.required(f"{root}.completions", "when completion mode is Indexed")
        if (spec.get("parallelism") or 0) > _INDEXED_PARALLELISM:
            text = f"must be less than or equal to {_INDEXED_PARALLELISM} when completion mode is Indexed"
            problems.invalid(f"{root}.parallelism", spec["parallelism"], text)
        if completions is not None and (spec.get("maxFailedIndexes") or 0) > completions:
            text = "must be less than or equal to completions"
            problems.invalid(f"{root}.maxFailedIndexes", spec["maxFailedIndexes"], text)
    elif mode in {None, "NonIndexed"}:
        for field in (field for field in _INDEXED_ONLY if spec.get(field) is not None):
            problems.invalid(f"{root}.{field}", spec[field], "requires indexed completion mode")


def _check_job_update(problems: Problems, spec: Manifest, old: Manifest) -> None:
    """What of a Job may change: how much of it runs at once, its limits, and while it is suspended where it may run."""
    completions = spec.get("completions")
    if completions != old.get("completions"):
        if spec.get("completionMode") != "Indexed":
            problems.invalid("spec.completions", completions, IMMUTABLE)
        elif completions is not None and completions != spec.get("parallelism"):
            text = "can only be modified in tandem with spec.parallelism"
            problems.invalid("spec.completions", completions, text)
    if spec.get("selector") != old.get("selector"):
        problems.invalid("spec.selector", in_order(spec.get("selector")), IMMUTABLE)
    now, before = spec["template"], old["template"]
    if old.get("suspend"):
        if _fixed_while_suspended(now) != _fixed_while_suspended(before):
            problems.invalid("spec.template.spec", now["spec"], IMMUTABLE)
    elif now != before:
        problems.invalid("spec.template", now, IMMUTABLE)
    for field in _JOB_FIXED:
        if spec.get(field) != old.get(field):
            problems.invalid(f"spec.{field}", spec.get(field), IMMUTABLE)


def _fixed_while_suspended(template: Manifest) -> Manifest:
    """A Job's template without what may change before it runs: labels, where it may run, and what it requests."""
    free = ("nodeSelector", "tolerations", "schedulingGates", "affinity")
    spec: dict[str, Any] = {key: value for key, value in template["spec"].items() if key not in free}
    for part in ("containers", "initContainers"):
        spec[part] = [{**container, "resources": {}} for container in spec.get(part) or []]
    return spec


def _check_zone(problems: Problems, zone: str) -> None:
    field, why = "spec.timeZone", ""
    if not zone:
        why = "timeZone must be nil or non-empty string"
    elif not all(_ZONE_PART.fullmatch(part) and part not in {".", ".."} for part in zone.split("/")):
        why = f"unknown time zone {zone}"
    elif zone.lower() == "local":
        why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
    else:
        try:
            ZoneInfo(zone)
        except (LookupError, ValueError, OSError):
            why = f"unknown time zone {zone}"
    if why:
        problems.invalid(field, zone, why)

"""Validation of Jobs and CronJobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE, in_order
from tenantkit.sandbox.apimachinery.validation import dns_label, non_negative
from tenantkit.sandbox.apis.validation.apps import SELECTOR_MISMATCH, selector_matches
from tenantkit.sandbox.apis.validation.cron import cron_problem
from tenantkit.sandbox.apis.validation.networking import check_selector
from tenantkit.sandbox.apis.validation.pods import check_template

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList


_INDEXED_PARALLELISM = 100_000


_LONGEST_CRON_NAME = 52


_ZONE_PART = re.compile(r"[A-Za-z._0-9+][A-Za-z.\-_0-9+]{0,13}")


_COUNTS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")


_INDEXED_ONLY = ("backoffLimitPerIndex", "maxFailedIndexes")


_JOB_FIXED = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")


def check_job(problems: ErrorList, job: Manifest, old: Manifest | None) -> None:
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
    if selector_matches(spec.get("selector"), labels) is False:
        problems.invalid("spec.template.metadata.labels", in_order(labels) or None, SELECTOR_MISMATCH)
    if old is not None:
        _check_job_update(problems, spec, old["spec"])
    elif spec.get("completionMode") == "Indexed" and (count := spec.get("completions") or 0) > 0:
        host = f"{metadata['name']}-{count - 1}"
        if dns_label(host):
            text = f"will not able to create pod with invalid DNS label: {host}"
            problems.invalid("metadata.name", metadata["name"], text)


def check_cron_job(problems: ErrorList, cron_job: Manifest, old: Manifest | None) -> None:
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


def _check_generated(problems: ErrorList, selector: Manifest | None, labels: Manifest, metadata: Manifest) -> None:
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
    if selector_matches(selector, expected) is False:
        problems.invalid("spec.selector", in_order(selector), "`selector` not auto-generated")


def _check_job_spec(problems: ErrorList, root: str, spec: Manifest) -> None:
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


def _check_indexes(problems: ErrorList, root: str, spec: Manifest) -> None:
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


def _check_job_update(problems: ErrorList, spec: Manifest, old: Manifest) -> None:
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


def _check_zone(problems: ErrorList, zone: str) -> None:
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

"""Validation of Jobs and CronJobs.

Left out: pod failure policies, success policies and gang scheduling.
Source: pkg/apis/batch/validation, 1.37.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tenantkit.sandbox.apimachinery.field_errors import IMMUTABLE, in_order
from tenantkit.sandbox.apimachinery.go_text import go_int, quoted
from tenantkit.sandbox.apimachinery.validation import dns_label, non_negative
from tenantkit.sandbox.apis.validation.apps import SELECTOR_MISMATCH, selector_matches
from tenantkit.sandbox.apis.validation.cron import cron_problem
from tenantkit.sandbox.apis.validation.metadata import check_selector
from tenantkit.sandbox.apis.validation.pods import check_template

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_INDEXED_PARALLELISM = 100_000
_MANY_COMPLETIONS, _FEWER_INDEXES = 100_000, 10_000
_LONGEST_CRON_NAME = 52
_ZONE_PART = re.compile(r"[A-Za-z._0-9+][A-Za-z.\-_0-9+]{0,13}")
_COUNTS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
_INDEXED_ONLY = ("backoffLimitPerIndex", "maxFailedIndexes")
_JOB_FIXED = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")


def check_job(errors: ErrorList, job: Manifest, old: Manifest | None) -> None:
    """A Job."""
    spec, metadata = job["spec"], job["metadata"]
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    if old is None and not spec.get("manualSelector"):
        _check_generated(errors, spec.get("selector"), labels, metadata)
    _check_job_spec(errors, "spec", spec)
    if spec.get("selector") is None:
        errors.required("spec.selector")
    else:
        check_selector(errors, "spec.selector", spec["selector"])
    if selector_matches(spec.get("selector"), labels) is False:
        errors.invalid("spec.template.metadata.labels", in_order(labels) or None, SELECTOR_MISMATCH)
    if old is not None:
        _check_job_update(errors, spec, old["spec"])
    elif spec.get("completionMode") == "Indexed" and (count := spec.get("completions") or 0) > 0:
        host = f"{metadata['name']}-{count - 1}"
        if dns_label(host):
            text = f"will not able to create pod with invalid DNS label: {host}"
            errors.invalid("metadata.name", metadata["name"], text)


def check_cron_job(errors: ErrorList, cron_job: Manifest, old: Manifest | None) -> None:
    """A CronJob."""
    spec, name = cron_job["spec"], cron_job["metadata"]["name"]
    schedule, zone = spec.get("schedule") or "", spec.get("timeZone")
    if schedule:
        if (problem := cron_problem(schedule)) is not None:
            errors.invalid("spec.schedule", schedule, problem)
        if "TZ" in schedule:
            text = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            errors.invalid("spec.schedule", schedule, text)
    non_negative(errors, "spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    if zone is not None and (old is None or old["spec"].get("timeZone") != zone):
        _check_zone(errors, zone)
    errors.one_of("spec.concurrencyPolicy", spec["concurrencyPolicy"], ("Allow", "Forbid", "Replace"))
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    _check_job_spec(errors, "spec.jobTemplate.spec", inner)
    if inner.get("selector") is not None:
        errors.invalid("spec.jobTemplate.spec.selector", inner["selector"], "`selector` will be auto-generated")
    if inner.get("manualSelector"):
        errors.unsupported("spec.jobTemplate.spec.manualSelector", value=True, allowed=("nil", "false"))
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        non_negative(errors, f"spec.{field}", spec.get(field))
    if old is None and len(name) > _LONGEST_CRON_NAME:
        errors.invalid("metadata.name", name, f"must be no more than {_LONGEST_CRON_NAME} characters")
    if not schedule:
        errors.required("spec.schedule")


def _check_generated(errors: ErrorList, selector: Manifest | None, labels: Manifest, metadata: Manifest) -> None:
    """The generated labels and selector, which tie a Job to its own pods."""
    expected = {
        "controller-uid": metadata.get("uid", ""),
        "job-name": metadata["name"],
        "batch.kubernetes.io/controller-uid": metadata.get("uid", ""),
        "batch.kubernetes.io/job-name": metadata["name"],
    }
    for key, value in expected.items():
        if labels.get(key) != value:
            errors.invalid(f"spec.template.metadata.labels[{key}]", in_order(labels), f"must be '{value}'")
    if selector_matches(selector, expected) is False:
        errors.invalid("spec.selector", in_order(selector), "`selector` not auto-generated")


def _check_job_spec(errors: ErrorList, root: str, spec: Manifest) -> None:
    for field in (*_COUNTS, *_INDEXED_ONLY):
        non_negative(errors, f"{root}.{field}", spec.get(field))
    _check_indexes(errors, root, spec)
    replacement, on_failure = spec.get("podReplacementPolicy"), spec.get("podFailurePolicy")
    if replacement is not None:
        allowed = ("Failed", "TerminatingOrFailed") if on_failure is None else ("Failed",)
        errors.one_of(f"{root}.podReplacementPolicy", replacement, allowed)
    template = spec.get("template") or {}
    check_template(errors, f"{root}.template", template)
    restart, field = (template.get("spec") or {}).get("restartPolicy", ""), f"{root}.template.spec.restartPolicy"
    if restart in {"", "Always"}:
        errors.required(field, 'valid values: "OnFailure", "Never"')
    elif restart not in {"OnFailure", "Never"}:
        errors.unsupported(field, restart, ("OnFailure", "Never"))
    elif on_failure is not None and restart != "Never":
        errors.invalid(field, restart, 'only "Never" is supported when podFailurePolicy is specified')


def _check_indexes(errors: ErrorList, root: str, spec: Manifest) -> None:
    """The fields of indexed Jobs."""
    mode, completions = spec.get("completionMode"), spec.get("completions")
    if mode is not None:
        errors.one_of(f"{root}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        if completions is None:
            errors.required(f"{root}.completions", "when completion mode is Indexed")
        if (spec.get("parallelism") or 0) > _INDEXED_PARALLELISM:
            text = f"must be less than or equal to {_INDEXED_PARALLELISM} when completion mode is Indexed"
            errors.invalid(f"{root}.parallelism", spec["parallelism"], text)
        if completions is not None and (spec.get("maxFailedIndexes") or 0) > completions:
            text = "must be less than or equal to completions"
            errors.invalid(f"{root}.maxFailedIndexes", spec["maxFailedIndexes"], text)
        if (spec.get("maxFailedIndexes") or 0) > _INDEXED_PARALLELISM:
            text = f"must be less than or equal to {_INDEXED_PARALLELISM}"
            errors.invalid(f"{root}.maxFailedIndexes", spec["maxFailedIndexes"], text)
        if (completions or 0) > _MANY_COMPLETIONS and spec.get("backoffLimitPerIndex") is not None:
            _check_many_completions(errors, root, spec)
    elif mode in {None, "NonIndexed"}:
        for field in (field for field in _INDEXED_ONLY if spec.get(field) is not None):
            errors.invalid(f"{root}.{field}", spec[field], "requires indexed completion mode")


def _check_many_completions(errors: ErrorList, root: str, spec: Manifest) -> None:
    """The tighter limits of very large indexed Jobs with a backoff limit per index."""
    if spec.get("maxFailedIndexes") is None:
        text = f"must be specified when completions is above {_MANY_COMPLETIONS}"
        errors.required(f"{root}.maxFailedIndexes", text)
    for field in ("parallelism", "maxFailedIndexes"):
        if (spec.get(field) or 0) > _FEWER_INDEXES:
            when = f"when completions are above {_MANY_COMPLETIONS} and used with backoff limit per index"
            errors.invalid(f"{root}.{field}", spec[field], f"must be less than or equal to {_FEWER_INDEXES} {when}")


def check_job_status(errors: ErrorList, job: Manifest, old: Manifest | None) -> None:
    """The indexes in a Job's status, if they change."""
    status, before, completions = (
        job.get("status") or {},
        (old or {}).get("status") or {},
        job["spec"].get("completions"),
    )
    if completions is None or job["spec"].get("completionMode") != "Indexed":
        return
    for field in ("completedIndexes", "failedIndexes"):
        text = status.get(field) or ""
        if text != (before.get(field) or "") and (problem := _problem_of_indexes(text, completions)):
            errors.invalid(f"status.{field}", text, f"error parsing {field}: {problem}")


def _problem_of_indexes(text: str, completions: int) -> str:
    """Why a text is not a list of increasing intervals of indexes; empty if it is one."""
    previous = -1
    for interval in text.split(",") if text else ():
        ends = interval.split("-")
        if len(ends) > 2:  # noqa: PLR2004 (an interval has two ends)
            why = "violates the requirement that an index interval can have at most two parts separated by '-'"
            return f"the fragment {quoted(interval)} {why}"
        numbers = [go_int(end) for end in ends]
        for end, number in zip(ends, numbers, strict=True):
            if number is None:
                return f"cannot convert string to integer for index: {quoted(end)}"
            if number >= completions:
                return f"too large index: {quoted(end)}"
        first, last = numbers[0] or 0, numbers[-1] or 0
        for before, after in [(first, last)] * (len(ends) - 1) + [(previous, first)]:
            if before >= after:
                return f"non-increasing order, previous: {before}, current: {after}"
        previous = last
    return ""


def _check_job_update(errors: ErrorList, spec: Manifest, old: Manifest) -> None:
    """The fields of a Job that are immutable; while it is suspended, more of its template may change."""
    completions = spec.get("completions")
    if completions != old.get("completions"):
        if spec.get("completionMode") != "Indexed":
            errors.invalid("spec.completions", completions, IMMUTABLE)
        elif completions is not None and completions != spec.get("parallelism"):
            text = "can only be modified in tandem with spec.parallelism"
            errors.invalid("spec.completions", completions, text)
    if spec.get("selector") != old.get("selector"):
        errors.invalid("spec.selector", in_order(spec.get("selector")), IMMUTABLE)
    now, before = spec["template"], old["template"]
    if old.get("suspend"):
        if _fixed_while_suspended(now) != _fixed_while_suspended(before):
            errors.invalid("spec.template.spec", now["spec"], IMMUTABLE)
    elif now != before:
        errors.invalid("spec.template", now, IMMUTABLE)
    for field in _JOB_FIXED:
        if spec.get(field) != old.get(field):
            errors.invalid(f"spec.{field}", spec.get(field), IMMUTABLE)


def _fixed_while_suspended(template: Manifest) -> Manifest:
    """A Job's template without the fields that may change while it is suspended."""
    free = ("nodeSelector", "tolerations", "schedulingGates", "affinity")
    spec: dict[str, Any] = {key: value for key, value in template["spec"].items() if key not in free}
    for part in ("containers", "initContainers"):
        spec[part] = [{**container, "resources": {}} for container in spec.get(part) or []]
    return spec


def _check_zone(errors: ErrorList, zone: str) -> None:
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
        errors.invalid(field, zone, why)

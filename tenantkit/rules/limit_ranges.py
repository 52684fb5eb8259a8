"""LimitRanges: the defaults of containers, and violations of minimums and maximums.

Pure functions on manifests, for one LimitRange at a time, in the words of the server's LimitRanger. The server iterates
over Go maps in random order. Here names are sorted, so that results are reproducible.

Source: page "Limit Ranges"; plugin/pkg/admission/limitranger of Kubernetes 1.37.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from tenantkit.rules.amounts import ZERO, parse_amounts, pod_amounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.amounts import Amounts
    from tenantkit.rules.manifest import Manifest

ANNOTATION = "kubernetes.io/limit-ranger"
_CONTAINER_LISTS = (("containers", "container"), ("initContainers", "init container"))


def with_defaults(pod: Manifest, limit_range: Manifest) -> Manifest:
    """The pod with the LimitRange's defaults in its containers, and the annotation that lists them."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for limit in limit_range["spec"]["limits"] or ():
        if limit["type"] == "Container":
            requests.update(limit.get("defaultRequest") or {})
            limits.update(limit.get("default") or {})
    notes: list[str] = []
    spec = dict(pod["spec"])
    for field, word in _CONTAINER_LISTS:
        if field in spec:
            spec[field] = [_filled(container, requests, limits, word, notes) for container in spec[field] or ()]
    if not notes:
        return pod
    metadata = dict(pod["metadata"])
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        ANNOTATION: "LimitRanger plugin set: " + "; ".join(notes),
    }
    return {**pod, "metadata": metadata, "spec": spec}


def violations(plural: str, manifest: Manifest, limit_range: Manifest) -> str | None:
    """Why the LimitRange forbids a pod or claim, in the server's words; None if it does not."""
    messages: list[str] = []
    for limit in limit_range["spec"]["limits"] or ():
        for requests, limits in _measured(plural, manifest["spec"], limit["type"]):
            for rule in (_too_little, _too_much, _too_far_apart):
                messages.extend(rule(limit, requests, limits))
    unique = list(dict.fromkeys(messages))
    if len(unique) > 1:
        return "[" + ", ".join(unique) + "]"
    return unique[0] if unique else None


def _filled(
    container: Manifest, requests: Mapping[str, str], limits: Mapping[str, str], word: str, notes: list[str]
) -> Manifest:
    """One container with defaults; appends to `notes` what was set."""
    resources = dict(container.get("resources") or {})
    for field, defaults, singular in (("requests", requests, "request"), ("limits", limits, "limit")):
        given = resources.get(field) or {}
        missing = sorted(defaults.keys() - given.keys())
        if missing:
            resources[field] = {**given, **{name: defaults[name] for name in missing}}
            notes.append(f"{', '.join(missing)} {singular} for {word} {container['name']}")
    return {**container, "resources": resources}


def _measured(plural: str, spec: Manifest, limit_type: str) -> Iterator[tuple[Amounts, Amounts]]:
    """The requests and limits that a limit of this type applies to."""
    if plural == "pods" and limit_type == "Container":
        for field, _ in _CONTAINER_LISTS:
            for container in spec.get(field) or ():
                resources = container.get("resources") or {}
                yield parse_amounts(resources.get("requests")), parse_amounts(resources.get("limits"))
    elif plural == "pods" and limit_type == "Pod":
        bare = {field: value for field, value in spec.items() if field != "overhead"}
        yield pod_amounts(bare, "requests"), pod_amounts(bare, "limits")
    elif plural == "persistentvolumeclaims" and limit_type == "PersistentVolumeClaim":
        yield parse_amounts((spec.get("resources") or {}).get("requests")), {}


def _too_little(limit: Manifest, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, least in sorted(parse_amounts(limit.get("min")).items()):
        lead = f"minimum {name} usage per {limit['type']} is {least}"
        if name not in requests:
            yield f"{lead}.  No request is specified"
        elif _milli(requests, name) < ceil(least.value * 1000):
            yield f"{lead}, but request is {requests[name]}"
        elif name in limits and _milli(limits, name) < ceil(least.value * 1000):
            yield f"{lead}, but limit is {limits[name]}"


def _too_much(limit: Manifest, requests: Amounts, limits: Amounts) -> Iterator[str]:
    # a claim has no limits, so its maximum applies to the request
    bounded, word = (requests, "request") if limit["type"] == "PersistentVolumeClaim" else (limits, "limit")
    for name, most in sorted(parse_amounts(limit.get("max")).items()):
        lead = f"maximum {name} usage per {limit['type']} is {most}"
        if name not in bounded:
            yield f"{lead}.  No {word} is specified"
        elif _milli(bounded, name) > ceil(most.value * 1000):
            yield f"{lead}, but {word} is {bounded[name]}"
        elif _milli(requests, name) > ceil(most.value * 1000):
            yield f"{lead}, but request is {requests[name]}"


def _too_far_apart(limit: Manifest, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, most in sorted(parse_amounts(limit.get("maxLimitRequestRatio")).items()):
        lead = f"{name} max limit to request ratio per {limit['type']} is {most}"
        if not _milli(requests, name):
            yield f"{lead}, but no request is specified or request is 0"
        elif not _milli(limits, name):
            yield f"{lead}, but no limit is specified or limit is 0"
        elif (ratio := _milli(limits, name) / _milli(requests, name)) > most.value:
            yield f"{lead}, but provided ratio is {ratio:f}"


def _milli(amounts: Amounts, name: str) -> int:
    """An amount in thousandths, rounded up as on the server; 0 if it is missing."""
    return ceil(amounts.get(name, ZERO).value * 1000)

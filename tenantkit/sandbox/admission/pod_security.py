"""PodSecurity: the admission plug-in that enforces the level in a namespace's labels.

A namespace has three modes. `enforce` refuses pods, `warn` adds warnings to the response's headers, and of `audit` only
the label is validated, because the sandbox has no audit log. Workloads only get warnings about their pod template.
Not implemented: exemptions and a default other than `privileged`, which a server's configuration file would set, and
the real server's limits on how many pods of a namespace it checks, how long that takes and how much it warns.

Source: page "Pod Security Admission"; k8s.io/pod-security-admission, admission/admission.go and api/helpers.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tenantkit.rules.pod_security.levels import LABEL_PREFIX, LEVELS, parse_version, violations
from tenantkit.sandbox.apimachinery.errors import Cause, invalid
from tenantkit.sandbox.apimachinery.resources import NAMESPACES, PODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.pod_security.levels import Level
    from tenantkit.sandbox.admission.attributes import Attributes

_WORKLOADS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob"})
_IMAGES_IN = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Standard:
    """A level and a version of the Pod Security Standards: `restricted:latest`."""

    level: Level = "privileged"
    version: str = "latest"

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


def standard_of(labels: Mapping[str, str], mode: Literal["enforce", "audit", "warn"]) -> Standard:
    """A mode's standard; an invalid label means `restricted` for `enforce`, and `privileged` for the other modes."""
    level, version = labels.get(LABEL_PREFIX + mode), labels.get(f"{LABEL_PREFIX}{mode}-version", "latest")
    standard = Standard(_level(level, "restricted" if mode == "enforce" else "privileged"), _version(version))
    if mode == "warn" and level is None and labels.get(f"{LABEL_PREFIX}enforce") in LEVELS:
        # Without a warn label the enforced level also warns.
        enforced = standard_of(labels, "enforce")
        if enforced.level != "privileged":
            return Standard(
                enforced.level, standard.version if f"{LABEL_PREFIX}warn-version" in labels else enforced.version
            )
    return standard


def review(attributes: Attributes) -> None:
    """Refuse or warn about pods that violate the namespace's level, warn about templates, and check namespaces' labels.

    Raises:
        ApiError: 403 for a pod, 422 for a namespace.
    """
    if attributes.operation == "DELETE":
        return
    if attributes.resource is NAMESPACES and not attributes.subresource:
        _review_namespace(attributes)
    elif attributes.resource is PODS and attributes.subresource != "status" and _is_significant(attributes):
        _review_pod(attributes, attributes.manifest)
    elif attributes.resource.kind in _WORKLOADS and not attributes.subresource:
        spec = attributes.manifest["spec"]
        _review_pod(attributes, (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"])


def _review_pod(attributes: Attributes, pod: Manifest) -> None:
    namespace = attributes.store.get(NAMESPACES, attributes.namespace) or {"metadata": {}}
    labels = _labels(namespace)
    enforced, warned = standard_of(labels, "enforce"), standard_of(labels, "warn")
    if attributes.resource is PODS and (refusal := _violation_text(pod, enforced)):
        raise attributes.refused(f'violates PodSecurity "{enforced}": {refusal}')
    if warning := _violation_text(pod, warned):
        attributes.warnings.append(f'would violate PodSecurity "{warned}": {warning}')


def _review_namespace(attributes: Attributes) -> None:
    name, labels, old = attributes.manifest["metadata"]["name"], _labels(attributes.manifest), attributes.old
    before = _labels(old) if old is not None else {}
    errors = tuple(_label_errors(labels))
    if errors and errors != tuple(_label_errors(before)):
        raise invalid("v1", "Namespace", name, errors)
    now, then = standard_of(labels, "enforce"), standard_of(before, "enforce")
    is_not_stricter = now.version == then.version and LEVELS.index(now.level) <= LEVELS.index(then.level)
    if old is not None and now.level != "privileged" and not is_not_stricter:
        attributes.warnings.extend(_warnings_of_pods(attributes.store.list(PODS, name), name, now))


def _warnings_of_pods(pods: list[Manifest], namespace: str, standard: Standard) -> list[str]:
    """A first line if existing pods violate a namespace's new level, and a line for each combination of violations."""
    by_reason: dict[str, list[str]] = {}
    for pod in pods:
        found = violations(pod, standard.level, standard.version)
        if found:
            reasons = ", ".join(violation.reason for violation in found)
            by_reason.setdefault(reasons, []).append(pod["metadata"]["name"])
    if not by_reason:
        return []
    headline = f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{standard}"'
    return [headline, *sorted(f"{_first_of(names)}: {reasons}" for reasons, names in by_reason.items())]


def _first_of(names: list[str]) -> str:
    others = len(names) - 1
    return min(names) + (f" (and {others} other pod{'s' if others > 1 else ''})" if others else "")


def _violation_text(pod: Manifest, standard: Standard) -> str:
    """A pod's violations of a standard; empty if there are none."""
    return ", ".join(str(violation) for violation in violations(pod, standard.level, standard.version))


def _is_significant(attributes: Attributes) -> bool:
    """Whether a write must be checked: as in the real plug-in, only if containers or images change."""
    if attributes.old is None:
        return True
    return _images(attributes.manifest) != _images(attributes.old)


def _images(pod: Manifest) -> list[list[str]]:
    return [[container.get("image", "") for container in pod["spec"].get(sort) or ()] for sort in _IMAGES_IN]


def _labels(manifest: Manifest) -> Mapping[str, str]:
    return manifest["metadata"].get("labels") or {}


def _label_errors(labels: Mapping[str, str]) -> Iterator[Cause]:
    """The errors in a namespace's labels, in the server's order."""
    for mode in ("enforce", "audit", "warn"):
        for label, is_valid, expected in _VALUES:
            key = f"{LABEL_PREFIX}{mode}{label}"
            if key in labels and not is_valid(labels[key]):
                message = f'Invalid value: "{labels[key]}": must be {expected}'
                yield Cause(f"metadata.labels[{key}]", message, "FieldValueInvalid")


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except ValueError:
        return False
    return True


def _level(text: str | None, otherwise: Level) -> Level:
    return next((level for level in LEVELS if level == text), "privileged" if text is None else otherwise)


def _version(text: str) -> str:
    return text if _is_version(text) else "latest"


_VALUES: Final = (
    ("", lambda text: text in LEVELS, f"one of {', '.join(LEVELS)}"),
    ("-version", _is_version, '"latest" or "v1.x"'),
)

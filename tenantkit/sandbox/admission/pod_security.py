"""PodSecurity: the admission plug-in that holds pods to the level that their namespace's labels name.

Three modes a namespace: `enforce` refuses, `warn` warns in the answer's headers, `audit` is checked for its label's
value alone, since there is no audit log here. Workloads are warned of for their pods' template, and never refused.
Left out: exemptions and another default than `privileged`, which a server's configuration file would name; and the
bounds of time and number within which a real server looks at a namespace's pods, and of length within which it warns.

Source: page "Pod Security Admission"; k8s.io/pod-security-admission, admission/admission.go and api/helpers.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tenantkit.rules.pod_security import LEVELS, parse_version, violations
from tenantkit.sandbox.apimachinery.errors import Cause, invalid
from tenantkit.sandbox.apimachinery.resources import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.pod_security import Level
    from tenantkit.sandbox.admission.attributes import Attributes

_NAMESPACES = find("", "v1", "namespaces")
_PODS = find("", "v1", "pods")
_WORKLOADS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob"})
_LABEL = "pod-security.kubernetes.io/"
_IMAGES_IN = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Standard:
    """A level at a version of the standards: `restricted:latest`."""

    level: Level = "privileged"
    version: str = "latest"

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"


def standard_of(labels: Mapping[str, str], mode: Literal["enforce", "audit", "warn"]) -> Standard:
    """What a namespace asks of its pods; a label that can't be read asks for all under enforce, else for nothing."""
    level, version = labels.get(_LABEL + mode), labels.get(f"{_LABEL}{mode}-version", "latest")
    wanted = Standard(_level(level, "restricted" if mode == "enforce" else "privileged"), _version(version))
    if mode == "warn" and level is None and labels.get(f"{_LABEL}enforce") in LEVELS:
        # Who enforces a level and names none to warn of is warned of that one.
        enforced = standard_of(labels, "enforce")
        if enforced.level != "privileged":
            return Standard(enforced.level, wanted.version if f"{_LABEL}warn-version" in labels else enforced.version)
    return wanted


def review(attributes: Attributes) -> None:
    """Refuse or warn of a pod that its namespace's level forbids, warn of a template; of a namespace, check the labels.

    Raises:
        ApiError: 403 for a pod, 422 for a namespace.
    """
    if attributes.operation == "DELETE":
        return
    if attributes.resource is _NAMESPACES and not attributes.subresource:
        _review_namespace(attributes)
    elif attributes.resource is _PODS and attributes.subresource != "status" and _is_significant(attributes):
        _review_pod(attributes, attributes.manifest)
    elif attributes.resource.kind in _WORKLOADS and not attributes.subresource:
        spec = attributes.manifest["spec"]
        _review_pod(attributes, (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"])


def _review_pod(attributes: Attributes, pod: Manifest) -> None:
    namespace = attributes.store.get(_NAMESPACES, attributes.namespace) or {"metadata": {}}
    labels = _labels(namespace)
    enforced, warned = standard_of(labels, "enforce"), standard_of(labels, "warn")
    if attributes.resource is _PODS and (refused := _told(pod, enforced)):
        raise attributes.refused(f'violates PodSecurity "{enforced}": {refused}')
    if told := _told(pod, warned):
        attributes.warnings.append(f'would violate PodSecurity "{warned}": {told}')


def _review_namespace(attributes: Attributes) -> None:
    name, labels, old = attributes.manifest["metadata"]["name"], _labels(attributes.manifest), attributes.old
    before = _labels(old) if old is not None else {}
    problems = tuple(_label_problems(labels))
    if problems and problems != tuple(_label_problems(before)):
        raise invalid("v1", "Namespace", name, problems)
    now, then = standard_of(labels, "enforce"), standard_of(before, "enforce")
    is_laxer = now.version == then.version and LEVELS.index(now.level) <= LEVELS.index(then.level)
    if old is not None and now.level != "privileged" and not is_laxer:
        attributes.warnings.extend(_warnings_of_pods(attributes.store.list(_PODS, name), name, now))


def _warnings_of_pods(pods: list[Manifest], namespace: str, standard: Standard) -> list[str]:
    """A line for those pods that a namespace's new level would refuse, and one for each way in which it would."""
    by_reason: dict[str, list[str]] = {}
    for pod in pods:
        found = violations(pod, standard.level, standard.version)
        if found:
            reasons = ", ".join(violation.reason for violation in found)
            by_reason.setdefault(reasons, []).append(pod["metadata"]["name"])
    if not by_reason:
        return []
    told = f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{standard}"'
    return [told, *sorted(f"{_first_of(names)}: {reasons}" for reasons, names in by_reason.items())]


def _first_of(names: list[str]) -> str:
    others = len(names) - 1
    return min(names) + (f" (and {others} other pod{'s' if others > 1 else ''})" if others else "")


def _told(pod: Manifest, standard: Standard) -> str:
    """What a pod does against a standard; empty where nothing."""
    return ", ".join(str(violation) for violation in violations(pod, standard.level, standard.version))


def _is_significant(attributes: Attributes) -> bool:
    """Whether a write may make a pod worse: as the real plug-in has it, only containers and images can."""
    if attributes.old is None:
        return True
    return _images(attributes.manifest) != _images(attributes.old)


def _images(pod: Manifest) -> list[list[str]]:
    return [[container.get("image", "") for container in pod["spec"].get(sort) or ()] for sort in _IMAGES_IN]


def _labels(manifest: Manifest) -> Mapping[str, str]:
    return manifest["metadata"].get("labels") or {}


def _label_problems(labels: Mapping[str, str]) -> Iterator[Cause]:
    """What is wrong with a namespace's labels, in the server's order."""
    for mode in ("enforce", "audit", "warn"):
        for label, is_right, wanted in _VALUES:
            key = f"{_LABEL}{mode}{label}"
            if key in labels and not is_right(labels[key]):
                yield Cause(
                    f"metadata.labels[{key}]", f'Invalid value: "{labels[key]}": must be {wanted}', "FieldValueInvalid"
                )


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

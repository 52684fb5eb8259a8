"""Validation of Pods and pod templates.

Left out: security contexts, affinity and details of probes. A pod with errors there is accepted, but nothing runs it.
Source: pkg/apis/core/validation, ValidatePodCreate and ValidatePodUpdate, 1.37.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.go_text import go_int
from tenantkit.sandbox.apimachinery.validation import (
    check_labels,
    dns_label,
    dns_subdomain,
    label_value,
    port_name,
    port_number,
    qualified_name,
)
from tenantkit.sandbox.apis.validation.quantities import check_resources
from tenantkit.sandbox.apis.validation.resource_claims import check_resource_claims

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_FIRST_DIGIT = re.compile(r"0$|-|[1-9]")  # not `+10` or `008`
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_OPERATORS = ("Equal", "Exists")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_NOT_EPHEMERAL = ("ports", "resources", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_LONGEST_DEADLINE_S = 2**31 - 1
# the required field of a volume source
_VOLUME_NAMES = {"secret": "secretName", "configMap": "name", "persistentVolumeClaim": "claimName", "hostPath": "path"}
_VOLUME_ORDER = (
    "emptyDir hostPath secret nfs persistentVolumeClaim downwardAPI configMap projected"  # in the order of validation
)
_SOURCES = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def check_pod(errors: ErrorList, pod: Manifest, old: Manifest | None) -> None:
    """A Pod."""
    spec: Manifest = pod.get("spec") or {}
    _check_spec(errors, spec)
    cost = (pod["metadata"].get("annotations") or {}).get(_DELETION_COST)
    if cost is not None and (not _FIRST_DIGIT.match(cost) or go_int(cost, 32) is None):
        errors.invalid(f"metadata.annotations[{_DELETION_COST}]", cost, "must be a 32bit integer")
    if old is not None:
        _check_update(errors, spec, old.get("spec") or {})
    elif spec.get("ephemeralContainers"):
        errors.forbidden("spec.ephemeralContainers", "cannot be set on create")


def check_template(
    errors: ErrorList, root: str, template: Manifest, *, volumes: Iterable[str] = (), named: str = ""
) -> None:
    """A pod template.

    Args:
        errors: the list to append to.
        root: the path of the template.
        template: the template.
        volumes: names of volumes that the workload adds to the pod.
        named: the kind of a workload whose pods must always restart; empty if they may end.
    """
    about, spec = template.get("metadata") or {}, template.get("spec") or {}
    check_labels(errors, f"{root}.labels", about.get("labels") or {})
    for key in about.get("annotations") or {}:
        errors.all_of(f"{root}.annotations", key, qualified_name(key.lower()))
    added = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in volumes]
    own = [volume for volume in spec.get("volumes") or [] if volume.get("name") not in set(volumes)]
    _check_spec(errors, {**spec, "volumes": [*added, *own]}, f"{root}.spec")
    if spec.get("ephemeralContainers"):
        errors.forbidden(f"{root}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")
    if named:
        if spec.get("restartPolicy") != "Always":
            errors.unsupported(f"{root}.spec.restartPolicy", spec.get("restartPolicy", ""), ["Always"])
        if spec.get("activeDeadlineSeconds") is not None:
            text = f"activeDeadlineSeconds in {named} is not Supported"
            errors.forbidden(f"{root}.spec.activeDeadlineSeconds", text)


def check_ephemeral_containers(errors: ErrorList, pod: Manifest, old: Manifest | None) -> None:
    """A Pod with new ephemeral containers; existing ones may not change."""
    spec: Manifest = pod.get("spec") or {}
    _check_spec(errors, spec)
    now = {container.get("name"): container for container in spec.get("ephemeralContainers") or []}
    for before in ((old or {}).get("spec") or {}).get("ephemeralContainers") or []:
        if now.get(before["name"]) != before:
            change = "changed" if before["name"] in now else "removed"
            text = f'existing ephemeral containers "{before["name"]}" may not be {change}\n'
            errors.forbidden("spec.ephemeralContainers", text)


def _is_set(container: Manifest, field: str) -> bool:
    """Whether a container sets a field; an empty value counts, except for those that are always there."""
    return container.get(field) is not None if field != "resources" else bool(container.get(field))


def _check_spec(errors: ErrorList, spec: Manifest, root: str = "spec") -> None:
    check_resource_claims(errors, root, spec)
    volumes = _check_volumes(errors, f"{root}.volumes", spec.get("volumes") or [])
    names = set[str]()
    if not spec.get("containers"):
        errors.required(f"{root}.containers")
    for part in ("containers", "initContainers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(part) or []):
            _check_container(errors, f"{root}.{part}[{index}]", container, names, volumes)
    for index, container in enumerate(spec.get("ephemeralContainers") or []):
        for field in (field for field in _NOT_EPHEMERAL if _is_set(container, field)):
            text = "cannot be set for an Ephemeral Container"
            errors.forbidden(f"{root}.ephemeralContainers[{index}].{field}", text)
    _check_seccomp(errors, f"{root}.securityContext", spec)
    errors.one_of(f"{root}.restartPolicy", spec.get("restartPolicy", ""), _RESTART_POLICIES)
    errors.one_of(f"{root}.dnsPolicy", spec.get("dnsPolicy", ""), _DNS_POLICIES)
    check_labels(errors, f"{root}.nodeSelector", spec.get("nodeSelector") or {})
    for field in ("serviceAccountName", "nodeName", "priorityClassName"):
        if spec.get(field):
            errors.all_of(f"{root}.{field}", spec[field], dns_subdomain(spec[field]))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _LONGEST_DEADLINE_S:
        text = f"must be between 1 and {_LONGEST_DEADLINE_S}, inclusive"
        errors.invalid(f"{root}.activeDeadlineSeconds", deadline, text)
    for index, toleration in enumerate(spec.get("tolerations") or []):
        _check_toleration(errors, f"{root}.tolerations[{index}]", toleration)


def _check_container(errors: ErrorList, field: str, container: Manifest, names: set[str], volumes: set[str]) -> None:
    name, image = container.get("name", ""), container.get("image", "")
    if not name:
        errors.required(f"{field}.name")
    else:
        errors.all_of(f"{field}.name", name, dns_label(name))
        if name in names:
            errors.duplicate(f"{field}.name", name)
        names.add(name)
    if not image:
        errors.required(f"{field}.image")
    elif image != image.strip():
        errors.invalid(f"{field}.image", image, "must not have leading or trailing whitespace")
    policy = container.get("terminationMessagePolicy", "File")
    errors.one_of(f"{field}.terminationMessagePolicy", policy, _MESSAGE_POLICIES)
    errors.one_of(f"{field}.imagePullPolicy", container.get("imagePullPolicy", "Always"), _PULL_POLICIES)
    _check_ports(errors, f"{field}.ports", container.get("ports") or [])
    _check_environment(errors, f"{field}.env", container.get("env") or [])
    _check_sources(errors, f"{field}.envFrom", container.get("envFrom") or [])
    _check_mounts(errors, field, container, volumes)
    lifecycle = container.get("lifecycle") or {}
    for hook in ("postStart", "preStop"):
        _check_command(errors, f"{field}.lifecycle.{hook}", lifecycle.get(hook))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        _check_command(errors, f"{field}.{probe}", container.get(probe))
        if container.get(probe) is not None and not any(
            container[probe].get(handler) is not None for handler in _HANDLERS
        ):
            errors.required(f"{field}.{probe}", "must specify a handler type")
    check_resources(errors, f"{field}.resources", container.get("resources") or {})
    _check_seccomp(errors, f"{field}.securityContext", container)


def _check_command(errors: ErrorList, field: str, handler: Manifest | None) -> None:
    command = (handler or {}).get("exec")
    if command is not None and not command.get("command"):
        errors.required(f"{field}.exec.command")


def _check_seccomp(errors: ErrorList, field: str, holder: Manifest) -> None:
    profile = (holder.get("securityContext") or {}).get("seccompProfile")
    if profile is not None and not profile.get("type"):
        errors.required(f"{field}.seccompProfile.type", "type is required when seccompProfile is set")


def _check_mounts(errors: ErrorList, field: str, container: Manifest, volumes: set[str]) -> None:
    for index, mount in enumerate(container.get("volumeMounts") or []):
        where = f"{field}.volumeMounts[{index}]"
        if not mount.get("name"):
            errors.required(f"{where}.name")
        elif mount["name"] not in volumes:
            errors.not_found(f"{where}.name", mount["name"])
        if not mount.get("mountPath"):
            errors.required(f"{where}.mountPath")
        is_privileged = (container.get("securityContext") or {}).get("privileged")
        if mount.get("mountPropagation") == "Bidirectional" and not is_privileged:
            text = "Bidirectional mount propagation is available only to privileged containers"
            errors.forbidden(f"{field}.volumeMounts.mountPropagation", text)


def _check_ports(errors: ErrorList, field: str, ports: list[Manifest]) -> None:
    names = set[str]()
    for index, item in enumerate(ports):
        where, name, number = f"{field}[{index}]", item.get("name", ""), item.get("containerPort", 0)
        if name:
            errors.all_of(f"{where}.name", name, port_name(name))
            if name in names:
                errors.duplicate(f"{where}.name", name)
            names.add(name)
        if not number:
            errors.required(f"{where}.containerPort")
        else:
            errors.all_of(f"{where}.containerPort", number, port_number(number))
        errors.one_of(f"{where}.protocol", item.get("protocol", "TCP"), _PROTOCOLS)


def _check_environment(errors: ErrorList, field: str, variables: list[Manifest]) -> None:
    for index, item in enumerate(variables):
        where, name = f"{field}[{index}]", item.get("name", "")
        if not name:
            errors.required(f"{where}.name")
        elif "=" in name or not (name.isascii() and name.isprintable()):
            text = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            errors.invalid(f"{where}.name", name, text)
        if item.get("valueFrom") is not None:
            if not item["valueFrom"]:
                text = f"must specify one of: {_SOURCES}"
                errors.invalid(f"{where}.valueFrom", "", text)
            elif item.get("value"):
                errors.invalid(f"{where}.valueFrom", "", "may not be specified when `value` is not empty")


def _check_sources(errors: ErrorList, field: str, sources: list[Manifest]) -> None:
    for index, item in enumerate(sources):
        named = [part for part in ("configMapRef", "secretRef") if item.get(part) is not None]
        for part in named:
            if not item[part].get("name"):
                errors.required(f"{field}[{index}].{part}.name")
        if not named:
            errors.invalid(field, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(named) > 1:
            errors.invalid(field, "", "may not have more than one field specified at a time")


def _check_volumes(errors: ErrorList, root: str, volumes: list[Manifest]) -> set[str]:
    """The volumes; returns the names that may be mounted."""
    names = set[str]()
    for index, volume in enumerate(volumes):
        field, name = f"{root}[{index}]", volume.get("name", "")
        if not name:
            errors.required(f"{field}.name")
        else:
            errors.all_of(f"{field}.name", name, dns_label(name))
            if name in names:
                errors.duplicate(f"{field}.name", name)
            names.add(name)
        sources = sorted((key for key in volume if key != "name"), key=_VOLUME_ORDER.find)
        for source in sources[1:]:
            errors.forbidden(f"{field}.{source}", "may not specify more than 1 volume type")
        for source in sources[:1]:
            wanted = _VOLUME_NAMES.get(source)
            if wanted and not volume[source].get(wanted):
                errors.required(f"{field}.{source}.{wanted}")
    return names


def _check_toleration(errors: ErrorList, field: str, toleration: Manifest) -> None:
    operator, key, value = toleration.get("operator", ""), toleration.get("key", ""), toleration.get("value", "")
    if key:
        errors.all_of(f"{field}.key", key, qualified_name(key))
    elif operator != "Exists":
        text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        errors.invalid(f"{field}.operator", operator, text)
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        errors.invalid(f"{field}.effect", toleration.get("effect", ""), text)
    if operator == "Exists" and value:
        errors.invalid(f"{field}.operator", value, "value must be empty when `operator` is 'Exists'")
    elif operator in ("", "Equal") and (reasons := label_value(value)):
        errors.invalid(f"{field}.operator", value, ";".join(reasons))
    elif operator:
        errors.one_of(f"{field}.operator", operator, _OPERATORS)
    if toleration.get("effect"):
        errors.one_of(f"{field}.effect", toleration["effect"], _EFFECTS)


def _check_update(errors: ErrorList, spec: Manifest, old: Manifest) -> None:
    """The update of a pod's spec: only images, the deadline, tolerations and scheduling gates may change."""
    for part in ("containers", "initContainers"):
        if len(spec.get(part) or []) != len(old.get(part) or []):
            errors.forbidden(f"spec.{part}", "pod updates may not add or remove containers")
            return
    before, now = old.get("activeDeadlineSeconds"), spec.get("activeDeadlineSeconds")
    if before is not None and now is None:
        errors.invalid("spec.activeDeadlineSeconds", None, "must not update from a positive integer to nil value")
    elif before is not None and now is not None and now > before:
        errors.invalid("spec.activeDeadlineSeconds", now, "must be less than or equal to previous value")
        return
    if not _has_all(spec.get("tolerations") or [], old.get("tolerations") or []):
        errors.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
    gates = [gate["name"] for gate in old.get("schedulingGates") or []]
    for index, gate in enumerate(spec.get("schedulingGates") or []):
        if gate["name"] not in gates:
            text = f"only deletion is allowed, but found new scheduling gate '{gate['name']}'"
            errors.forbidden(f"spec.schedulingGates[{index}].name", text)
    if _fixed(spec) != _fixed(old):
        errors.forbidden("spec", _UPDATE)


def _fixed(spec: Manifest) -> dict[str, Any]:
    """A pod's spec without the fields that may change."""
    free = ("activeDeadlineSeconds", "tolerations", "schedulingGates", "containers", "initContainers")
    rest: dict[str, Any] = {key: value for key, value in spec.items() if key not in free}
    for part in ("containers", "initContainers"):
        rest[part] = [{**container, "image": ""} for container in spec.get(part) or []]
    return rest


def _has_all(now: list[Manifest], before: list[Manifest]) -> bool:
    """Whether all tolerations remain, apart from their `tolerationSeconds`."""
    kept = {_without_seconds(toleration) for toleration in now}
    return all(_without_seconds(toleration) in kept for toleration in before)


def _without_seconds(toleration: Manifest) -> frozenset[tuple[str, object]]:
    return frozenset((key, value) for key, value in toleration.items() if key != "tolerationSeconds")

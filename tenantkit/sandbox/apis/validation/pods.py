"""What Pods may say, as far as tenants, notebooks and the sample platform say it.

Not here: probes' details, security contexts, affinity; a pod that is wrong there is taken, and nothing runs it anyway.
Source: pkg/apis/core/validation, ValidatePodCreate and ValidatePodUpdate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

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
# the one field of a volume's source that must be there
_VOLUME_NAMES = {"secret": "secretName", "configMap": "name", "persistentVolumeClaim": "claimName", "hostPath": "path"}
_VOLUME_ORDER = (
    "emptyDir hostPath secret nfs persistentVolumeClaim downwardAPI configMap projected"  # as they are checked
)
_SOURCES = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def check_pod(problems: ErrorList, pod: Manifest, old: Manifest | None) -> None:
    """A Pod."""
    spec: Manifest = pod.get("spec") or {}
    _check_spec(problems, spec)
    if old is not None:
        _check_update(problems, spec, old.get("spec") or {})
    elif spec.get("ephemeralContainers"):
        problems.forbidden("spec.ephemeralContainers", "cannot be set on create")


def check_template(
    problems: ErrorList, root: str, template: Manifest, *, volumes: Iterable[str] = (), named: str = ""
) -> None:
    """A pod's template.

    Args:
        problems: where to tell.
        root: the template's field.
        template: as it stands there.
        volumes: names that will be volumes of the pod, too.
        named: the kind whose template says in vain when its pods shall end; empty where it may say so.
    """
    about, spec = template.get("metadata") or {}, template.get("spec") or {}
    check_labels(problems, f"{root}.labels", about.get("labels") or {})
    for key in about.get("annotations") or {}:
        problems.all_of(f"{root}.annotations", key, qualified_name(key.lower()))
    added = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in volumes]
    own = [volume for volume in spec.get("volumes") or [] if volume.get("name") not in set(volumes)]
    _check_spec(problems, {**spec, "volumes": [*added, *own]}, f"{root}.spec")
    if spec.get("ephemeralContainers"):
        problems.forbidden(f"{root}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")
    if named:
        if spec.get("restartPolicy") != "Always":
            problems.unsupported(f"{root}.spec.restartPolicy", spec.get("restartPolicy", ""), ["Always"])
        if spec.get("activeDeadlineSeconds") is not None:
            text = f"activeDeadlineSeconds in {named} is not Supported"
            problems.forbidden(f"{root}.spec.activeDeadlineSeconds", text)


def check_ephemeral_containers(problems: ErrorList, pod: Manifest, old: Manifest | None) -> None:
    """A Pod to which containers for debugging are added; those that are there stay as they are."""
    spec: Manifest = pod.get("spec") or {}
    _check_spec(problems, spec)
    now = {container.get("name"): container for container in spec.get("ephemeralContainers") or []}
    for before in ((old or {}).get("spec") or {}).get("ephemeralContainers") or []:
        if now.get(before["name"]) != before:
            what = "changed" if before["name"] in now else "removed"
            text = f'existing ephemeral containers "{before["name"]}" may not be {what}\n'
            problems.forbidden("spec.ephemeralContainers", text)


def _check_spec(problems: ErrorList, spec: Manifest, root: str = "spec") -> None:
    volumes = _check_volumes(problems, f"{root}.volumes", spec.get("volumes") or [])
    names = set[str]()
    if not spec.get("containers"):
        problems.required(f"{root}.containers")
    for part in ("containers", "initContainers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(part) or []):
            _check_container(problems, f"{root}.{part}[{index}]", container, names, volumes)
    for index, container in enumerate(spec.get("ephemeralContainers") or []):
        for field in (field for field in _NOT_EPHEMERAL if container.get(field)):
            text = "cannot be set for an Ephemeral Container"
            problems.forbidden(f"{root}.ephemeralContainers[{index}].{field}", text)
    _check_seccomp(problems, f"{root}.securityContext", spec)
    problems.one_of(f"{root}.restartPolicy", spec.get("restartPolicy", ""), _RESTART_POLICIES)
    problems.one_of(f"{root}.dnsPolicy", spec.get("dnsPolicy", ""), _DNS_POLICIES)
    check_labels(problems, f"{root}.nodeSelector", spec.get("nodeSelector") or {})
    for field in ("serviceAccountName", "nodeName", "priorityClassName"):
        if spec.get(field):
            problems.all_of(f"{root}.{field}", spec[field], dns_subdomain(spec[field]))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _LONGEST_DEADLINE_S:
        text = f"must be between 1 and {_LONGEST_DEADLINE_S}, inclusive"
        problems.invalid(f"{root}.activeDeadlineSeconds", deadline, text)
    for index, toleration in enumerate(spec.get("tolerations") or []):
        _check_toleration(problems, f"{root}.tolerations[{index}]", toleration)


def _check_container(problems: ErrorList, field: str, container: Manifest, names: set[str], volumes: set[str]) -> None:
    name, image = container.get("name", ""), container.get("image", "")
    if not name:
        problems.required(f"{field}.name")
    else:
        problems.all_of(f"{field}.name", name, dns_label(name))
        if name in names:
            problems.duplicate(f"{field}.name", name)
        names.add(name)
    if not image:
        problems.required(f"{field}.image")
    elif image != image.strip():
        problems.invalid(f"{field}.image", image, "must not have leading or trailing whitespace")
    policy = container.get("terminationMessagePolicy", "File")
    problems.one_of(f"{field}.terminationMessagePolicy", policy, _MESSAGE_POLICIES)
    problems.one_of(f"{field}.imagePullPolicy", container.get("imagePullPolicy", "Always"), _PULL_POLICIES)
    _check_ports(problems, f"{field}.ports", container.get("ports") or [])
    _check_environment(problems, f"{field}.env", container.get("env") or [])
    _check_sources(problems, f"{field}.envFrom", container.get("envFrom") or [])
    _check_mounts(problems, field, container, volumes)
    lifecycle = container.get("lifecycle") or {}
    for hook in ("postStart", "preStop"):
        _check_command(problems, f"{field}.lifecycle.{hook}", lifecycle.get(hook))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        _check_command(problems, f"{field}.{probe}", container.get(probe))
        if container.get(probe) is not None and not any(
            container[probe].get(handler) is not None for handler in _HANDLERS
        ):
            problems.required(f"{field}.{probe}", "must specify a handler type")
    check_resources(problems, f"{field}.resources", container.get("resources") or {})
    _check_seccomp(problems, f"{field}.securityContext", container)


def _check_command(problems: ErrorList, field: str, handler: Manifest | None) -> None:
    command = (handler or {}).get("exec")
    if command is not None and not command.get("command"):
        problems.required(f"{field}.exec.command")


def _check_seccomp(problems: ErrorList, field: str, holder: Manifest) -> None:
    profile = (holder.get("securityContext") or {}).get("seccompProfile")
    if profile is not None and not profile.get("type"):
        problems.required(f"{field}.seccompProfile.type", "type is required when seccompProfile is set")


def _check_mounts(problems: ErrorList, field: str, container: Manifest, volumes: set[str]) -> None:
    for index, mount in enumerate(container.get("volumeMounts") or []):
        where = f"{field}.volumeMounts[{index}]"
        if not mount.get("name"):
            problems.required(f"{where}.name")
        elif mount["name"] not in volumes:
            problems.not_found(f"{where}.name", mount["name"])
        if not mount.get("mountPath"):
            problems.required(f"{where}.mountPath")


def _check_ports(problems: ErrorList, field: str, ports: list[Manifest]) -> None:
    names = set[str]()
    for index, item in enumerate(ports):
        where, name, number = f"{field}[{index}]", item.get("name", ""), item.get("containerPort", 0)
        if name:
            problems.all_of(f"{where}.name", name, port_name(name))
            if name in names:
                problems.duplicate(f"{where}.name", name)
            names.add(name)
        if not number:
            problems.required(f"{where}.containerPort")
        else:
            problems.all_of(f"{where}.containerPort", number, port_number(number))
        problems.one_of(f"{where}.protocol", item.get("protocol", "TCP"), _PROTOCOLS)


def _check_environment(problems: ErrorList, field: str, variables: list[Manifest]) -> None:
    for index, item in enumerate(variables):
        where, name = f"{field}[{index}]", item.get("name", "")
        if not name:
            problems.required(f"{where}.name")
        elif "=" in name or not (name.isascii() and name.isprintable()):
            text = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            problems.invalid(f"{where}.name", name, text)
        if item.get("valueFrom") is not None:
            if not item["valueFrom"]:
                text = f"must specify one of: {_SOURCES}"
                problems.invalid(f"{where}.valueFrom", "", text)
            elif item.get("value"):
                problems.invalid(f"{where}.valueFrom", "", "may not be specified when `value` is not empty")


def _check_sources(problems: ErrorList, field: str, sources: list[Manifest]) -> None:
    for index, item in enumerate(sources):
        named = [part for part in ("configMapRef", "secretRef") if item.get(part) is not None]
        for part in named:
            if not item[part].get("name"):
                problems.required(f"{field}[{index}].{part}.name")
        if not named:
            problems.invalid(field, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(named) > 1:
            problems.invalid(field, "", "may not have more than one field specified at a time")


def _check_volumes(problems: ErrorList, root: str, volumes: list[Manifest]) -> set[str]:
    """The names of the volumes that may be mounted."""
    names = set[str]()
    for index, volume in enumerate(volumes):
        field, name = f"{root}[{index}]", volume.get("name", "")
        if not name:
            problems.required(f"{field}.name")
        else:
            problems.all_of(f"{field}.name", name, dns_label(name))
            if name in names:
                problems.duplicate(f"{field}.name", name)
            names.add(name)
        sources = sorted((key for key in volume if key != "name"), key=_VOLUME_ORDER.find)
        for source in sources[1:]:
            problems.forbidden(f"{field}.{source}", "may not specify more than 1 volume type")
        for source in sources[:1]:
            wanted = _VOLUME_NAMES.get(source)
            if wanted and not volume[source].get(wanted):
                problems.required(f"{field}.{source}.{wanted}")
    return names


def _check_toleration(problems: ErrorList, field: str, toleration: Manifest) -> None:
    operator, key, value = toleration.get("operator", ""), toleration.get("key", ""), toleration.get("value", "")
    if key:
        problems.all_of(f"{field}.key", key, qualified_name(key))
    elif operator != "Exists":
        text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        problems.invalid(f"{field}.operator", operator, text)
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        problems.invalid(f"{field}.effect", toleration.get("effect", ""), text)
    if operator == "Exists" and value:
        problems.invalid(f"{field}.operator", value, "value must be empty when `operator` is 'Exists'")
    elif operator in ("", "Equal") and (reasons := label_value(value)):
        problems.invalid(f"{field}.operator", value, ";".join(reasons))
    elif operator:
        problems.one_of(f"{field}.operator", operator, _OPERATORS)
    if toleration.get("effect"):
        problems.one_of(f"{field}.effect", toleration["effect"], _EFFECTS)


def _check_update(problems: ErrorList, spec: Manifest, old: Manifest) -> None:
    """What of a pod's spec may change: images, a deadline, more tolerations, its node once."""
    for part in ("containers", "initContainers"):
        if len(spec.get(part) or []) != len(old.get(part) or []):
            problems.forbidden(f"spec.{part}", "pod updates may not add or remove containers")
            return
    before, now = old.get("activeDeadlineSeconds"), spec.get("activeDeadlineSeconds")
    if before is not None and now is None:
        problems.invalid("spec.activeDeadlineSeconds", None, "must not update from a positive integer to nil value")
    elif before is not None and now is not None and now > before:
        problems.invalid("spec.activeDeadlineSeconds", now, "must be less than or equal to previous value")
        return
    if not _has_all(spec.get("tolerations") or [], old.get("tolerations") or []):
        problems.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
    gates = [gate["name"] for gate in old.get("schedulingGates") or []]
    for index, gate in enumerate(spec.get("schedulingGates") or []):
        if gate["name"] not in gates:
            text = f"only deletion is allowed, but found new scheduling gate '{gate['name']}'"
            problems.forbidden(f"spec.schedulingGates[{index}].name", text)
    if _fixed(spec) != _fixed(old):
        problems.forbidden("spec", _UPDATE)


def _fixed(spec: Manifest) -> dict[str, Any]:
    """A pod's spec without what may change."""
    free = ("activeDeadlineSeconds", "tolerations", "schedulingGates", "containers", "initContainers")
    rest: dict[str, Any] = {key: value for key, value in spec.items() if key not in free}
    for part in ("containers", "initContainers"):
        rest[part] = [{**container, "image": ""} for container in spec.get(part) or []]
    return rest


def _has_all(now: list[Manifest], before: list[Manifest]) -> bool:
    """Whether all tolerations are still there, if only for another time."""
    kept = [{**toleration, "tolerationSeconds": None} for toleration in now]
    return all({**toleration, "tolerationSeconds": None} in kept for toleration in before)

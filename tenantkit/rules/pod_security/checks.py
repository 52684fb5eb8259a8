"""The checks of the Pod Security Standards: each takes a pod and returns a reason with a detail, or None.

The rules of older versions are kept for namespaces that pin one. Rejected alternative: one predicate per field, which
cannot produce the server's messages.

Source: k8s.io/pod-security-admission/policy, check_*.go, 1.37.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from tenantkit.rules.pod_volumes import TYPES_APART_FROM_NODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tenantkit.rules.manifest import Manifest

Problem: TypeAlias = tuple[str, str] | None

APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_OF_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_PROFILES = ("RuntimeDefault", "Localhost")
_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
# the minor version since which a sysctl counts as safe
_SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
    "net.ipv4.tcp_slow_start_after_idle": 37,
    "net.ipv4.tcp_notsent_lowat": 37,
}
_SELINUX_TYPES = {"": 0, "container_t": 0, "container_init_t": 0, "container_kvm_t": 0, "container_engine_t": 31}
_SELINUX_UNSET = ("user", "role")
# since these minor versions, Windows pods need no Linux settings, and pods with a user namespace may run as root
_WINDOWS_EXEMPT, _USER_NAMESPACE_EXEMPT = 25, 35
_SECCOMP_FIELD = 19


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod for the checks: `security` is the pod's security context, `containers` has all three types."""

    spec: Manifest
    annotations: dict[str, str]
    security: Manifest
    containers: tuple[Manifest, ...]
    minor: float

    @classmethod
    def of(cls, pod: Manifest, minor: float) -> Self:
        """The fields of a manifest, for a minor version of the standards."""
        spec = pod.get("spec") or {}
        annotations = (pod.get("metadata") or {}).get("annotations") or {}
        lists = ("initContainers", "containers", "ephemeralContainers")
        containers = tuple(container for name in lists for container in spec.get(name) or ())
        return cls(spec, annotations, spec.get("securityContext") or {}, containers, minor)

    @property
    def is_exempt_windows(self) -> bool:
        """Whether the pod needs no Linux settings."""
        return (self.spec.get("os") or {}).get("name") == "windows" and self.minor >= _WINDOWS_EXEMPT

    @property
    def has_user_namespace(self) -> bool:
        """Whether root in the pod is not root on the node."""
        return self.spec.get("hostUsers") is False and self.minor >= _USER_NAMESPACE_EXEMPT

    def contexts(self) -> Iterable[tuple[str, Manifest]]:
        """The name and security context of each container."""
        return ((_name(container), container.get("securityContext") or {}) for container in self.containers)


def _name(item: Manifest) -> str:
    return str(item.get("name", ""))


def _some(noun: str, names: Sequence[str]) -> str:
    """A noun with names: `containers "a", "b"`."""
    return f"{_plural(noun, names)} {_quoted(names)}"


def _quoted(items: Iterable[str]) -> str:
    return ", ".join(f'"{item}"' for item in items)


def _plural(noun: str, items: Sequence[str]) -> str:
    return noun if len(items) == 1 else f"{noun}s"


def _use(items: Sequence[str]) -> str:
    return "uses" if len(items) == 1 else "use"


def _setters(pod: Pod, wrong: Callable[[Manifest], Iterable[str]], *, pod_too: bool = True) -> tuple[str, list[str]]:
    """The holders of forbidden values, such as `pod and container "main"`, and the values; both empty without any."""
    bad_in_pod = list(wrong(pod.security)) if pod_too else []
    bad = [(name, list(wrong(context))) for name, context in pod.contexts()]
    names = [name for name, values in bad if values]
    who = (["pod"] if bad_in_pod else []) + ([_some("container", names)] if names else [])
    return " and ".join(who), sorted({*bad_in_pod, *(value for _, values in bad for value in values)})


def _type_not_in(field: str, allowed: Iterable[str]) -> Callable[[Manifest], Iterable[str]]:
    """A predicate for the type in a security context's field."""

    def wrong(context: Manifest) -> Iterable[str]:
        profile = context.get(field)
        return () if profile is None or profile.get("type", "") in allowed else (profile.get("type", ""),)

    return wrong


def _value_is(field: str, bad: Any) -> Callable[[Manifest], Iterable[str]]:
    return lambda context: (field,) if context.get(field) == bad else ()


def app_armor(pod: Pod) -> Problem:
    """AppArmor profiles, in fields and in older annotations, are the runtime's default or local ones."""
    who, values = _setters(pod, _type_not_in("appArmorProfile", _PROFILES))
    annotations = sorted(
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in pod.annotations.items()
        if key.startswith(APP_ARMOR) and value not in {"", "runtime/default"} and not value.startswith("localhost/")
    )
    who = " and ".join(filter(None, (who, _plural("annotation", annotations) if annotations else "")))
    values += annotations
    detail = f"{who} must not set AppArmor profile type to {_quoted(values)}"
    return (_plural("forbidden AppArmor profile", values), detail) if values else None


def _capabilities_added(pod: Pod, allowed: Iterable[str]) -> str:
    """The containers that add other capabilities than the allowed ones; empty without any."""

    def wrong(context: Manifest) -> Iterable[str]:
        return (added for added in (context.get("capabilities") or {}).get("add") or () if added not in allowed)

    who, values = _setters(pod, wrong, pod_too=False)
    return f"{who} must not include {_quoted(values)} in securityContext.capabilities.add" if who else ""


def capabilities_baseline(pod: Pod) -> Problem:
    """No capabilities are added beyond the default ones."""
    detail = _capabilities_added(pod, _CAPABILITIES)
    return ("non-default capabilities", detail) if detail else None


def capabilities_restricted(pod: Pod) -> Problem:
    """All capabilities are dropped, and only the one for low ports is added."""
    undropped = [
        name for name, context in pod.contexts() if "ALL" not in ((context.get("capabilities") or {}).get("drop") or ())
    ]
    details = (
        [f'{_some("container", undropped)} must set securityContext.capabilities.drop=["ALL"]'] if undropped else []
    )
    details += filter(None, [_capabilities_added(pod, {"NET_BIND_SERVICE"})])
    return ("unrestricted capabilities", "; ".join(details)) if details and not pod.is_exempt_windows else None


def host_namespaces(pod: Pod) -> Problem:
    """The pod does not share the node's network, processes or shared memory."""
    shared = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(field)]
    return ("host namespaces", ", ".join(shared)) if shared else None


def host_path_volumes(pod: Pod) -> Problem:
    """No volume is a directory of the node."""
    names = [_name(volume) for volume in pod.spec.get("volumes") or () if volume.get("hostPath") is not None]
    return ("hostPath volumes", _some("volume", names)) if names else None


def restricted_volumes(pod: Pod) -> Problem:
    """Volumes have only types without access to the node."""
    # by default, a volume without a source is an emptyDir
    sources = {
        _name(volume): next((key for key in volume if key != "name" and volume[key] is not None), "emptyDir")
        for volume in pod.spec.get("volumes") or ()
    }
    names = [name for name, source in sources.items() if source not in TYPES_APART_FROM_NODE]
    types = sorted({sources[name] for name in names})
    detail = f"{_some('volume', names)} {_use(names)} {_some('restricted volume type', types)}"
    return ("restricted volume types", detail) if names else None


def host_ports(pod: Pod) -> Problem:
    """No port of the node is used."""
    found = {
        _name(container): [str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")]
        for container in pod.containers
    }
    names = [name for name, ports in found.items() if ports]
    ports = sorted({port for name in names for port in found[name]})
    detail = f"{_some('container', names)} {_use(names)} {_plural('hostPort', ports)} {', '.join(ports)}"
    return ("hostPort", detail) if names else None


def host_probes(pod: Pod) -> Problem:
    """Probes and lifecycle handlers set no host, so they only reach the pod."""
    found = {_name(container): set(_probed_hosts(container)) for container in pod.containers}
    names = sorted(name for name, hosts in found.items() if hosts)
    hosts = sorted({host for name in names for host in found[name]})
    detail = f"{_some('container', names)} {_use(names)} {_some('probe or lifecycle host', hosts)}"
    return ("probe or lifecycle host", detail) if names else None


def _probed_hosts(container: Manifest) -> Iterable[str]:
    """The hosts in a container's probes and lifecycle handlers."""
    lifecycle = container.get("lifecycle") or {}
    handlers = [container.get(probe) for probe in ("livenessProbe", "readinessProbe", "startupProbe")]
    handlers += [lifecycle.get("postStart"), lifecycle.get("preStop")]
    actions = [(handler or {}).get(action) or {} for handler in handlers for action in ("httpGet", "tcpSocket")]
    return (action["host"] for action in actions if action.get("host"))


def privileged(pod: Pod) -> Problem:
    """No container is privileged."""
    who, _ = _setters(pod, _value_is("privileged", bad=True), pod_too=False)
    return ("privileged", f"{who} must not set securityContext.privileged=true") if who else None


def proc_mount_restricted(pod: Pod) -> Problem:
    """`/proc` stays masked."""

    def wrong(context: Manifest) -> Iterable[str]:
        return () if context.get("procMount") in {None, "Default"} else (context["procMount"],)

    who, values = _setters(pod, wrong, pod_too=False)
    return ("procMount", f"{who} must not set securityContext.procMount to {_quoted(values)}") if who else None


def proc_mount(pod: Pod) -> Problem:
    """`/proc` stays masked, unless the pod has a user namespace."""
    return None if pod.has_user_namespace else proc_mount_restricted(pod)


def selinux(pod: Pod) -> Problem:
    """SELinux options have an allowed type, and no user or role."""
    allowed = {name for name, since in _SELINUX_TYPES.items() if since <= pod.minor}

    def options(context: Manifest) -> Manifest:
        found: Manifest = context.get("seLinuxOptions") or {}
        return found

    def wrong(context: Manifest) -> Iterable[str]:
        return [*bad_type(context), *(field for field in _SELINUX_UNSET if options(context).get(field))]

    def bad_type(context: Manifest) -> Iterable[str]:
        return (kind for kind in [options(context).get("type") or ""] if kind not in allowed)

    who, _ = _setters(pod, wrong)
    _, types = _setters(pod, bad_type)
    everyone = [pod.security, *(context for _, context in pod.contexts())]
    details = [_some("type", types)] if types else []
    details += [
        f"{field} may not be set" for field in _SELINUX_UNSET if any(options(one).get(field) for one in everyone)
    ]
    detail = f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(details)}"
    return ("seLinuxOptions", detail) if who else None


def _seccomp_annotations(pod: Pod) -> Problem:
    keys = [_SECCOMP_OF_POD, *(_SECCOMP_OF_CONTAINER + _name(container) for container in pod.containers)]
    bad = sorted(
        f"{key}={json.dumps(pod.annotations[key], ensure_ascii=False)}"
        for key in set(keys) & set(pod.annotations)
        if pod.annotations[key] not in {"runtime/default", "docker/default"}
        and not pod.annotations[key].startswith("localhost/")
    )
    return ("seccompProfile", f"forbidden {_plural('annotation', bad)} {', '.join(bad)}") if bad else None


def seccomp_baseline(pod: Pod) -> Problem:
    """Seccomp is not disabled."""
    if pod.minor < _SECCOMP_FIELD:
        return _seccomp_annotations(pod)
    who, values = _setters(pod, _type_not_in("seccompProfile", _PROFILES))
    detail = f"{who} must not set securityContext.seccompProfile.type to {_quoted(values)}"
    return ("seccompProfile", detail) if who else None


def seccomp_restricted(pod: Pod) -> Problem:
    """Each container has a seccomp profile, its own or the pod's."""
    if pod.is_exempt_windows:
        return None
    explicit = seccomp_baseline(pod)
    unset = [name for name, context in pod.contexts() if context.get("seccompProfile") is None]
    if explicit or not unset or pod.security.get("seccompProfile") is not None:
        return explicit
    wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return "seccompProfile", f"pod or {_some('container', unset)} {wanted}"


def sysctls(pod: Pod) -> Problem:
    """Only sysctls that do not affect other pods are set."""
    safe = {name for name, since in _SYSCTLS.items() if since <= pod.minor}
    unsafe = [name for sysctl in pod.security.get("sysctls") or () if (name := _name(sysctl)) not in safe]
    return ("forbidden sysctls", ", ".join(unsafe)) if unsafe else None


def windows_host_process(pod: Pod) -> Problem:
    """No container is a host process of a Windows node."""
    is_host_process = _value_is("hostProcess", bad=True)
    who, _ = _setters(pod, lambda context: is_host_process(context.get("windowsOptions") or {}))
    return ("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true") if who else None


def privilege_escalation(pod: Pod) -> Problem:
    """No process can gain more privileges than its parent."""
    names = [name for name, context in pod.contexts() if context.get("allowPrivilegeEscalation") is not False]
    detail = f"{_some('container', names)} must set securityContext.allowPrivilegeEscalation=false"
    return ("allowPrivilegeEscalation != false", detail) if names and not pod.is_exempt_windows else None


def run_as_non_root(pod: Pod) -> Problem:
    """Each container, or the pod, sets runAsNonRoot."""
    if pod.has_user_namespace:
        return None
    who, _ = _setters(pod, _value_is("runAsNonRoot", bad=False))
    if who:
        return "runAsNonRoot != true", f"{who} must not set securityContext.runAsNonRoot=false"
    unset = [name for name, context in pod.contexts() if context.get("runAsNonRoot") is None]
    if not unset or pod.security.get("runAsNonRoot"):
        return None
    return "runAsNonRoot != true", f"pod or {_some('container', unset)} must set securityContext.runAsNonRoot=true"


def run_as_user(pod: Pod) -> Problem:
    """No container sets the user root."""
    who, _ = _setters(pod, _value_is("runAsUser", bad=0))
    return ("runAsUser=0", f"{who} must not set runAsUser=0") if who and not pod.has_user_namespace else None

"""Pod Security Standards: why a pod is too privileged for a level, in the API server's words.

The checks of a level run in the server's order: those of baseline before those of restricted, each by name. Some of
restricted replace a less strict one of baseline. A namespace may pin an older version of the standards with fewer or
other checks. All versions since v1.0 are supported.

Source: page "Pod Security Standards"; k8s.io/pod-security-admission/policy, registry.go, 1.37.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from tenantkit.rules.pod_security import checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest

Level: TypeAlias = Literal["privileged", "baseline", "restricted"]
LABEL_PREFIX = "pod-security.kubernetes.io/"  # of the labels by which a Namespace chooses levels and versions
LEVELS: Final[tuple[Level, ...]] = ("privileged", "baseline", "restricted")

_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Violation:
    """One check that a pod fails.

    Args:
        check: the check's name, as Kubernetes has it: `runAsNonRoot`.
        reason: the short reason, as in warnings about a namespace.
        detail: the fields that are wrong, and valid values.
    """

    check: str
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})"


def violations(pod: Manifest, level: Level, version: str = "latest") -> tuple[Violation, ...]:
    """The reasons why a namespace that enforces a level refuses a pod.

    Args:
        pod: a Pod or a pod template, with the server's defaults.
        level: `privileged` forbids nothing.
        version: of the standards: `latest`, or such as `v1.24`; later versions than known ones count as the latest.

    Returns:
        One violation per failed check, in the server's order; joined by commas they are the server's message.

    Raises:
        ValueError: the text is not a version.

    Source: page "Pod Security Standards".

    Example:
        >>> spec = {"hostNetwork": True, "containers": [{"name": "main"}]}
        >>> [str(found) for found in violations({"spec": spec}, "baseline")]
        ['host namespaces (hostNetwork=true)']
    """
    minor = parse_version(version)
    if level == "privileged":
        return ()
    looked_at = checks.Pod.of(pod, minor)
    due = [check for check in _CHECKS if check.since <= minor and check.level in {"baseline", level}]
    replaced = {check.replaces for check in due}
    found = ((check.name, check.find(looked_at)) for check in due if check.name not in replaced)
    return tuple(Violation(name, *problem) for name, problem in found if problem)


def parse_version(text: str) -> float:
    """The minor version in a version of the standards; `latest` is infinite. Raises ValueError."""
    if text == "latest":
        return math.inf
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ValueError('must be "latest" or "v1.x"')
    return int(match[1])


@dataclass(frozen=True, slots=True)
class _Check:
    """A check, the minor version since which it applies, and the less strict check that it replaces."""

    name: str
    level: Level
    find: Callable[[checks.Pod], checks.Problem]
    since: int = 0
    replaces: str = ""


_CHECKS: Final = (
    _Check("appArmorProfile", "baseline", checks.app_armor),
    _Check("capabilities_baseline", "baseline", checks.capabilities_baseline),
    _Check("hostNamespaces", "baseline", checks.host_namespaces),
    _Check("hostPathVolumes", "baseline", checks.host_path_volumes),
    _Check("hostPorts", "baseline", checks.host_ports),
    _Check("hostProbesAndHostLifecycle", "baseline", checks.host_probes, 34),
    _Check("privileged", "baseline", checks.privileged),
    _Check("procMount", "baseline", checks.proc_mount),
    _Check("seLinuxOptions", "baseline", checks.selinux),
    _Check("seccompProfile_baseline", "baseline", checks.seccomp_baseline),
    _Check("sysctls", "baseline", checks.sysctls),
    _Check("windowsHostProcess", "baseline", checks.windows_host_process),
    _Check("allowPrivilegeEscalation", "restricted", checks.privilege_escalation, 8),
    _Check("capabilities_restricted", "restricted", checks.capabilities_restricted, 22, "capabilities_baseline"),
    _Check("procMount_restricted", "restricted", checks.proc_mount_restricted, 35, "procMount"),
    _Check("restrictedVolumes", "restricted", checks.restricted_volumes, 0, "hostPathVolumes"),
    _Check("runAsNonRoot", "restricted", checks.run_as_non_root),
    _Check("runAsUser", "restricted", checks.run_as_user, 23),
    _Check("seccompProfile_restricted", "restricted", checks.seccomp_restricted, 19, "seccompProfile_baseline"),
)

"""The plan's comparison of each tenant, handed out to the checks: every difference belongs to at least one check.

What has no check of its own belongs to `drift`, so that no difference is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.display.tables import value_text
from tenantkit.exceptions import SpecVersionError
from tenantkit.findings.audit.check import Doubt, Evidence, cut
from tenantkit.manifests.guardrails.objects import GUARDRAIL_KINDS
from tenantkit.manifests.labels import (
    FROZEN_QUOTA_NAME,
    GUARDRAIL_LABEL,
    GUARDRAILS_CONFIG_MAP,
    HOSTS_ANNOTATION,
    LIMITS_NAME,
    PRIORITY_QUOTA_NAME,
    QUOTA_NAME,
)
from tenantkit.manifests.network_policies import POLICY_NAMES
from tenantkit.provision.changes import FINALIZERS
from tenantkit.provision.content.fields import RIGHTS
from tenantkit.provision.content.members import role_of
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.plan import make_install_plan
from tenantkit.provision.plans.tenant_changes import compare_tenants
from tenantkit.provision.reasons import REFUSED
from tenantkit.provision.stored.installed import Installed
from tenantkit.rules.pod_security.levels import LABEL_PREFIX, LEVELS
from tenantkit.rules.quota_entries import class_and_counted
from tenantkit.spec.guardrails import Guardrails

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.snapshot import AuditSnapshot
    from tenantkit.provision.changes import PlanChange, PlanRow
    from tenantkit.provision.managed_fields import Path
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

DRIFT = "drift"
INDEX = "index"
NOT_COMPARED = "not compared"
QUOTA_CLASSES = ("quota-compute", "quota-storage", "quota-accelerators", "quota-services", "quota-objects")
NETWORK_POLICIES: Mapping[str, str] = {name: name.replace("tenantkit-", "network-") for name in POLICY_NAMES}
_QUOTAS: Mapping[str, str] = {PRIORITY_QUOTA_NAME: "quota-priority", FROZEN_QUOTA_NAME: "quota-frozen"}
_OF_BINDINGS = {"not-in-the-grant": "owners-as-granted", "left-as-it-is": "members-by-tenantkit"}
PLATFORM_CODES = (
    "platform-roles",
    "platform-provisioners",
    "platform-objects",
    "guardrail-parameters",
    *(f"guardrail-{name}" for name in Guardrails().modes()),
)
_LABELS = ("metadata", "labels")
_HARD = ("spec", "hard")
_STORAGE = ("requests.storage", "persistentvolumeclaims")


def differences_of(snapshot: AuditSnapshot, tenants: Iterable[Tenant]) -> dict[str, dict[str, list[Found]]]:
    """What differs from the spec of each tenant, by tenant and by the code of the check that reports it.

    Args:
        snapshot: what was read; its platform is known.
        tenants: those that fit the platform.
    """
    chosen = list(tenants)
    platform = snapshot.platform
    if platform is None:
        return {}
    compared = compare_tenants(chosen, platform, snapshot.live)
    return {tenant.name: _of_tenant(each) for tenant, each in zip(chosen, compared, strict=True)}


def _of_tenant(compared: list[PlanChange]) -> dict[str, list[Found]]:
    """The differences of one tenant; a plan that stops at the Namespace has looked at nothing else."""
    found = _by_code(compared, _codes)
    refused = [row for it in compared if it.ref.kind == "Namespace" and it.action in REFUSED for row in it.rows]
    return found | ({NOT_COMPARED: [Doubt(f"Namespace/{refused[0].ref.name}: {refused[0].reason}")]} if refused else {})


def platform_differences_of(snapshot: AuditSnapshot, platform: Platform) -> dict[str, list[Found]]:
    """What differs from the objects that `install_platform` makes, by the code of the check that reports it.

    Args:
        snapshot: what was read.
        platform: the stored settings.
    """
    installed = Installed(snapshot.live, has_policies=snapshot.unserved.isdisjoint(GUARDRAIL_KINDS))
    try:
        compared = make_install_plan(platform, installed).changes
    except SpecVersionError as error:
        doubt: Found = Doubt(error.what, is_total=True)
        return {code: [doubt] for code in PLATFORM_CODES}
    return _by_code(compared, lambda change, _: (_of_platform(change),))


def _by_code(
    compared: Iterable[PlanChange], codes: Callable[[PlanChange, PlanRow], tuple[str, ...]]
) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for change in compared:
        for row in change.rows:
            if row.action != "unchanged":
                for code in codes(change, row):
                    found.setdefault(code, []).append(_found(change, row))
    return found


def _of_platform(change: PlanChange) -> str:
    manifest = change.wanted or change.live or {}
    guardrail = ((manifest.get("metadata") or {}).get("labels") or {}).get(GUARDRAIL_LABEL)
    if guardrail is not None:
        return f"guardrail-{guardrail}"
    if change.ref.kind == "ConfigMap" and change.ref.name == GUARDRAILS_CONFIG_MAP:
        return "guardrail-parameters"
    return {"ClusterRole": "platform-roles", "ClusterRoleBinding": "platform-provisioners"}.get(
        change.ref.kind, "platform-objects"
    )


def _found(change: PlanChange, row: PlanRow) -> Found:
    name = f"{row.ref.kind}/{row.ref.name}"
    if row.action == "unknown" or (row.why is not None and row.why.code == "namespace-not-applied"):
        return Doubt(f"{name}: {row.reason}")
    if row.path:
        before, after = (cut(value_text(value) or "") for value in (row.before, row.after))
        if row.after is None:
            return Evidence(name, row.field or "", f"{before!r}, which the spec does not have")
        return Evidence(name, row.field or "", f"{before!r} instead of {after!r}" if before else f"not {after!r}")
    if change.live is None:
        return Evidence(name, "", "does not exist")
    return Evidence(name, "", row.reason)


def _codes(change: PlanChange, row: PlanRow) -> tuple[str, ...]:
    """The codes of the checks that report a difference."""
    name, path = row.ref.name, row.path
    if is_in_index(row.ref):
        return (INDEX,)
    found: tuple[str, ...] = (DRIFT,)
    match row.ref.kind:
        case "Namespace":
            found = _of_namespace(row)
        case "ResourceQuota":
            found = _of_quota(name, path)
        case "LimitRange":
            found = ("limit-range",) if name == LIMITS_NAME else ("foreign-limits",)
        case "NetworkPolicy":
            found = (NETWORK_POLICIES[name],) if name in NETWORK_POLICIES else ()
        case "ServiceAccount" if name == "default" and path[:1] in ((), ("automountServiceAccountToken",)):
            found = ("default-account-token",)
        case "RoleBinding":
            found = _of_binding(change, row)
        case "Ingress" | "HTTPRoute" if row.action == "foreign":
            found = ("foreign-routes",) if not path else ()  # annotations have a check of their own
    return found


def _of_namespace(row: PlanRow) -> tuple[str, ...]:
    path = row.path
    if not path:
        return ("namespace-labels",) if row.why is None or row.why.code != "being-deleted" else ("namespace-active",)
    if path[:2] != _LABELS:
        return ("hosts-annotation",) if path[-1] == HOSTS_ANNOTATION else (DRIFT,)
    if path[-1].startswith(LABEL_PREFIX):
        is_enforced = path[-1].startswith(f"{LABEL_PREFIX}enforce")
        if is_stricter(row.before, row.after):
            return (DRIFT,)
        return ("pod-security-enforced",) if is_enforced else ("pod-security-reported",)
    return ("namespace-labels",) if row.action != "foreign" else ("foreign-labels",)


def is_stricter(level: object, wanted: object) -> bool:
    """Whether a Pod Security level forbids more than another."""
    names: tuple[object, ...] = LEVELS
    return level in names and wanted in names and names.index(level) > names.index(wanted)


def _of_quota(name: str, path: Path) -> tuple[str, ...]:
    if name != QUOTA_NAME:
        return (_QUOTAS.get(name, "foreign-limits"),)
    if not path:
        return ("quota-whole", *QUOTA_CLASSES)
    if path[: len(_HARD)] == _HARD:
        return (quota_class(path[-1]),) if len(path) > len(_HARD) else ("quota-whole", *QUOTA_CLASSES)
    return ("quota-whole",) if path[0] == "spec" else (DRIFT,)


def quota_class(entry: str) -> str:
    """The check that an entry of a quota belongs to.

    Example:
        >>> quota_class("requests.nvidia.com/gpu")
        'quota-accelerators'
    """
    if entry.startswith("services"):
        return "quota-services"
    if entry == "pods" or entry.startswith("count/"):
        return "quota-objects"
    if entry in _STORAGE or class_and_counted(entry)[0]:
        return "quota-storage"
    return "quota-accelerators" if "/" in entry else "quota-compute"


def _of_binding(change: PlanChange, row: PlanRow) -> tuple[str, ...]:
    if row.path:
        if row.path[0] in RIGHTS:
            return ("members-as-named",)
        return (DRIFT,) if row.path != FINALIZERS else ()  # bindings that are being deleted have a check of their own
    if row.action == "create":
        return ("owners-bound",)
    if change.live is not None and role_of(change.live) is None:
        return ()  # of other roles
    return (_OF_BINDINGS.get(row.code or "", DRIFT),)

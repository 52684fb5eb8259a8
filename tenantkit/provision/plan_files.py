"""Plan files: what was approved is what is applied.

A file holds the specs, where the plan was made, and a digest of each object as it was and as it shall be; no object
itself, since it could hold a secret. To apply it, the same specs are planned again, and anything else than what was
approved is refused. A checksum finds a file that was edited; it does not prove who wrote it, so only those who approve
should be able to write where it is kept. Rejected alternative: storing the requests, which would be sent to a cluster
that has changed since.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, Problem, StalePlanError
from tenantkit.hints import Hint
from tenantkit.manifests.claims import is_claim
from tenantkit.provision.changes import blocked
from tenantkit.provision.install import plan_platform
from tenantkit.provision.plan import Plan, plan
from tenantkit.provision.plans.origin import check_cluster, check_platform, cluster_id
from tenantkit.provision.reasons import BLOCKED_WHEN_APPROVED, REFUSED
from tenantkit.provision.stored.platform import find_platform
from tenantkit.rules.listing import first_of
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.base import API_VERSION, canonical_json, check_version
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi

KIND = "Plan"
# The actions for which requests are sent.
_CARRIED_OUT = ("create", "update", "delete", "conflict")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Approved:
    """One object of a plan file."""

    action: str
    live: str
    wanted: str


def write_plan(path: str | os.PathLike[str], plan: Plan) -> None:
    """Write a plan into a file, to be reviewed and then applied exactly as it is.

    Args:
        path: of the file, which is replaced. It is JSON, with the rows as `Plan.as_json` has them.
        plan: from `plan` or `plan_platform`.

    Raises:
        InvalidSpecError: it is not a plan, or a plan of another subject.
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> plan = tk.plan(cluster, tk.get_tenant(cluster, "speech").with_(size="medium"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tk.write_plan(f"{folder}/plan.json", plan)
        ...     tk.read_plan(cluster, f"{folder}/plan.json").summary == plan.summary
        True
    """
    if not isinstance(plan, Plan):
        raise InvalidSpecError([Problem("plan", plan, "is not a plan", hint=Hint("pass the result of {plan}"))])
    if plan.subject not in ("tenants", "platform"):
        reason = f"has the subject {plan.subject!r}, which is not applied from a file"
        raise InvalidSpecError([Problem("plan", plan, reason)])
    content = _content(plan)
    text = json.dumps({**content, "checksum": _checksum(content)}, indent=2, ensure_ascii=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


@takes_cluster
def read_plan(cluster: ClusterApi, path: str | os.PathLike[str]) -> Plan:
    """Read a plan that `write_plan` wrote, and check that it still holds. Nothing is written to the cluster.

    Args:
        cluster: the connection to the cluster on which the plan was made.
        path: of the file.

    Returns:
        The same plan for `apply`. Objects that already match the spec are `unchanged`, so a file can be applied again
        after an interruption. Tenants that were blocked when it was written stay blocked.

    Raises:
        StalePlanError: it was made on another cluster or for another platform, or an object has changed since.
        InvalidSpecError: the file is not a plan, or it was edited.
        SpecVersionError: a newer tenantkit wrote it.
        OSError: the file cannot be read.
        ClusterError: the live objects could not be read.

    RBAC: that of `plan`, or of `plan_platform`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tk.write_plan(f"{folder}/plan.json", tk.plan(cluster, tk.get_tenant(cluster, "forecast")))
        ...     tk.apply(cluster, tk.read_plan(cluster, f"{folder}/plan.json"), progress=False).is_complete
        True
    """
    return parse_plan(cluster, Path(path).read_bytes(), source=str(path))


def is_plan(content: bytes) -> bool:
    """Whether the content of a file is meant as a plan, not as specs."""
    data = _parsed(content)
    return data is not None and data.get("kind") == KIND


def parse_plan(cluster: ClusterApi, content: bytes, *, source: str) -> Plan:
    """The same as `read_plan`, from the content of a file.

    Args:
        cluster: the connection.
        content: of the file.
        source: its name in errors.
    """
    data = _checked(content, source)
    platform = Platform.from_mapping(data["platform"], source=source)
    tenants = [Tenant.from_mapping(one, source=source) for one in data["tenants"]]
    check_cluster(data["clusterId"], cluster_id(cluster))
    if data["subject"] == "platform":
        current = plan_platform(cluster, platform)
    else:
        stored = find_platform(cluster)
        check_platform(data["platformDigest"], stored)
        current = plan(cluster, tenants, platform=stored)
    approved = {
        ObjectRef(one["apiVersion"], one["kind"], one["name"], one["namespace"]): _Approved(
            one["action"], one["live"], one["wanted"]
        )
        for one in data["objects"]
    }
    _check_approved(current, approved)
    return replace(current, changes=tuple(_still_blocked(change, approved) for change in current.changes))


def _content(plan: Plan) -> dict[str, Any]:
    from tenantkit import __version__

    objects = [
        {
            "action": change.action,
            "tenant": change.tenant,
            "apiVersion": change.ref.api_version,
            "kind": change.ref.kind,
            "namespace": change.ref.namespace,
            "name": change.ref.name,
            "live": change.digest,
            "wanted": _wanted_digest(change),
        }
        for change in plan.changes
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "tenantkit": __version__,
        "subject": plan.subject,
        "clusterId": plan.cluster_id,
        "platformDigest": plan.platform_digest,
        "platform": plan.platform.to_document(),
        "tenants": [tenant.to_document() for tenant in plan.tenants],
        "objects": objects,
        **plan.as_json(),
    }


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _checked(content: bytes, source: str) -> dict[str, Any]:
    """The content of a plan file that nobody edited."""
    data = _parsed(content)
    if data is None or data.get("kind") != KIND:
        hint = Hint("pass a file that {write_plan} wrote")
        raise InvalidSpecError([Problem("kind", (data or {}).get("kind"), "is not a plan", hint=hint)], source=source)
    check_version(data.get("apiVersion"), source=source)
    checksum = data.pop("checksum", None)
    if checksum != _checksum(data):
        reason = "the file was edited after the plan was written: plan again"
        raise InvalidSpecError([Problem("checksum", checksum, reason)], source=source)
    return data


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _wanted_digest(change: PlanChange) -> str:
    return hashlib.sha256(canonical_json(change.wanted).encode()).hexdigest()[:16] if change.wanted else ""


def _check_approved(current: Plan, approved: Mapping[ObjectRef, _Approved]) -> None:
    """Refuse a plan that would do anything else than what was approved."""
    changed = [str(change.ref) for change in current.changes if _is_other(change, approved.get(change.ref))]
    refs = {change.ref for change in current.changes}
    # an object to delete that no longer exists is done, and so is a claim without a change
    changed += [
        str(ref)
        for ref, one in approved.items()
        if ref not in refs and one.action in ("create", "update") and not is_claim(ref)
    ]
    if changed:
        raise StalePlanError(
            f"{first_of(changed, _NAMED)} changed after the plan was written, and nothing was written: plan again"
        )


def _is_other(change: PlanChange, approved: _Approved | None) -> bool:
    if change.action not in _CARRIED_OUT:
        return False
    if approved is None:
        return True
    if approved.action in REFUSED:
        return False  # it stays blocked
    return (approved.action, approved.live, approved.wanted) != (change.action, change.digest, _wanted_digest(change))


def _still_blocked(change: PlanChange, approved: Mapping[ObjectRef, _Approved]) -> PlanChange:
    before = approved.get(change.ref)
    if before is not None and before.action in REFUSED and change.action in _CARRIED_OUT:
        return blocked(change, BLOCKED_WHEN_APPROVED)
    return change

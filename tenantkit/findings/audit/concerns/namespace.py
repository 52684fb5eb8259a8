"""The Namespace of a tenant: the grant, its labels and hosts, and the Pod Security levels.

Source: page "Pod Security Admission".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence, cut
from tenantkit.findings.audit.comparison import is_stricter
from tenantkit.findings.audit.concerns.planned import APPLY, planned, planned_check
from tenantkit.findings.audit.fields import labels_of
from tenantkit.findings.audit.view import GRANT, PLATFORM, SPEC
from tenantkit.hints import Message
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.rules.pod_security.levels import LABEL_PREFIX
from tenantkit.spec.tenant import GRANT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView


def _is_active(view: TenantView) -> Iterator[Found]:
    metadata = view.namespace["metadata"]
    if metadata.get("deletionTimestamp"):
        yield Evidence(f"Namespace/{view.name}", "metadata.deletionTimestamp", str(metadata["deletionTimestamp"]))


def _grant_is_readable(view: TenantView) -> Iterator[Found]:
    found = view.cluster.grants[view.name]
    if isinstance(found, str):
        yield Evidence(f"Namespace/{view.name}", f"metadata.annotations[{GRANT_ANNOTATION}]", cut(found))


def _grant_fits(view: TenantView) -> Iterator[Found]:
    why = view.cluster.unfit.get(view.name)
    if why is not None:
        yield Evidence(f"Namespace/{view.name}", f"metadata.annotations[{GRANT_ANNOTATION}]", cut(why))
    if view.grant.name != view.tenant:
        field = f"metadata.annotations[{GRANT_ANNOTATION}]"
        yield Evidence(f"Namespace/{view.name}", field, f"is the grant of {view.grant.name!r}, not {view.tenant!r}")


def _is_as_specified(view: TenantView) -> Iterator[Found]:
    specs = {spec.name: spec for spec in view.cluster.snapshot.specs or ()}
    field = f"metadata.annotations[{GRANT_ANNOTATION}]"
    spec = specs.get(view.grant.name)
    if spec is None:
        yield Evidence(f"Namespace/{view.name}", field, f"tenant {view.grant.name!r} is not among the specs")
        return
    for name in GRANT_FIELDS:
        wanted, stored = getattr(spec, name), getattr(view.grant, name)
        if wanted != stored:
            yield Evidence(f"Namespace/{view.name}", f"{field}.{name}", cut(f"{stored!r} instead of {wanted!r}"))


def missing_namespace(name: str) -> Evidence:
    """What `namespace-active` finds for a tenant of the specs that does not exist."""
    return Evidence(f"Namespace/{name}", "", "does not exist")


def _has_one_namespace(view: TenantView) -> Iterator[Found]:
    for name, namespace in view.cluster.namespaces.items():
        if name != view.name and name in view.cluster.tenant_namespaces:
            labels = namespace["metadata"]["labels"]
            if labels.get("tenantkit.dev/tenant") == view.tenant:
                yield Evidence(f"Namespace/{name}", "metadata.labels[tenantkit.dev/tenant]", f"also {view.tenant!r}")


def _has_not_expired(view: TenantView) -> Iterator[Found]:
    expires = view.grant.expires
    if expires is not None and expires <= view.cluster.snapshot.now:
        yield Evidence(f"Namespace/{view.name}", "grant.expires", f"{expires.isoformat()} is over")


def _has_no_ended_boost(view: TenantView) -> Iterator[Found]:
    boost = view.grant.boost
    if boost is not None and boost.has_ended(view.cluster.snapshot.now):
        yield Evidence(f"Namespace/{view.name}", "grant.boost.until", f"{boost.until.isoformat()} is over")


def _enforces(view: TenantView) -> Iterator[Found]:
    yield from _levels(view, "enforce")


def _reports(view: TenantView) -> Iterator[Found]:
    for mode in ("audit", "warn"):
        yield from _levels(view, mode)


def _levels(view: TenantView, mode: str) -> Iterator[Found]:
    """Whether a level is at least the platform's, in the version that the platform wants."""
    labels, security = labels_of(view.namespace), view.platform.security
    level, wanted = labels.get(f"{LABEL_PREFIX}{mode}"), getattr(security, mode)
    where = f"Namespace/{view.name}"
    if level != wanted and not is_stricter(level, wanted):
        yield Evidence(where, f"metadata.labels[{LABEL_PREFIX}{mode}]", f"{level or 'not set'} instead of {wanted}")
    version = labels.get(f"{LABEL_PREFIX}{mode}-version")
    if version not in (None, security.version):
        field = f"metadata.labels[{LABEL_PREFIX}{mode}-version]"
        yield Evidence(where, field, f"{version} instead of {security.version}")


# Only where specs are given.
SPEC_CHECK = Check(
    "grant-as-specified",
    "namespace",
    "high",
    "The grant on the cluster is that of the given specs, and the tenant is among them.",
    Message("run {plan} with the tenant's file, or add the tenant to the files"),
    _is_as_specified,
    ("Namespace", GRANT),
)
CHECKS = (
    Check(
        "namespace-active",
        "namespace",
        "medium",
        "The tenant's Namespace exists and is not being deleted.",
        Message("wait until it is deleted, or find out with kubectl what keeps it"),
        _is_active,
        ("Namespace",),
    ),
    Check(
        "grant-readable",
        "namespace",
        "critical",
        "The grant is stored on the Namespace and can be read.",
        Message("plan and apply the tenant from its file again"),
        _grant_is_readable,
        ("Namespace",),
    ),
    Check(
        "grant-fits",
        "namespace",
        "high",
        "The grant is that of the tenant in the Namespace's labels, and fits the platform.",
        Message("correct the tenant's file, then plan and apply it"),
        _grant_fits,
        ("Namespace", GRANT, PLATFORM),
    ),
    Check(
        "grant-not-expired",
        "namespace",
        "medium",
        "The grant has not expired.",
        Message("extend the grant, or remove the tenant with {delete_tenants}"),
        _has_not_expired,
        ("Namespace", GRANT),
    ),
    Check(
        "boost-not-ended",
        "quota",
        "medium",
        "No boost that has ended is still in the grant.",
        Message("run {plan} and apply the plan, which takes the boost back"),
        _has_no_ended_boost,
        ("Namespace", GRANT),
    ),
    Check(
        "one-namespace",
        "namespace",
        "high",
        "No other Namespace has the labels of this tenant.",
        Message("remove the labels of tenantkit from the Namespace that is not the tenant's"),
        _has_one_namespace,
        ("Namespace*",),
    ),
    planned_check(
        "hosts-annotation",
        "namespace",
        "critical",
        "The granted hosts in the Namespace's annotation are those of the grant.",
    ),
    planned_check(
        "namespace-labels",
        "namespace",
        "high",
        "The Namespace has the labels of its tenant, its team and the platform.",
    ),
    Check(
        "foreign-labels",
        "namespace",
        "low",
        "The Namespace has no labels beyond the spec, which could choose other policies.",
        Message("remove the label, or add it to the platform's labels"),
        planned("foreign-labels"),
        ("Namespace", SPEC),
    ),
    Check(
        "pod-security-enforced",
        "pods",
        "critical",
        "The Pod Security level that is enforced is at least the platform's.",
        APPLY,
        _enforces,
        ("Namespace", PLATFORM),
    ),
    Check(
        "pod-security-reported",
        "pods",
        "low",
        "The Pod Security levels that are audited and warned of are at least the platform's.",
        APPLY,
        _reports,
        ("Namespace", PLATFORM),
    ),
)

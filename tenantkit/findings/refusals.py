"""The API server's refusals: their messages, parsed into a cause and the object that blocks.

Controllers repeat the server's message in an event or a condition, and it is not written down in any other form. So the
message is parsed here, by one table: one row per plug-in, with a pattern from its source. A message that no row matches
is still shown as it is.
Sources, 1.37: apiserver, admission/plugin/resourcequota, namespace/lifecycle and policy/validating; kubernetes,
plugin/pkg/admission/limitranger, serviceaccount and priority; pod-security-admission, admission.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.findings.quota_holders import holders_text
from tenantkit.rules.amounts import parse_amount
from tenantkit.rules.quantities import check_quantity, same_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.findings.finding import Cause
    from tenantkit.findings.snapshot import ClusterSnapshot

    Detail = Callable[["ClusterSnapshot", str, "re.Match[str]"], str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server refused something.

    Args:
        cause: one of `CAUSES`.
        object: what blocks; None where the message names nothing.
        detail: figures that are not in the message.
        next_steps: what to do.
    """

    cause: Cause
    object: str | None
    detail: str
    next_steps: str


def read_refusal(snapshot: ClusterSnapshot, namespace: str, message: str) -> Refusal:
    """Parse the message of a refusal.

    Args:
        snapshot: for the figures behind it.
        namespace: where the object was to be created.
        message: of the API server, as a controller repeats it.
    """
    for row in _PATTERNS:
        found = row.pattern.search(message)
        if found is not None:
            names = {"namespace": namespace, **{key: value or "" for key, value in found.groupdict().items()}}
            what = row.object.format(**names) if row.object else None
            detail = row.detail(snapshot, namespace, found) if row.detail else ""
            if row.cause == "limit range":
                what = _limit_range(snapshot, namespace, found) or what
            return Refusal(row.cause, what, detail, row.next_steps.format(**names))
    return Refusal("refused", None, "", "change what the server rejects")


def _over_quota(snapshot: ClusterSnapshot, namespace: str, found: re.Match[str]) -> str:
    """Request, usage, excess and holders: one part per entry."""
    requested, used, limited = (_amounts(found[name]) for name in ("requested", "used", "limited"))
    quota = snapshot.find("ResourceQuota", found["name"], namespace)
    texts = []
    for entry in sorted(requested.keys() & limited.keys()):
        after = parse_amount(used.get(entry, "0")) + parse_amount(requested[entry])
        limit = parse_amount(limited[entry])
        over = type(after)(after.value - limit.value, limit.family if limit.value else after.family)
        text = (
            f"{entry}: {requested[entry]} requested, {used.get(entry, '0')} of {limited[entry]} used, {over} too much"
        )
        held = holders_text(snapshot, quota, entry) if quota is not None else ""
        texts.append(f"{text}, {held}" if held else text)
    return "; ".join(texts)


def _amounts(listed: str) -> dict[str, str]:
    """`cpu=1,memory=2Gi` by entry; anything else is left out, since a message may come from anybody."""
    pairs = (pair.partition("=") for pair in listed.split(","))
    return {name: amount for name, _, amount in pairs if check_quantity(amount) is None}


def _limit_range(snapshot: ClusterSnapshot, namespace: str, found: re.Match[str]) -> str | None:
    """The LimitRange that refused; the message does not name it, but it has type, resource and amount."""
    field = {"minimum": "min", "maximum": "max"}.get(found["bound"] or "", "maxLimitRequestRatio")
    for limit_range in snapshot.all("LimitRange", namespace):
        for limit in (limit_range.get("spec") or {}).get("limits") or ():
            amount = (limit.get(field) or {}).get(found["resource"])
            if limit.get("type") == found["type"] and amount is not None and _same(amount, found["amount"]):
                return f"LimitRange/{limit_range['metadata']['name']}"
    return None


def _same(first: str, second: str) -> bool:
    shown = second.rstrip(".")
    return check_quantity(shown) is None and same_quantity(first, shown)


def _fields(_snapshot: ClusterSnapshot, _namespace: str, found: re.Match[str]) -> str:
    """The fields that Pod Security requires: `securityContext.runAsNonRoot` and so on."""
    fields = sorted(set(re.findall(r"(?:securityContext|hostPath|hostNetwork|hostPID|hostIPC)[\w.]*", found["fields"])))
    return f"fields: {', '.join(fields)}" if fields else ""


@dataclass(frozen=True, slots=True)
class _Pattern:
    cause: Cause
    pattern: re.Pattern[str]
    object: str | None
    next_steps: str
    detail: Detail | None = None


_PATTERNS = (
    _Pattern(
        "namespace terminating",
        re.compile(r"unable to create new content in namespace (?P<name>\S+) because it is being terminated"),
        "Namespace/{name}",
        "wait until namespace {name} is deleted, or use another one",
    ),
    _Pattern(
        "quota exceeded",
        re.compile(
            r"exceeded quota: (?P<name>[^,\s]+), requested: (?P<requested>\S+), used: (?P<used>\S+), "
            r"limited: (?P<limited>[^\s\];]+)"
        ),
        "ResourceQuota/{name}",
        "request less, delete workloads that hold it, or ask the platform team for a larger quota",
        _over_quota,
    ),
    _Pattern(
        "quota exceeded",
        re.compile(r"insufficient quota to (?:consume|match these scopes): (?P<entries>.+)"),
        None,
        "ask the platform team for a quota that covers this",
    ),
    _Pattern(
        "quota exceeded",
        re.compile(r"status unknown for quota: (?P<name>[^,\s]+), resources: (?P<entries>\S+)"),
        "ResourceQuota/{name}",
        "wait until the quota is counted; if that takes long, the controller manager is not running",
    ),
    _Pattern(
        "request missing",
        re.compile(r"failed quota: (?P<name>[^:\s]+): must specify (?P<entries>.+)"),
        "ResourceQuota/{name}",
        "set the missing requests and limits in the pod template: {entries}",
    ),
    _Pattern(
        "limit range",
        re.compile(
            r"(?:(?P<bound>minimum|maximum) )?(?P<resource>[\w./-]+) (?:usage|max limit to request ratio) per "
            r"(?P<type>\w+) is (?P<amount>[\w.+-]+)"
        ),
        "LimitRange/",
        "change the requests and limits so that they are within its range",
    ),
    _Pattern(
        "pod security",
        re.compile(r'violates PodSecurity "(?P<level>[^"]+)": (?P<fields>.+)', re.DOTALL),
        "Namespace/{namespace}",
        "change the fields in the message in the pod template, or ask the platform team for another level than {level}",
        _fields,
    ),
    _Pattern(
        "policy",
        re.compile(
            r"ValidatingAdmissionPolicy '(?P<name>[^']+)' with binding '(?P<binding>[^']+)' denied request: (?P<why>.+)"
        ),
        "ValidatingAdmissionPolicy/{name}",
        "change what the policy rejects: {why}",
    ),
    _Pattern(
        "policy",
        re.compile(r'admission webhook "(?P<name>[^"]+)" denied the request'),
        "Webhook/{name}",
        "change what the webhook rejects",
    ),
    _Pattern(
        "policy",
        re.compile(r'failed calling webhook "(?P<name>[^"]+)"'),
        "Webhook/{name}",
        "tell the platform team that this webhook does not answer",
    ),
    _Pattern(
        "service account missing",
        re.compile(r"error looking up service account (?P<where>[^/\s]+)/(?P<name>[^:\s]+): .*not found"),
        "ServiceAccount/{name}",
        "create the service account {name}, or name another in serviceAccountName",
    ),
    _Pattern(
        "priority class missing",
        re.compile(r"no PriorityClass with name (?P<name>\S+) was found"),
        "PriorityClass/{name}",
        "use a priority class that exists, or none",
    ),
    _Pattern(
        "not permitted",
        re.compile(r'is forbidden: User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'),
        None,
        "give {user} permission to {verb} {resource} here",
    ),
)

"""What the API server says when it refuses an object, read back into a cause and what stands in the way.

Controllers repeat the server's words in an event or a condition, and nobody writes the reason down in any other form.
So the words are read, by one table: each row a plug-in, its pattern taken from its source. What no row knows is still
told, in the server's words.
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
    from tenantkit.findings.snapshot import Snapshot

    Detail = Callable[["Snapshot", str, "re.Match[str]"], str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server refused something.

    Args:
        cause: of the vocabulary.
        object: what stands in the way; None where the message names nothing.
        detail: figures that the message does not hold.
        what_to_do: the next step.
    """

    cause: Cause
    object: str | None
    detail: str
    what_to_do: str


def read_refusal(snapshot: Snapshot, namespace: str, message: str) -> Refusal:
    """The cause behind a refusal's message.

    Args:
        snapshot: for the figures behind it.
        namespace: where the object was to be.
        message: of the API server, as a controller has repeated it.
    """
    for row in _ROWS:
        found = row.pattern.search(message)
        if found is not None:
            names = {"namespace": namespace, **{key: value or "" for key, value in found.groupdict().items()}}
            what = row.object.format(**names) if row.object else None
            detail = row.detail(snapshot, namespace, found) if row.detail else ""
            if row.cause == "limit range":
                what = _limit_range(snapshot, namespace, found) or what
            return Refusal(row.cause, what, detail, row.what_to_do.format(**names))
    return Refusal("refused", None, "", "change what the server objects to")


def _over_quota(snapshot: Snapshot, namespace: str, found: re.Match[str]) -> str:
    """By what, by how much, and who holds it: one part an entry."""
    requested, used, limited = (_amounts(found[name]) for name in ("requested", "used", "limited"))
    quota = snapshot.find("ResourceQuota", found["name"], namespace)
    parts = []
    for entry in sorted(requested.keys() & limited.keys()):
        after = parse_amount(used.get(entry, "0")) + parse_amount(requested[entry])
        limit = parse_amount(limited[entry])
        over = type(after)(after.value - limit.value, limit.family if limit.value else after.family)
        text = f"{entry}: {requested[entry]} asked, {used.get(entry, '0')} of {limited[entry]} used, {over} too much"
        held = holders_text(snapshot, quota, entry) if quota is not None else ""
        parts.append(f"{text}, {held}" if held else text)
    return "; ".join(parts)


def _amounts(listed: str) -> dict[str, str]:
    """`cpu=1,memory=2Gi` by entry; what is no amount is left out, since messages come from anybody."""
    pairs = (pair.partition("=") for pair in listed.split(","))
    return {name: amount for name, _, amount in pairs if check_quantity(amount) is None}


def _limit_range(snapshot: Snapshot, namespace: str, found: re.Match[str]) -> str | None:
    """Which LimitRange says so; the message does not name it, but its kind, resource and amount."""
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


def _fields(_snapshot: Snapshot, _namespace: str, found: re.Match[str]) -> str:
    """The fields that Pod Security wants set: `securityContext.runAsNonRoot`, and so on."""
    fields = sorted(set(re.findall(r"(?:securityContext|hostPath|hostNetwork|hostPID|hostIPC)[\w.]*", found["fields"])))
    return f"fields: {', '.join(fields)}" if fields else ""


@dataclass(frozen=True, slots=True)
class _Row:
    cause: Cause
    pattern: re.Pattern[str]
    object: str | None
    what_to_do: str
    detail: Detail | None = None


_ROWS = (
    _Row(
        "namespace terminating",
        re.compile(r"unable to create new content in namespace (?P<name>\S+) because it is being terminated"),
        "Namespace/{name}",
        "wait until namespace {name} is gone, or work in another one",
    ),
    _Row(
        "quota exceeded",
        re.compile(
            r"exceeded quota: (?P<name>[^,\s]+), requested: (?P<requested>\S+), used: (?P<used>\S+), "
            r"limited: (?P<limited>[^\s\];]+)"
        ),
        "ResourceQuota/{name}",
        "ask for less, end what holds it, or ask the platform for a larger quota",
        _over_quota,
    ),
    _Row(
        "quota exceeded",
        re.compile(r"insufficient quota to (?:consume|match these scopes): (?P<entries>.+)"),
        None,
        "ask the platform for a quota that covers this",
    ),
    _Row(
        "quota exceeded",
        re.compile(r"status unknown for quota: (?P<name>[^,\s]+), resources: (?P<entries>\S+)"),
        "ResourceQuota/{name}",
        "wait until the quota has been counted; if that takes long, the controller manager does not run",
    ),
    _Row(
        "request missing",
        re.compile(r"failed quota: (?P<name>[^:\s]+): must specify (?P<entries>.+)"),
        "ResourceQuota/{name}",
        "say the missing requests and limits in the pod template: {entries}",
    ),
    _Row(
        "limit range",
        re.compile(
            r"(?:(?P<bound>minimum|maximum) )?(?P<resource>[\w./-]+) (?:usage|max limit to request ratio) per "
            r"(?P<type>\w+) is (?P<amount>[\w.+-]+)"
        ),
        "LimitRange/",
        "change the requests and limits so that they keep to it",
    ),
    _Row(
        "pod security",
        re.compile(r'violates PodSecurity "(?P<level>[^"]+)": (?P<fields>.+)', re.DOTALL),
        "Namespace/{namespace}",
        "change the fields that are named in the pod template, or ask the platform for another level than {level}",
        _fields,
    ),
    _Row(
        "policy",
        re.compile(
            r"ValidatingAdmissionPolicy '(?P<name>[^']+)' with binding '(?P<binding>[^']+)' denied request: (?P<why>.+)"
        ),
        "ValidatingAdmissionPolicy/{name}",
        "change what the policy objects to: {why}",
    ),
    _Row(
        "policy",
        re.compile(r'admission webhook "(?P<name>[^"]+)" denied the request'),
        "Webhook/{name}",
        "change what the webhook objects to",
    ),
    _Row(
        "policy",
        re.compile(r'failed calling webhook "(?P<name>[^"]+)"'),
        "Webhook/{name}",
        "tell the platform that this webhook gives no answer",
    ),
    _Row(
        "service account missing",
        re.compile(r"error looking up service account (?P<where>[^/\s]+)/(?P<name>[^:\s]+): .*not found"),
        "ServiceAccount/{name}",
        "make the service account {name}, or name another in serviceAccountName",
    ),
    _Row(
        "priority class missing",
        re.compile(r"no PriorityClass with name (?P<name>\S+) was found"),
        "PriorityClass/{name}",
        "name a priority class that there is, or none",
    ),
    _Row(
        "not permitted",
        re.compile(r'is forbidden: User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'),
        None,
        "give {user} the right to {verb} {resource} here",
    ),
)

"""Refusals as findings: the cause, the object that blocks, and figures that the server's message does not contain.

The message itself is parsed in `rules/refusals.py`, which also has the advice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tenantkit.findings.quota_holders import holders_text
from tenantkit.rules.amounts import parse_amount
from tenantkit.rules.quantities import check_quantity, same_quantity
from tenantkit.rules.refusals import parse_refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenantkit.findings.finding import Cause
    from tenantkit.findings.snapshot import ClusterSnapshot
    from tenantkit.rules.refusals import RefusalCode

    Detail = Callable[["ClusterSnapshot", str, "Mapping[str, str]"], str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server refused something.

    Args:
        cause: one of `CAUSES`.
        object: what blocks; None where the message names nothing.
        detail: figures that are not in the message.
        next_steps: what to do.
        by_editor: whether that changes objects of the namespace, which its owners and editors may.
    """

    cause: Cause
    object: str | None
    detail: str
    next_steps: str
    by_editor: bool = True


def read_refusal(snapshot: ClusterSnapshot, namespace: str, message: str) -> Refusal:
    """Parse the message of a refusal.

    Args:
        snapshot: for the figures behind it.
        namespace: where the object was to be created.
        message: of the API server, as a controller repeats it.
    """
    parsed = parse_refusal(message, snapshot.team)
    if parsed is None:
        return Refusal("refused", None, "", "change what the server rejects")
    meaning = _MEANINGS[parsed.code]
    names = {"namespace": namespace, **parsed.names}
    blocker = meaning.object.format(**names) if meaning.object else None
    if parsed.code == "limit range":
        blocker = _limit_range(snapshot, namespace, parsed.names) or blocker
    detail = meaning.detail(snapshot, namespace, parsed.names) if meaning.detail else ""
    return Refusal(meaning.cause, blocker, detail, parsed.next_steps, by_editor=parsed.code not in _FOR_ANYBODY)


def _over_quota(snapshot: ClusterSnapshot, namespace: str, names: Mapping[str, str]) -> str:
    """Request, usage, excess and holders: one part per entry."""
    requested, used, limited = (_amounts(names[name]) for name in ("requested", "used", "limited"))
    quota = snapshot.find("ResourceQuota", names["name"], namespace)
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


def _limit_range(snapshot: ClusterSnapshot, namespace: str, names: Mapping[str, str]) -> str | None:
    """The LimitRange that refused; the message does not name it, but it has type, resource and amount."""
    field = {"minimum": "min", "maximum": "max"}.get(names["bound"] or "", "maxLimitRequestRatio")
    for limit_range in snapshot.all("LimitRange", namespace):
        for limit in (limit_range.get("spec") or {}).get("limits") or ():
            amount = (limit.get(field) or {}).get(names["resource"])
            if limit.get("type") == names["type"] and amount is not None and _same(amount, names["amount"]):
                return f"LimitRange/{limit_range['metadata']['name']}"
    return None


def _same(first: str, second: str) -> bool:
    shown = second.rstrip(".")
    return check_quantity(shown) is None and same_quantity(first, shown)


def _fields(_snapshot: ClusterSnapshot, _namespace: str, names: Mapping[str, str]) -> str:
    """The fields that Pod Security requires: `securityContext.runAsNonRoot` and so on."""
    fields = sorted(set(re.findall(r"(?:securityContext|hostPath|hostNetwork|hostPID|hostIPC)[\w.]*", names["fields"])))
    return f"fields: {', '.join(fields)}" if fields else ""


@dataclass(frozen=True, slots=True)
class _Meaning:
    cause: Cause
    object: str | None = None
    detail: Detail | None = None


# whose advice is to wait, to ask the platform team, or names itself who may do it
_FOR_ANYBODY: frozenset[RefusalCode] = frozenset(
    {
        "namespace terminating",
        "tenant frozen",
        "quota missing",
        "quota not counted",
        "guardrail",
        "webhook failed",
        "not permitted",
    }
)
_MEANINGS: Mapping[RefusalCode, _Meaning] = MappingProxyType(
    {
        "namespace terminating": _Meaning("namespace terminating", "Namespace/{name}"),
        "tenant frozen": _Meaning("tenant frozen", "ResourceQuota/{name}"),
        "quota exceeded": _Meaning("quota exceeded", "ResourceQuota/{name}", _over_quota),
        "quota missing": _Meaning("quota exceeded"),
        "quota not counted": _Meaning("quota exceeded", "ResourceQuota/{name}"),
        "request missing": _Meaning("request missing", "ResourceQuota/{name}"),
        "limit range": _Meaning("limit range", "LimitRange/"),
        "pod security": _Meaning("pod security", "Namespace/{namespace}", _fields),
        "guardrail": _Meaning("policy", "ValidatingAdmissionPolicy/{name}"),
        "policy": _Meaning("policy", "ValidatingAdmissionPolicy/{name}"),
        "webhook denied": _Meaning("policy", "Webhook/{name}"),
        "webhook failed": _Meaning("policy", "Webhook/{name}"),
        "service account missing": _Meaning("service account missing", "ServiceAccount/{name}"),
        "priority class missing": _Meaning("priority class missing", "PriorityClass/{name}"),
        "not permitted": _Meaning("not permitted"),
    }
)

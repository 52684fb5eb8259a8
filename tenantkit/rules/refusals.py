"""Refusals of the API server: what their messages mean, and what to do next.

The server gives the reason only as text, and controllers repeat that text in events and conditions. One table parses
it, with one row per admission plug-in. Errors of the client and the findings of `why` take their advice from it, and
`fits` where the server refuses its dry run.
Sources, 1.37: apiserver, admission/plugin/resourcequota, namespace/lifecycle and policy/validating; kubernetes,
plugin/pkg/admission/limitranger, serviceaccount and priority; pod-security-admission, admission.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

RefusalCode: TypeAlias = Literal[
    "namespace terminating",
    "tenant frozen",
    "quota exceeded",
    "quota missing",
    "quota not counted",
    "request missing",
    "limit range",
    "pod security",
    "guardrail",
    "policy",
    "webhook denied",
    "webhook failed",
    "service account missing",
    "priority class missing",
    "not permitted",
]


@dataclass(frozen=True, slots=True)
class ServerRefusal:
    """A parsed message.

    Args:
        code: what refused.
        names: what the message names, such as the quota and its amounts; a part that is missing is an empty text.
        next_steps: what to do.
    """

    code: RefusalCode
    names: Mapping[str, str]
    next_steps: str


def parse_refusal(message: str, team: str = "the platform team") -> ServerRefusal | None:
    """Parse the message of a refusal; None if no row of the table matches.

    Example:
        >>> refusal = parse_refusal("failed quota: team: must specify requests.cpu")
        >>> refusal.code, refusal.names
        ('request missing', {'name': 'team', 'entries': 'requests.cpu'})
    """
    for row in _PATTERNS:
        found = row.pattern.search(message)
        if found is not None:
            names = {key: value or "" for key, value in found.groupdict().items()}
            return ServerRefusal(row.code, names, row.next_steps.format_map(names | {"team": team}))
    return None


@dataclass(frozen=True, slots=True)
class _Pattern:
    code: RefusalCode
    pattern: re.Pattern[str]
    next_steps: str


_PATTERNS = (
    _Pattern(
        "namespace terminating",
        re.compile(r"unable to create new content in namespace (?P<name>\S+) because it is being terminated"),
        "wait until namespace {name} is deleted, or use another one",
    ),
    _Pattern(
        "tenant frozen",  # the name of the quota with which tenantkit freezes a tenant
        re.compile(r"exceeded quota: (?P<name>tenantkit-frozen)\b"),
        "the tenant is frozen by the platform: no new pods start until {team} thaws it, so ask them; what runs goes on",
    ),
    _Pattern(
        "quota exceeded",
        re.compile(
            r"exceeded quota: (?P<name>tenantkit-priority)"
            r"(?:, requested: (?P<requested>\S+), used: (?P<used>\S+), limited: (?P<limited>[^\s\];]+))?"
        ),
        "use a priority class that the platform lists, or none: this quota admits no pod of any other class",
    ),
    _Pattern(
        "quota exceeded",
        re.compile(
            r"exceeded quota: (?P<name>[^,\s]+)"
            r"(?:, requested: (?P<requested>\S+), used: (?P<used>\S+), limited: (?P<limited>[^\s\];]+))?"
        ),
        "request less, delete workloads that hold it, or ask {team} for a larger quota",
    ),
    _Pattern(
        "quota missing",
        re.compile(r"insufficient quota to (?:consume|match these scopes): (?P<entries>.+)"),
        "ask {team} for a quota that covers these pods",
    ),
    _Pattern(
        "quota not counted",
        re.compile(r"status unknown for quota: (?P<name>[^,\s]+)"),
        "wait until the quota is counted; "
        "if that takes more than a minute, check whether the controller manager is running",
    ),
    _Pattern(
        "request missing",
        re.compile(r"failed quota: (?P<name>[^:\s]+): must specify (?P<entries>.+)"),
        "set the missing requests and limits in the pod template: {entries}",
    ),
    _Pattern(
        "limit range",
        re.compile(
            r"(?:(?P<bound>minimum|maximum) )?(?P<resource>[\w./-]+) (?:usage|max limit to request ratio) per "
            r"(?P<type>\w+) is (?P<amount>[\w.+-]+)"
        ),
        "change the requests and limits so that they are within the limit range",
    ),
    _Pattern(
        "pod security",
        re.compile(r'violates PodSecurity "(?P<level>[^"]+)"(?:: (?P<fields>.+))?', re.DOTALL),
        "change the fields in the message in the pod template, or ask {team} for a level other than {level}",
    ),
    _Pattern(
        "guardrail",
        re.compile(
            r"ValidatingAdmissionPolicy '(?P<name>tenantkit-[^']+)' with binding '(?P<binding>[^']+)'"
            r"(?: denied request)?: tenantkit: (?P<what>.+?) is not allowed (?P<where>[a-zA-Z' -]*): (?P<instead>.+)"
        ),
        "{instead}",
    ),
    _Pattern(
        "policy",
        re.compile(r"ValidatingAdmissionPolicy '(?P<name>[^']+)' with binding '(?P<binding>[^']+)' denied request"),
        "change what the policy rejects; {team} maintains it",
    ),
    _Pattern(
        "webhook denied",
        re.compile(r'admission webhook "(?P<name>[^"]+)" denied the request'),
        "change what the webhook rejects; {team} maintains it",
    ),
    _Pattern(
        "webhook failed",
        re.compile(r'failed calling webhook "(?P<name>[^"]+)"'),
        "report to {team} that this webhook does not answer",
    ),
    _Pattern(
        "service account missing",
        re.compile(r"error looking up service account (?P<where>[^/\s]+)/(?P<name>[^:\s]+): .*not found"),
        "create the service account {name}, or set serviceAccountName to another one",
    ),
    _Pattern(
        "priority class missing",
        re.compile(r"no PriorityClass with name (?P<name>\S+) was found"),
        "use a priority class that exists, or none",
    ),
    _Pattern(
        "not permitted",
        re.compile(r'is forbidden: User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'),
        "give {user} permission to {verb} {resource} in this namespace",
    ),
)

"""NetworkPolicies of a tenant: the five of the platform, and those that open what these close.

Policies only add up: one that selects a pod and allows something allows it, whatever the others say.

Source: page "Network Policies", section "The two sorts of pod isolation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence, cut
from tenantkit.findings.audit.comparison import NETWORK_POLICIES
from tenantkit.findings.audit.concerns.templates import POD_KINDS, pods_and_templates
from tenantkit.findings.audit.fields import items, labels_of, mapping, name_of, texts
from tenantkit.findings.audit.view import SPEC
from tenantkit.hints import Message
from tenantkit.manifests.network_policies import DEFAULT_DENY, DNS, EGRESS, FROM_ROUTING, SAME_NAMESPACE
from tenantkit.provision.content.policies import openings
from tenantkit.rules.selectors.label_selectors import label_selector_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView

_POLICY = "NetworkPolicy"
_TURN_ON = Message("set network.isolate on the platform, remove this tenant from network.not_isolated, and apply it")
_PASSES = {
    DEFAULT_DENY: f"NetworkPolicy {DEFAULT_DENY} closes all pods in both directions.",
    SAME_NAMESPACE: f"NetworkPolicy {SAME_NAMESPACE} allows the tenant's own pods, and only these.",
    DNS: f"NetworkPolicy {DNS} allows name resolution, and nothing else.",
    FROM_ROUTING: f"NetworkPolicy {FROM_ROUTING} allows the ingress controllers, and nobody else.",
    EGRESS: f"NetworkPolicy {EGRESS} allows the internet and what the platform shares, and no more.",
}


def _wall(name: str) -> Callable[[TenantView], Iterator[Found]]:
    """A judge of one of the platform's policies: it exists, and is what the platform wants."""

    def judge(view: TenantView) -> Iterator[Found]:
        found = view.differences(NETWORK_POLICIES[name])
        yield from found
        is_there = any(policy["metadata"]["name"] == name for policy in view.of(_POLICY))
        if not found and not is_there:  # so that the platform does not want it
            yield Evidence(f"{_POLICY}/{name}", "", "does not exist, and the platform does not ask for it")

    return judge


def _isolated(view: TenantView) -> Iterator[Found]:
    network = view.platform.network
    if not network.isolate:
        yield Evidence("Platform", "network.isolate", "False")
    elif not view.platform.is_isolated(view.grant):
        yield Evidence("Platform", "network.not_isolated", f"has {view.grant.name!r}")


def _opened(view: TenantView) -> Iterator[Found]:
    """What other policies allow from and to places outside of the namespace."""
    for policy in view.of(_POLICY):
        if policy["metadata"]["name"] not in NETWORK_POLICIES:
            for what in openings(policy):
                yield Evidence(name_of(policy), "spec", f"allows {what}")


def _select_something(view: TenantView) -> Iterator[Found]:
    """A policy that selects no pod closes nothing, though it looks like a wall."""
    labels = [labels_of(pod) for _, _, pod in pods_and_templates(view)]
    for policy in view.of(_POLICY):
        selector = mapping(policy, "spec", "podSelector")
        if selector and not any(map(label_selector_of(selector).matches, labels)):
            yield Evidence(name_of(policy), "spec.podSelector", cut(selector))


def _are_of_both_types(view: TenantView) -> Iterator[Found]:
    """Some network plug-ins open the other direction, too, for a policy of both types that opens one."""
    for policy in view.of(_POLICY):
        types = texts(policy, "spec", "policyTypes")
        opens = [direction for direction in ("ingress", "egress") if items(policy, "spec", direction)]
        if policy["metadata"]["name"] not in NETWORK_POLICIES and len(types) > 1 and len(opens) == 1:
            yield Evidence(name_of(policy), "spec.policyTypes", f"has both, and opens only {opens[0]}")


CHECKS = (
    Check(
        "network-isolated",
        "network",
        "critical",
        "The platform isolates this tenant's network.",
        _TURN_ON,
        _isolated,
        (SPEC,),
    ),
    *(
        Check(
            code,
            "network",
            "critical",
            _PASSES[name],
            Message("run {plan}, review the rows, and apply the plan"),
            _wall(name),
            ("Namespace", SPEC, _POLICY),
        )
        for name, code in NETWORK_POLICIES.items()
    ),
    Check(
        "network-opened",
        "network",
        "critical",
        "No other NetworkPolicy opens the namespace to or from outside.",
        Message("delete the NetworkPolicy, or add what it allows to the platform's network settings"),
        _opened,
        (_POLICY,),
    ),
    Check(
        "network-selects-something",
        "network",
        "low",
        "Each NetworkPolicy selects a pod or a template.",
        Message("correct spec.podSelector, or delete the NetworkPolicy"),
        _select_something,
        (_POLICY, *POD_KINDS),
    ),
    Check(
        "network-one-direction",
        "network",
        "low",
        "No other NetworkPolicy is of both types and opens only one direction.",
        Message("write one NetworkPolicy for each direction"),
        _are_of_both_types,
        (_POLICY,),
    ),
)

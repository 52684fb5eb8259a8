"""Hosts that a tenant is not granted: whose they are, or the text that asks for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError
from tenantkit.hints import Code, Hint
from tenantkit.provision.hosts.visible import read_visible_hosts
from tenantkit.provision.plans.requests.grants import Asking, tenant_request
from tenantkit.provision.plans.requests.letter import first_notes
from tenantkit.provision.plans.requests.sender import sender_of, sender_words, standings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.exceptions import Problem
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.hosts.visible import VisibleHosts
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


def with_next_steps(
    cluster: ClusterApi, error: InvalidSpecError, tenant: Tenant, platform: Platform
) -> InvalidSpecError:
    """The error about hosts that are not granted, with what to do about each.

    A host of another tenant, as far as the user may see, is named with its owners. For all others, the error ends with
    the text to send to the platform team; whoever may change the grant gets the code for that.

    Args:
        cluster: the cluster.
        error: of `Platform.check`; its other problems stay as they are.
        tenant: its grant.
        platform: its settings.

    RBAC: list namespaces; else create selfsubjectrulesreviews, and get the namespaces of your tenants. Create
    selfsubjectaccessreviews and selfsubjectreviews, which any signed-in user may.
    """
    if not any(map(_is_about_host, error.problems)):
        return error
    visible = read_visible_hosts(cluster)
    named = dict.fromkeys(str(problem.value) for problem in error.problems if _is_about_host(problem))
    asked = [host for host in named if host not in visible.holders]
    is_yours = bool(asked) and cluster.can("patch", "Namespace", name=platform.namespace(tenant))
    grant = Code("plan_host", {"tenant": tenant.name, "hosts": asked}) if is_yours else None
    code = Code("request_host", {"tenant": tenant.name, "host": asked[0]}) if len(asked) == 1 else None
    problems = [_told(problem, visible, grant, code) for problem in error.problems]
    if not asked or is_yours:
        return InvalidSpecError(problems)
    letter = _letter(cluster, asked, tenant, platform, visible)
    return InvalidSpecError(problems, hint=Hint("\n\n{letter}", {"letter": letter}))


def _is_about_host(problem: Problem) -> bool:
    return problem.field.endswith(".host") and problem.hint is not None


def _told(problem: Problem, visible: VisibleHosts, grant: Code | None, code: Code | None) -> Problem:
    """A problem with what to do about its host.

    Args:
        problem: of `Platform.check`.
        visible: who has which hosts.
        grant: the code for whoever may change the grant; else None.
        code: the code that has the text to send, if one host is asked for; else None.
    """
    if not _is_about_host(problem):
        return problem
    holders = visible.holders.get(str(problem.value))
    if holders:
        return replace(problem, hint=Hint("{owned}, or choose another host", {"owned": holders[0].words}))
    if grant is not None:
        return replace(problem, hint=Hint("you may grant it: apply the plan from {code}", {"code": grant}))
    if code is None:
        return replace(problem, hint=Hint("{ask} with the text below", {"ask": problem.hint}))
    words = {"ask": problem.hint, "code": code}
    return replace(problem, hint=Hint("{ask} with the text below, also from {code}", words))


def _letter(
    cluster: ClusterApi, hosts: Sequence[str], tenant: Tenant, platform: Platform, visible: VisibleHosts
) -> str:
    wanted = tenant.with_(hosts=[*tenant.hosts, *hosts])
    sender = sender_of(cluster)
    standings = standings_of(cluster, sender, [(tenant, platform.namespace(tenant))], platform)
    first = first_notes(it.notice for it in standings)
    asking = Asking(sender_words(sender, standings), host_note=visible.note, first=first)
    return str(tenant_request(wanted, tenant, platform, asking))

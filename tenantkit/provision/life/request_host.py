"""Requests for another host: the tenant's own hosts and one more, as a text for the platform team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Hint
from tenantkit.provision.hosts.visible import checked_host, read_visible_hosts
from tenantkit.provision.plan import plan
from tenantkit.provision.plans.requests.grants import Asking
from tenantkit.provision.plans.requests.of_grant import grant_request
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import get_tenant

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plans.requests.letter import Request


@takes_cluster
def request_host(cluster: ClusterApi, tenant: str, host: str, *, reason: str = "") -> Request:
    """A text that asks the platform team for another host of your tenant. Nothing is written.

    Once the host is granted, `add_route` exposes a service at it.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        host: the host to ask for: `demo.example.ai`, in any case, without `https://` and without a path.
        reason: why, in a line. Default: a line to fill in.

    Returns:
        A Request: the text to send, with whom to ask, what is known of the host, and the file that the platform team
        applies; it is a `str`, and shows itself. If you do not own the tenant, it says so, and names its owners to ask
        first. `plan` is the plan of the change. If you may make the change yourself, the text says so in place of the
        request.

    Raises:
        InvalidSpecError: it is not a host, the tenant has it, another tenant that you may see has it, or a plan that
            grants it is blocked.
        NotFound: there is no such tenant.
        PermissionDenied: you may not read it.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: that of `plan` and `host_owner`; create selfsubjectreviews, which any signed-in user may.

    Source: page "Ingress".

    Example:
        >>> owner = tk.connect(context="sandbox-owner")
        >>> request = tk.request_host(owner, "speech", "demo.example.ai", reason="the demo in May")
        >>> print(request.split("To do so")[0].rstrip())
        To: the platform team (provisioner@example.com)
        From: owner@example.com
        Subject: change tenant speech
        <BLANKLINE>
        Please make these changes:
        - additional hosts: none → demo.example.ai
        <BLANKLINE>
        Note: demo.example.ai: not checked against tenants that the sender may not read
        <BLANKLINE>
        Reason: the demo in May
    """
    name = checked_host(host)
    platform, current, visible = get_platform(cluster), get_tenant(cluster, tenant), read_visible_hosts(cluster)
    if name in platform.hosts(current):
        hint = Hint("{add_route} exposes a service at it")
        raise InvalidSpecError([Problem("host", host, f"tenant {tenant!r} has it already", hint=hint)])
    holder = next((it for it in visible.holders.get(name, ()) if it.tenant != tenant), None)
    if holder is not None:
        raise InvalidSpecError([Problem("host", host, f"{holder.words}, or choose another host")])
    wanted = current.with_(hosts=[*current.hosts, name])
    made = plan(cluster, wanted, platform=platform)
    if blocked := [row for row in made.rows if row.action == "blocked" and row.why is not None]:
        raise InvalidSpecError([Problem("host", host, f"it cannot be granted: {blocked[0].why}")])
    return grant_request(cluster, made, wanted, current, Asking(reason=reason, host_note=visible.note))

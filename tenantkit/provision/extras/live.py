"""The live state of tenants with their extra objects and copies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.manifests.extra_objects import recorded_kinds
from tenantkit.provision.extras.read import read_extras
from tenantkit.provision.extras.wanted import wanted_refs
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.live import LiveState
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


def with_extras(cluster: ClusterApi, live: LiveState, tenants: Sequence[Tenant], platform: Platform) -> LiveState:
    """The live state with the extra objects and copies of these tenants; nothing is read where there are none.

    Args:
        cluster: the cluster.
        live: what was read of these tenants.
        tenants: which shall have the platform's extra objects and copies.
        platform: its settings.

    Raises:
        ClusterError: any error except a refusal; refusals are in the state's `unknown` and `sources`.

    RBAC: list the kinds of the extra objects and copies, for the cluster or in each namespace; get each source.
    """
    names = [platform.namespace(tenant) for tenant in tenants]
    namespaces = {name: live.objects.get(ObjectRef("v1", "Namespace", name)) for name in names}
    wanted = wanted_refs(tenants, platform)
    if not wanted and not any(recorded_kinds(namespace) for namespace in namespaces.values()):
        return live
    extras = read_extras(cluster, platform, namespaces, wanted)
    return replace(
        live,
        objects={**live.objects, **extras.objects},
        unknown={**live.unknown, **extras.unknown},
        sources=extras.sources,
        unreadable={**live.unreadable, **extras.unreadable},
    )

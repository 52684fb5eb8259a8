"""Routes that will not answer: their Service or its port does not exist. The server accepts them without a warning.

Source: pages "Ingress" and "Gateway API".
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.plans.places import url_of
from tenantkit.provision.read import read_contents
from tenantkit.provision.reasons import Reason
from tenantkit.rules.listing import first_of
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.live import LiveState
    from tenantkit.provision.plans.notice import NoticeCode
    from tenantkit.rules.manifest import Manifest

_WRITTEN = ("create", "update")
_NAMED = 10  # Services that a notice names
# of the notices that `apply` repeats in its report
ROUTE_CODES: tuple[NoticeCode, ...] = ("service-missing", "port-missing")


def missing_service_notices(cluster: ClusterApi, changes: Sequence[PlanChange]) -> Iterator[PlanNotice]:
    """A notice for each route that is written and that leads to a Service or a port that does not exist.

    Services are read only where routes are written, and not in a new namespace, which has none yet.

    Args:
        cluster: the cluster.
        changes: of the plan.

    RBAC: list services in the namespaces of these routes, if that is allowed.
    """
    new = {change.ref.name for change in changes if change.ref.kind == "Namespace" and change.live is None}
    routes = [
        (change, change.wanted)
        for change in changes
        if change.ref.kind in ROUTE_KINDS and change.action in _WRITTEN and change.ref.namespace not in new
        if change.wanted is not None
    ]
    namespaces = list(dict.fromkeys(str(change.ref.namespace) for change, _ in routes))
    live = read_contents(cluster, ["Service"], namespaces)
    # an Ingress and an HTTPRoute of one route say the same
    yield from dict.fromkeys(notice for change, wanted in routes for notice in _notices(change, wanted, live))


def route_warnings(notices: Iterable[PlanNotice]) -> list[Reason]:
    """The same notices of a plan, for the report of its apply."""
    return [Reason("warned", notice.text) for notice in notices if notice.code in ROUTE_CODES]


def _notices(change: PlanChange, wanted: Manifest, live: LiveState) -> Iterator[PlanNotice]:
    namespace = str(change.ref.namespace)
    services = {it["metadata"]["name"]: it for it in live.by_namespace(["Service"]).get(namespace, ())}
    served = served_paths(wanted)[0]
    name, rest = str(served.service), f"{url_of(wanted)} will not answer"
    if name in services:
        port = served.port
        ports = (services[name].get("spec") or {}).get("ports") or []
        if not any(port in (it.get("port"), it.get("name")) for it in ports):
            has = f"it has {_listed(ports)}" if ports else "it has none"
            yield PlanNotice("port-missing", f"Service {name!r} has no port {port}; {has}: {rest}", change.tenant)
    elif live.why_unknown(ObjectRef("v1", "Service", name, namespace)) is None:
        similar = get_close_matches(name, sorted(services), n=1)
        meant = f" (did you mean {similar[0]!r}?)" if similar else ""
        has = f"namespace {namespace} has {first_of(sorted(services), _NAMED) or 'none'}"
        yield PlanNotice("service-missing", f"Service {name!r} does not exist{meant}; {has}: {rest}", change.tenant)


def _listed(ports: Sequence[Mapping[str, Any]]) -> str:
    texts = [f"{it.get('port')} ({it['name']})" if it.get("name") else str(it.get("port")) for it in ports]
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))

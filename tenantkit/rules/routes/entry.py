"""One host and path that an Ingress, an HTTPRoute or a listener asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tenantkit.rules.routes.hosts import Host
    from tenantkit.rules.routes.paths import RoutePath

Problem: TypeAlias = Literal["no such class", "not attached"]


class RouteOwner(NamedTuple):
    """Whose a namespace is.

    Args:
        tenant: its name; None: the namespace does not belong to a tenant.
        is_known: whether its Namespace could be read.
    """

    tenant: str | None
    is_known: bool = True


class Attachment(NamedTuple):
    """A listener that serves an HTTPRoute.

    Args:
        gateway: `namespace/name` of the Gateway.
        listener: `section` of the Gateway, or `namespace/name/section` of a ListenerSet.
        port: of the listener.
        controller: the controller of the Gateway's class; None: not known.
    """

    gateway: str
    listener: str
    port: int
    controller: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One host and path that an Ingress, an HTTPRoute or a listener asks for.

    Args:
        kind: of the object.
        namespace: of the object.
        name: of the object.
        owner: of the namespace.
        asked: the host in the object, as DNS compares it; "" for every host.
        host: the requests' hosts: those of `asked` that the listener accepts.
        path: the requests' paths.
        path_text: the path in the object; None: it has none.
        path_type: in the object; None: it has none.
        since: when the object was made, as in its metadata.
        is_default: whether it is a default backend, which answers only what no rule matches.
        is_listener: whether it is a listener of a Gateway or ListenerSet, which takes its host from others' listeners.
        is_certain: whether the host, the path and the owner are known.
        has_conditions: whether it also looks at headers, query parameters or methods.
        ingress_class: of an Ingress; None: none is named, and the cluster has no default.
        attachments: of an HTTPRoute or listener.
        problem: why it serves nothing, or may serve nothing.
        reason: of the problem.
    """

    kind: str
    namespace: str
    name: str
    owner: RouteOwner
    asked: str
    host: Host
    path: RoutePath
    path_text: str | None = None
    path_type: str | None = None
    since: str = ""
    is_default: bool = False
    is_listener: bool = False
    is_certain: bool = True
    has_conditions: bool = False
    ingress_class: str | None = None
    attachments: frozenset[Attachment] = frozenset()
    problem: Problem | None = None
    reason: str = ""

    @property
    def party(self) -> str:
        """Who owns it: two entries of one party do not collide."""
        return f"tenant {self.owner.tenant}" if self.owner.tenant is not None else f"namespace {self.namespace}"

    @property
    def object(self) -> str:
        """The object in words: `Ingress/ai in vision`."""
        return f"{self.kind}/{self.name} in {self.namespace}"

    @property
    def is_fallback(self) -> bool:
        """Whether it answers for many hosts outside of tenants: the platform's page for hosts that nobody has."""
        return self.owner.tenant is None and self.owner.is_known and self.host.is_wildcard

    @property
    def order(self) -> tuple[str, ...]:
        """Its place among others, which does not depend on how they were read."""
        return (self.namespace, self.kind, self.name, self.host.text, self.host.reach, self.path.text, self.path.reach)

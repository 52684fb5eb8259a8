"""Listeners of Gateways and ListenerSets, and which HTTPRoutes they serve.

Source: Gateway API, types `Gateway`, `ListenerSet`, `AllowedRoutes` and `ParentReference`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tenantkit.rules.routes.entry import Attachment
from tenantkit.rules.routes.hosts import gateway_host
from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.rules.selectors.selector_errors import SelectorSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.routes.hosts import Host

_HTTP = ("HTTP", "HTTPS")
_GROUP = "gateway.networking.k8s.io"


class ParentKey(NamedTuple):
    """A Gateway or ListenerSet that HTTPRoutes name as their parent."""

    kind: str
    namespace: str
    name: str

    @property
    def words(self) -> str:
        """In words: `Gateway edge in infra`."""
        return f"{self.kind} {self.name} in {self.namespace}"


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener for HTTP.

    Args:
        section: its name.
        host: the hosts that it accepts.
        attachment: how routes at it are served.
        allowed: `allowedRoutes`, or {}.
        home: the namespace of its Gateway or ListenerSet.
    """

    section: str
    host: Host
    attachment: Attachment
    allowed: Manifest = field(default_factory=dict)
    home: str = ""

    def accepts(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether it accepts HTTPRoutes of a namespace."""
        kinds = self.allowed.get("kinds") or ()
        if kinds and not any(it.get("kind") == "HTTPRoute" and (it.get("group") or _GROUP) == _GROUP for it in kinds):
            return False
        return _is_from(self.allowed.get("namespaces") or {}, "Same", self.home, namespace, labels)


@dataclass(frozen=True, slots=True)
class Listeners:
    """All listeners of a cluster.

    Args:
        by_parent: of each Gateway and ListenerSet that exists; a ListenerSet that its Gateway refuses has none.
        is_complete: whether Gateways and ListenerSets could be read.
    """

    by_parent: Mapping[ParentKey, Sequence[Listener]] = field(default_factory=dict)
    is_complete: bool = True


def read_listeners(
    gateways: Iterable[Manifest],
    sets: Iterable[Manifest],
    controllers: Mapping[str, str],
    labels: Mapping[str, Mapping[str, str]],
    *,
    is_complete: bool = True,
) -> Listeners:
    """The listeners of Gateways and ListenerSets.

    Args:
        gateways: all of them.
        sets: all ListenerSets.
        controllers: by the name of a GatewayClass.
        labels: of each namespace.
        is_complete: whether both could be read.
    """
    found: dict[ParentKey, list[Listener]] = {}
    by_key: dict[ParentKey, Manifest] = {}
    for gateway in gateways:
        key = _key("Gateway", gateway)
        by_key[key] = gateway
        found[key] = list(_of(key, gateway, f"{key.namespace}/{key.name}", _controller(gateway, controllers)))
    for each in sets:
        key, reference = _key("ListenerSet", each), (each.get("spec") or {}).get("parentRef") or {}
        parent = ParentKey("Gateway", reference.get("namespace") or key.namespace, reference.get("name") or "")
        above = by_key.get(parent)
        found[key] = []
        if above is not None and _allows(above, key.namespace, labels.get(key.namespace, {})):
            place = f"{parent.namespace}/{parent.name}"
            found[key] = list(_of(key, each, place, _controller(above, controllers)))
    return Listeners(found, is_complete)


def parent_key(reference: Manifest, namespace: str) -> ParentKey | None:
    """The Gateway or ListenerSet that an HTTPRoute of a namespace names; None: another kind, such as a Service."""
    kind = reference.get("kind") or "Gateway"
    if (reference.get("group", _GROUP) or "") != _GROUP or kind not in ("Gateway", "ListenerSet"):
        return None
    return ParentKey(kind, reference.get("namespace") or namespace, reference.get("name") or "")


def _key(kind: str, manifest: Manifest) -> ParentKey:
    return ParentKey(kind, manifest["metadata"]["namespace"], manifest["metadata"]["name"])


def _controller(gateway: Manifest, controllers: Mapping[str, str]) -> str | None:
    return controllers.get((gateway.get("spec") or {}).get("gatewayClassName") or "")


def _of(key: ParentKey, manifest: Manifest, gateway: str, controller: str | None) -> Iterator[Listener]:
    start = "" if key.kind == "Gateway" else f"{key.namespace}/{key.name}/"
    for listener in (manifest.get("spec") or {}).get("listeners") or ():
        section = listener.get("name") or ""
        if listener.get("protocol") in _HTTP:
            attachment = Attachment(gateway, f"{start}{section}", listener.get("port") or 0, controller)
            host = gateway_host(listener.get("hostname"))
            yield Listener(section, host, attachment, listener.get("allowedRoutes") or {}, key.namespace)


def _allows(gateway: Manifest, namespace: str, labels: Mapping[str, str]) -> bool:
    """Whether a Gateway accepts ListenerSets of a namespace."""
    allowed = ((gateway.get("spec") or {}).get("allowedListeners") or {}).get("namespaces") or {}
    return _is_from(allowed, "None", gateway["metadata"]["namespace"], namespace, labels)


def _is_from(allowed: Manifest, default: str, home: str, namespace: str, labels: Mapping[str, str]) -> bool:
    choice: Any = allowed.get("from") or default
    if choice == "Selector":
        try:
            return label_selector_of(allowed.get("selector")).matches(labels)
        except SelectorSyntaxError:
            return False
    return choice == "All" or (choice == "Same" and namespace == home)

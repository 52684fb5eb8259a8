"""NetworkPolicies as they are read from manifests, with the server's defaults.

A part that is odd (a selector with an unknown operator, a block that is not one) is kept as odd: what it selects is
unknown, so that the answers that depend on it are, too. To leave it out would be worse: a peer less may be all peers.
Null is a missing value, as for the server.

Sources: page "Network Policies"; in k8s.io/api, networking/v1/types.go; in Kubernetes,
pkg/apis/networking/v1/defaults.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar, cast

from tenantkit.rules.network_policies.addresses import Block, read_block
from tenantkit.rules.network_policies.endpoints import is_port
from tenantkit.rules.network_policies.ports import PROTOCOLS, PortSet, ports_of, read_protocol
from tenantkit.rules.selectors.label_selectors import label_selector_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.network_policies.ports import Protocol
    from tenantkit.rules.selectors.label_selectors import LabelSelector

Direction: TypeAlias = Literal["Ingress", "Egress"]
DIRECTIONS: tuple[Direction, ...] = ("Ingress", "Egress")

_Args = ParamSpec("_Args")
_Read = TypeVar("_Read")
_UNKNOWN_TYPES: Mapping[Direction, bool | None] = dict.fromkeys(DIRECTIONS)
_PEERS_FIELD: Mapping[Direction, str] = {"Ingress": "from", "Egress": "to"}


class OddPolicy(ValueError):
    """A part of a policy cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Odd:
    """A part that cannot be read, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class PodPeer:
    """Pods by selectors; without `namespaces` those of the policy's own namespace, without `pods` all of them."""

    namespaces: LabelSelector | None
    pods: LabelSelector | None


@dataclass(frozen=True, slots=True)
class NamedPortRule:
    """A port by its name, which means a number only together with a pod."""

    name: str
    protocol: Protocol


Peer: TypeAlias = PodPeer | Block | Odd
PortRule: TypeAlias = PortSet | NamedPortRule | Odd


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule allows: these ports of these peers. No peers: all; no ports: all."""

    peers: tuple[Peer, ...] = ()
    ports: tuple[PortRule, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A NetworkPolicy.

    Args:
        namespace: its namespace.
        name: its name.
        pods: the pods that it selects.
        applies: for each direction, whether it isolates its pods; None: unknown.
        rules: for each direction; Odd: unknown.
    """

    namespace: str
    name: str
    pods: LabelSelector | Odd
    applies: Mapping[Direction, bool | None]
    rules: Mapping[Direction, tuple[Rule | Odd, ...] | Odd]

    def problems(self) -> list[str]:
        """Why parts of it cannot be read."""
        return [part.why for part in self._parts() if isinstance(part, Odd)]

    def _parts(self) -> list[object]:
        parts: list[object] = [self.pods]
        parts += [Odd("spec.policyTypes is not a list of Ingress and Egress")] * (None in self.applies.values())
        for rules in self.rules.values():
            for rule in (rules,) if isinstance(rules, Odd) else rules:
                parts += (rule,) if isinstance(rule, Odd) else (*rule.peers, *rule.ports)
        return parts


def read_policy(manifest: Manifest) -> Policy:
    """A NetworkPolicy as the server understands it.

    Example:
        >>> metadata = {"name": "deny", "namespace": "vision"}
        >>> read_policy({"metadata": metadata, "spec": {"podSelector": {}}}).applies
        {'Ingress': True, 'Egress': False}
    """
    metadata = manifest.get("metadata") or {}
    spec = manifest.get("spec") or {}
    if not isinstance(spec, dict):
        return odd_policy(_name(metadata, "namespace"), _name(metadata, "name"), "spec is not an object")
    rules: dict[Direction, tuple[Rule | Odd, ...] | Odd] = {
        direction: _or_odd(_rules, spec, direction) for direction in DIRECTIONS
    }
    return Policy(
        namespace=_name(metadata, "namespace"),
        name=_name(metadata, "name"),
        pods=_or_odd(_selector, spec.get("podSelector") or {}, "spec.podSelector"),
        applies=_types(spec.get("policyTypes"), has_egress=bool(spec.get("egress"))),
        rules=rules,
    )


def odd_policy(namespace: str, name: str, why: str) -> Policy:
    """A policy that exists, and of which nothing can be read."""
    odd = Odd(why)
    return Policy(namespace, name, odd, _UNKNOWN_TYPES, {"Ingress": odd, "Egress": odd})


def _name(metadata: Any, field: str) -> str:
    return str(metadata.get(field) or "") if isinstance(metadata, dict) else ""


def _or_odd(read: Callable[_Args, _Read], *args: _Args.args, **kwargs: _Args.kwargs) -> _Read | Odd:
    try:
        return read(*args, **kwargs)
    except OddPolicy as error:
        return Odd(str(error))


def _types(types: object, *, has_egress: bool) -> Mapping[Direction, bool | None]:
    """The directions; without a list ingress, and egress if there are rules for it (page "Network Policies")."""
    if not types and (types is None or isinstance(types, list)):
        return {"Ingress": True, "Egress": has_egress}
    if isinstance(types, list) and all(each in DIRECTIONS for each in types):
        return {direction: direction in types for direction in DIRECTIONS}
    return _UNKNOWN_TYPES


def _rules(spec: Manifest, direction: Direction) -> tuple[Rule | Odd, ...]:
    field = f"spec.{direction.lower()}"
    return tuple(
        _or_odd(_rule, rule, direction, f"{field}[{place}]")
        for place, rule in enumerate(_items(spec.get(direction.lower()), field))
    )


def _rule(rule: object, direction: Direction, where: str) -> Rule:
    about = _fields(rule, where)
    peers_field = _PEERS_FIELD[direction]
    peers = _items(about.get(peers_field), f"{where}.{peers_field}")
    ports = _items(about.get("ports"), f"{where}.ports")
    return Rule(
        tuple(_or_odd(_peer, peer, f"{where}.{peers_field}[{place}]") for place, peer in enumerate(peers)),
        tuple(_or_odd(_port, port, f"{where}.ports[{place}]") for place, port in enumerate(ports)),
    )


def _peer(peer: object, where: str) -> PodPeer | Block:
    about = {name: value for name, value in _fields(peer, where).items() if value is not None}
    if "ipBlock" in about:
        if len(about) > 1:
            raise OddPolicy(f"{where} has ipBlock beside a selector")
        return _block(about["ipBlock"], f"{where}.ipBlock")
    if not about.keys() & {"namespaceSelector", "podSelector"}:
        raise OddPolicy(f"{where} has neither a selector nor ipBlock")
    namespaces, pods = (
        _selector(about[name], f"{where}.{name}") if name in about else None
        for name in ("namespaceSelector", "podSelector")
    )
    return PodPeer(namespaces, pods)


def _block(block: object, where: str) -> Block:
    about = _fields(block, where)
    cidr, excepted = about.get("cidr"), _items(about.get("except"), f"{where}.except")
    if not isinstance(cidr, str) or not all(isinstance(each, str) for each in excepted):
        raise OddPolicy(f"{where} has a value that is not a range of addresses")
    try:
        return read_block(cidr, cast("list[str]", excepted))
    except ValueError as error:
        raise OddPolicy(f"{where}: {error}") from None


def _port(port: object, where: str) -> PortSet | NamedPortRule:
    about = _fields(port, where)
    number, last = about.get("port"), about.get("endPort")
    protocol = read_protocol(about.get("protocol"))
    if protocol is None:
        raise OddPolicy(f"{where}.protocol is not one of {', '.join(PROTOCOLS)}")
    if number is None and last is None:
        return ports_of(protocol)
    if isinstance(number, str) and last is None:
        return NamedPortRule(number, protocol)
    end = number if last is None else last
    if not is_port(number) or not is_port(end) or number > end:
        raise OddPolicy(f"{where} is not a port or a range of ports")
    return ports_of(protocol, number, end)


def _selector(selector: object, where: str) -> LabelSelector:
    about = _fields(selector, where)
    labels, expressions = about.get("matchLabels") or {}, about.get("matchExpressions") or []
    if not _is_texts(labels) or not isinstance(expressions, list) or not all(map(_is_expression, expressions)):
        raise OddPolicy(f"{where} is not a label selector")
    try:
        return label_selector_of({"matchLabels": labels, "matchExpressions": expressions})
    except ValueError as error:
        raise OddPolicy(f"{where}: {error}") from None


def _is_texts(labels: object) -> bool:
    return isinstance(labels, dict) and all(isinstance(each, str) for pair in labels.items() for each in pair)


def _is_expression(expression: object) -> bool:
    if not isinstance(expression, dict):
        return False
    values = expression.get("values") or []
    return (
        isinstance(expression.get("key"), str)
        and isinstance(expression.get("operator"), str)
        and isinstance(values, list)
        and all(isinstance(value, str) for value in values)
    )


def _fields(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise OddPolicy(f"{where} is not an object")
    return value


def _items(value: object, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise OddPolicy(f"{where} is not a list")
    return value

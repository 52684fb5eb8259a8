"""Kubernetes' own CEL types, such as a quantity or an authorizer.

The engine can't hold a Python object as a value of a type of its own. So each type is a map or a list with a type that
no manifest has, whose only item is the value's text. The two forms distinguish the overloads of one function when it
runs: `isGreaterThan` of two quantities gets maps, of two versions lists. Rejected alternative: protobuf messages, which
need the package protobuf, and have defaults where Kubernetes has missing keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenantkit.sandbox.cel.engine import engine


@dataclass(frozen=True, slots=True)
class OpaqueType:
    """A type of Kubernetes.

    Args:
        name: as the server names it in messages.
        key: the name of the map's key type; with `is_list` it distinguishes all the types.
        is_list: whether a value is a list with such a map.
        held: the map's value type.
    """

    name: str
    key: str
    is_list: bool = False
    held: str = "bytes"

    @property
    def type(self) -> Any:
        """The type, for the engine."""
        types = engine().Type
        found = types.Map(getattr(types, self.key.upper()), getattr(types, self.held.upper()))
        return types.List(found) if self.is_list else found

    @property
    def shown(self) -> str:
        """The type, as the engine writes it in messages."""
        found = f"map({self.key}, {self.held})"
        return f"list({found})" if self.is_list else found

    def value(self, text: str) -> Any:
        """A value of this type."""
        found: Any = {_KEYS[self.key]: text.encode() if self.held == "bytes" else text}
        return [found] if self.is_list else found

    def text(self, value: Any) -> str:
        """The text of a value; raises ValueError for one of another type."""
        try:
            (found,) = (value[0] if self.is_list else value).values()
            return found if isinstance(found, str) else bytes(found).decode()
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise no_such_overload() from error


def no_such_overload() -> ValueError:
    """The error of a function that got a value of another type, which the checker can't know before."""
    return ValueError("no such overload")


_KEYS: dict[str, Any] = {"int": 0, "bool": False, "uint": 0, "string": ""}

QUANTITY = OpaqueType("kubernetes.Quantity", "int")
URL = OpaqueType("kubernetes.URL", "int", is_list=True)
IP = OpaqueType("net.IP", "bool")
CIDR = OpaqueType("net.CIDR", "bool", is_list=True)
AUTHORIZER = OpaqueType("kubernetes.authorization.Authorizer", "uint")
GROUP_CHECK = OpaqueType("kubernetes.authorization.GroupCheck", "uint", is_list=True)
RESOURCE_CHECK = OpaqueType("kubernetes.authorization.ResourceCheck", "string")
PATH_CHECK = OpaqueType("kubernetes.authorization.PathCheck", "string", is_list=True)
DECISION = OpaqueType("kubernetes.authorization.Decision", "bool", held="string")
SEMVER = OpaqueType("kubernetes.Semver", "uint", is_list=True, held="string")
FORMAT = OpaqueType("kubernetes.NamedFormat", "bool", is_list=True, held="string")
FORMAT_IF_ANY = OpaqueType("optional_type(kubernetes.NamedFormat)", "int", is_list=True, held="string")
ERRORS_IF_ANY = OpaqueType("optional_type(list(string))", "uint", held="string")
OPAQUE_TYPES = (
    *(URL, QUANTITY, CIDR, IP, GROUP_CHECK, AUTHORIZER, PATH_CHECK, RESOURCE_CHECK, DECISION),
    *(SEMVER, FORMAT, FORMAT_IF_ANY, ERRORS_IF_ANY),
)


def with_kubernetes_names(message: str) -> str:
    """A message of the engine, with Kubernetes' names of its types."""
    for kind in sorted(OPAQUE_TYPES, key=lambda kind: not kind.is_list):
        message = message.replace(kind.shown, kind.name)
    return message

"""Amounts: quantities that remember how they were written, because the API server answers in the same notation.

`1Gi + 512Mi` is written `1536Mi`, `1G + 500M` is `1500M`, and zero takes the other's suffixes, as Go's `Quantity.Add`
does. Turned down: adding bare numbers, after which "1Gi" comes back as "1073741824".

Source: k8s.io/apimachinery/pkg/api/resource, type Quantity.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.rules.pod_requests import pod_limits, pod_requests
from tenantkit.rules.quantities import format_quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.quantities import Family


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, and the family of suffixes in which the server would write it."""

    value: Fraction
    family: Family = "decimal"

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.value + other.value, self.family if self.value else other.family)

    def __str__(self) -> str:
        return format_quantity(self.value, family=self.family)


Amounts: TypeAlias = dict[str, Amount]
ZERO = Amount(Fraction(0))
ONE = Amount(Fraction(1))


def parse_amount(text: str | float) -> Amount:
    """Read one quantity; raises ValueError as parse_quantity does."""
    written = str(text)
    if written.endswith("i"):
        family: Family = "binary"
    elif "e" in written or ("E" in written and not written.endswith("E")):
        family = "exponent"
    else:
        family = "decimal"
    return Amount(Fraction(parse_quantity(text)), family)


def parse_amounts(quantities: Mapping[str, str | float] | None) -> Amounts:
    """Read a resource list as it stands in a manifest."""
    return {name: parse_amount(text) for name, text in (quantities or {}).items()}


def written(amounts: Mapping[str, Amount]) -> dict[str, str]:
    """The resource list as it stands in a manifest, sorted by name."""
    return {name: str(amounts[name]) for name in sorted(amounts)}


def shown(amounts: Mapping[str, Amount], names: Iterable[str]) -> str:
    """`cpu=1,memory=2Gi`: how the server's messages list amounts."""
    return ",".join(f"{name}={amounts[name]}" for name in sorted(set(names) & amounts.keys()))


def pod_amounts(spec: Manifest, which: Literal["requests", "limits"], *, status: Manifest | None = None) -> Amounts:
    """What a whole pod requests or is limited to, in the notation of the first container that says so."""
    numbers = pod_requests(spec, status=status) if which == "requests" else pod_limits(spec, status=status)
    families: dict[str, Family] = {}
    for name, amount in _written_in(spec, which):
        if amount.value:
            families.setdefault(name, amount.family)
    return {name: Amount(Fraction(number), families.get(name, "decimal")) for name, number in numbers.items()}


def _written_in(spec: Manifest, which: Literal["requests", "limits"]) -> Iterator[tuple[str, Amount]]:
    for holder in (spec, *spec.get("containers", ()), *spec.get("initContainers", ())):
        yield from parse_amounts((holder.get("resources") or {}).get(which)).items()
    yield from parse_amounts(spec.get("overhead")).items()

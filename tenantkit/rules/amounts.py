"""Amounts: quantities that keep the notation in which they were written, as the API server does.

`1Gi + 512Mi` is written `1536Mi`, `1G + 500M` is `1500M`, and a sum with zero takes the other suffix, as in Go's
`Quantity.Add`. Rejected alternative: adding numbers, after which "1Gi" is written "1073741824".

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
    """A number, and the family of suffixes in which the server writes it."""

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
    """Parse one quantity; raises ValueError as `parse_quantity` does."""
    written = str(text)
    if written.endswith("i"):
        family: Family = "binary"
    elif "e" in written or ("E" in written and not written.endswith("E")):
        family = "exponent"
    else:
        family = "decimal"
    return Amount(Fraction(parse_quantity(text)), family)


def parse_amounts(quantities: Mapping[str, str | float] | None) -> Amounts:
    """Parse a resource list of a manifest."""
    return {name: parse_amount(text) for name, text in (quantities or {}).items()}


def written(amounts: Mapping[str, Amount]) -> dict[str, str]:
    """A resource list as in a manifest, sorted by name."""
    return {name: str(amounts[name]) for name in sorted(amounts)}


def shown(amounts: Mapping[str, Amount], names: Iterable[str]) -> str:
    """Amounts as in the server's messages: `cpu=1,memory=2Gi`."""
    return ",".join(f"{name}={amounts[name]}" for name in sorted(set(names) & amounts.keys()))


def pod_amounts(spec: Manifest, which: Literal["requests", "limits"], *, status: Manifest | None = None) -> Amounts:
    """The requests or limits of a whole pod, in the notation of the first container that sets them."""
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

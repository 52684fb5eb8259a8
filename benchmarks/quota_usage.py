"""`quota_usage` over 10,000 namespaces, beside other clients; see `listing.py` for how they are compared.

`PYTHONPATH=. python benchmarks/quota_usage.py [--count N] [--rounds N]`; exits with 1 if the ratio misses its target.
"""

from __future__ import annotations

import random
import sys
from fractions import Fraction
from typing import Any

import orjson

from benchmarks.listing import Listing, run
from tenantkit.manifests.labels import MANAGED_BY_LABEL, TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.quantities import format_quantity, parse_quantity

TARGET = 1.3
ENTRIES = 31

ACCELERATORS = ("nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "nvidia.com/mig-3g.40gb", "amd.com/gpu")
STEPS = {"cpu": Fraction(1, 4), "memory": Fraction(256 * 2**20), "storage": Fraction(2**30)}


def recorded_quotas(count: int) -> list[bytes]:
    """ResourceQuotas of 31 entries as an API server answers them, half used, with the fields that it writes itself."""
    from tenantkit.manifests.quota import make_quota
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

    draw = random.Random(1)  # noqa: S311 (the same answers every time)
    platform = Platform(accelerators=ACCELERATORS)
    quotas = []
    for number in range(count):
        size = draw.choice(sorted(platform.sizes))
        tenant = Tenant(name=f"team-{number:05d}", team=f"unit-{number % 97}", owners=["dana@example.com"], size=size)
        quota = make_quota(tenant, platform)
        del quota["apiVersion"], quota["kind"]  # the items of a list have none
        hard = dict(sorted(quota["spec"]["hard"].items()))
        quota["metadata"] |= server_fields(number, hard)
        quota["spec"]["hard"] = hard
        quota["status"] = {"hard": hard, "used": {name: used_of(name, text, draw) for name, text in hard.items()}}
        quotas.append(orjson.dumps(quota))
    return quotas


def used_of(name: str, hard: str, draw: random.Random) -> str:
    """A random part of it, in the round amounts that pods request, as the server writes it."""
    granted = parse_quantity(hard)
    step = next((step for part, step in STEPS.items() if part in name), Fraction(1))
    used = step * draw.randint(0, int(granted / step))
    return format_quantity(used, family="decimal" if step <= 1 else "binary")


def server_fields(number: int, hard: dict[str, str]) -> dict[str, Any]:
    """The fields that the server adds to an object's metadata, which are most of its bytes."""
    fields: dict[str, Any] = {f"f:{name}": {} for name in hard}
    labels: dict[str, Any] = {f"f:{name}": {} for name in (MANAGED_BY_LABEL, TEAM_LABEL, TENANT_LABEL)}
    entry = {"apiVersion": "v1", "time": "2026-11-25T13:08:27Z", "fieldsType": "FieldsV1"}
    applied = {"f:metadata": {"f:labels": labels}, "f:spec": {"f:hard": fields}}
    counted = {"f:status": {"f:hard": {".": {}, **fields}, "f:used": {".": {}, **fields}}}
    return {
        "uid": f"{number:08x}-7c1e-4b5a-9d55-1f0e2d3c4b5a",
        "resourceVersion": str(100_000 + number),
        "creationTimestamp": "2026-11-25T13:08:27Z",
        "managedFields": [
            {"manager": "tenantkit", "operation": "Apply", **entry, "fieldsV1": applied},
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                **entry,
                "fieldsV1": counted,
                "subresource": "status",
            },
        ],
    }


def ask(cluster: Any, namespaces: list[str] | None) -> int:
    """How many quotas the frame has."""
    import tenantkit as tk

    return len(tk.quota_usage(cluster, namespaces=namespaces)) // ENTRIES


LISTING = Listing(
    script=__file__,
    plural="resourcequotas",
    kind="ResourceQuota",
    count=10_000,
    collections=lambda count: {"/api/v1/resourcequotas": recorded_quotas(count)},
    ask=ask,
    typed=("list_namespaced_resource_quota", "list_resource_quota_for_all_namespaces"),
    target=TARGET,
)

if __name__ == "__main__":
    sys.exit(run(LISTING))

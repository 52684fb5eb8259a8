"""What the guardrails cost: server-side apply of 100 tenants with and without them, in turn, on one server.

The policies are evaluated by the API server itself, so the time is taken on the bare loopback, where the server's
processor time limits the client.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

import tenantkit as tk
from benchmarks.figures import Figures
from benchmarks.provisioning import CONTEXT, COUNT, seconds, tenants
from tenantkit.exceptions import PermissionDenied
from tests.controlplane.controlplane import ControlPlane
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster

ROUNDS = 4
TARGET = 1.2
_NAMES = ("hosts", "services", "people", "walls", "pods", "outside")
_PROBE = "probe"


def main() -> int:
    """Print the ratio; returns 1 if it misses its target."""
    times: dict[str, list[float]] = {"deny": [], "off": []}
    with ControlPlane() as plane, tk.connect(kubeconfig=plane.kubeconfig, context=CONTEXT) as admin:
        tk.install_platform(admin, progress=False)
        tk.apply(admin, tk.plan(admin, tenants("warm")), progress=False)
        with tk.connect(kubeconfig=plane.kubeconfig, context="controlplane-owner") as owner:
            for number in range(ROUNDS):
                for mode in ("deny", "off") if number % 2 else ("off", "deny"):
                    switch(admin, owner, mode)
                    planned = tk.plan(admin, tenants(f"{mode}-{number}"))
                    took = seconds(partial(tk.apply, admin, planned, progress=False, timeout_s=0))
                    times[mode].append(took)
    for mode, values in times.items():
        print(f"guardrails {mode}: {', '.join(f'{value:.1f}' for value in values)} s")
    ratio = statistics.median(with_ / without for with_, without in zip(times["deny"], times["off"], strict=True))
    figures = Figures()
    figures.show(f"apply of {COUNT} tenants with guardrails: {ratio:.2f} x the time", ratio, at_most=TARGET)
    return figures.exit_code


def switch(admin: Cluster, owner: Cluster, mode: str) -> None:
    """Turn all guardrails on or off, and wait until that holds."""
    probe = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "probe", "namespace": _PROBE},
        "spec": {"type": "ExternalName", "externalName": "example.com"},
    }
    tk.install_platform(admin, tk.Platform(guardrails=tk.Guardrails(**dict.fromkeys(_NAMES, mode))), progress=False)
    tk.apply(
        admin,
        tk.plan(admin, tk.Tenant(name=_PROBE, team="t", owners=["owner@example.com"], size="small")),
        progress=False,
    )

    def holds() -> bool:
        try:
            owner.create(probe, dry_run=True)
        except PermissionDenied as error:
            return mode == "deny" and "ExternalName is not allowed" in str(error)
        return mode == "off"

    eventually(holds)


if __name__ == "__main__":
    raise SystemExit(main())

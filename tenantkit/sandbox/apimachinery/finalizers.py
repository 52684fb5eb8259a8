"""The finalizers that more than one part of the server knows."""

from __future__ import annotations

from typing import Final

from tenantkit.sandbox.apimachinery.resources import CLAIMS, VOLUMES

# deletion by propagation policy
ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"

# volumes and claims that are in use
PROTECTION: Final = {CLAIMS: "kubernetes.io/pvc-protection", VOLUMES: "kubernetes.io/pv-protection"}

"""The phase of volumes: one without a claim becomes available. No volume is ever bound or provisioned here.

Source: pkg/controller/volume/persistentvolume, 1.37; page "Persistent Volumes", section "Phase".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import VOLUMES
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.sandbox.storage.store import Event, Store


class PersistentVolumeController:
    """Writes the phase of volumes; keys are their names."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "persistent-volume-binder")

    def keys(self, event: Event) -> Iterable[str]:
        """The volume itself."""
        return (event.manifest["metadata"]["name"],) if event.resource is VOLUMES and event.type != "DELETED" else ()

    def sync(self, key: str) -> None:
        """Make one volume available, if no claim is named in it."""
        live = self._store.get(VOLUMES, key)
        if live is None or live["metadata"].get("deletionTimestamp"):
            return
        if live["status"]["phase"] == "Pending" and not live["spec"].get("claimRef"):
            self._client.update(VOLUMES, live, subresource="status", status={**live["status"], "phase": "Available"})

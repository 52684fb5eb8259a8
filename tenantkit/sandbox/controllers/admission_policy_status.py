"""The status of ValidatingAdmissionPolicies: the generation that was seen.

A real controller also checks the expressions against the schemas of the kinds that the policy matches, and puts
warnings into the status. The sandbox has none.

Source: page "Validating Admission Policy", section "Type checking"; pkg/controller/validatingadmissionpolicystatus,
1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import POLICIES
from tenantkit.sandbox.client.in_process import InProcessClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.sandbox.storage.store import Event, Store

_NAME = "validatingadmissionpolicy-status"


class AdmissionPolicyStatusController:
    """Writes the status; keys are the policies' names."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, f"{_NAME}-controller", manager=_NAME)

    def keys(self, event: Event) -> Iterable[str]:
        """The policy; None if it was deleted."""
        is_ours = event.resource is POLICIES and event.type != "DELETED"
        return (event.manifest["metadata"]["name"],) if is_ours else ()

    def sync(self, key: str) -> None:
        """Write the status of one policy after a change of its spec."""
        live = self._store.get(POLICIES, key)
        if live is None or (live.get("status") or {}).get("observedGeneration") == live["metadata"]["generation"]:
            return
        seen = {"observedGeneration": live["metadata"]["generation"], "typeChecking": {}}
        self._client.apply(POLICIES, live, subresource="status", status=seen)

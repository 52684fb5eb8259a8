"""The control loops: controllers that run after a write, separately from it, and in short slices between requests.

Controllers watch the store and queue keys. The server calls `run_soon` after it has sent the answer to a write. It runs
them on the event loop for a few milliseconds at a time, so that requests do not wait for a Deployment of thousands. So
a client sees the same intermediate states as on a real cluster: for a moment a quota has no status, and a namespace no
service account. Writes of controllers queue more keys, and they run until the queue is empty; `run_pending` does all
of that in one call. Rejected alternatives: running controllers inside the write, which leaves no intermediate state; a
thread or timer per controller, which is not reproducible.

Source: page "Controllers"; the controllers of kube-controller-manager 1.37 by the same names.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import RESOURCES
from tenantkit.sandbox.apimachinery.time import AT_ONCE
from tenantkit.sandbox.controllers.admission_policy_status import AdmissionPolicyStatusController
from tenantkit.sandbox.controllers.cluster_role_aggregation import ClusterRoleAggregationController
from tenantkit.sandbox.controllers.deployment import DeploymentController
from tenantkit.sandbox.controllers.endpoint_slice import EndpointSliceController
from tenantkit.sandbox.controllers.garbage_collector import GarbageCollector
from tenantkit.sandbox.controllers.job import JobController
from tenantkit.sandbox.controllers.namespace import NamespaceController
from tenantkit.sandbox.controllers.node_lifecycle import NodeLifecycleController
from tenantkit.sandbox.controllers.persistent_volume import PersistentVolumeController
from tenantkit.sandbox.controllers.replica_set import ReplicaSetController
from tenantkit.sandbox.controllers.resource_quota import QuotaController
from tenantkit.sandbox.controllers.root_ca import RootCertificatePublisher
from tenantkit.sandbox.controllers.service_account import ServiceAccountController
from tenantkit.sandbox.controllers.stateful_set import StatefulSetController
from tenantkit.sandbox.controllers.volume_protection import VolumeProtectionController
from tenantkit.sandbox.kubelet import Kubelets
from tenantkit.sandbox.scheduler import Scheduler
from tenantkit.sandbox.storage.store import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tenantkit.sandbox.storage.store import Store

_log = logging.getLogger(__name__)
_RETRY = timedelta(seconds=5)  # after a write that was refused
# controllers that trigger each other endlessly are a bug: an error that names them is better than a server that hangs
_ROUNDS_LIMIT = 100_000
_SLICE_S = 0.01  # a single key may take longer, though no key should take more than 50 ms


class Controller(Protocol):
    """A controller maps each event to keys, and reconciles one key at a time."""

    def keys(self, event: Event, /) -> Iterable[str]:
        """The keys to reconcile after this event; must be fast, since each write calls it."""
        ...

    def sync(self, key: str, /) -> datetime | None:
        """Reconcile one key; a second call changes nothing.

        Returns:
            When to reconcile again without an event, such as at a deadline; AT_ONCE if there is more to do than a few
            milliseconds allow; None if only events matter.
        """
        ...


class Controllers:
    """The sandbox's kube-controller-manager.

    Args:
        store: the store that they watch and write; also their clock.
        root_ca: the certificate in each namespace's ConfigMap `kube-root-ca.crt`, as PEM.
        runs_pods: whether a scheduler and a stand-in for the kubelets run.

    Example:
        >>> from datetime import UTC, datetime
        >>> from tenantkit.sandbox.storage.store import Store
        >>> controllers = Controllers(Store(lambda: datetime.now(UTC)))
        >>> controllers.start()
        >>> controllers.run_pending()
    """

    def __init__(self, store: Store, *, root_ca: str = "", runs_pods: bool = False) -> None:
        self._store = store
        self._controllers: tuple[Controller, ...] = (
            ServiceAccountController(store),
            RootCertificatePublisher(store, root_ca),
            QuotaController(store),
            ClusterRoleAggregationController(store),
            NamespaceController(store),
            GarbageCollector(store),
            VolumeProtectionController(store),
            PersistentVolumeController(store),
            NodeLifecycleController(store),
            DeploymentController(store),
            ReplicaSetController(store),
            StatefulSetController(store),
            JobController(store),
            EndpointSliceController(store),
            AdmissionPolicyStatusController(store),
            *((Scheduler(store), Kubelets(store)) if runs_pods else ()),
        )
        self._queue: dict[tuple[Controller, str], None] = {}
        self._due: dict[tuple[Controller, str], datetime] = {}
        self._unsubscribe: Callable[[], None] | None = None
        self._is_scheduled = False

    @property
    def pending(self) -> bool:
        """Whether `run_pending` has work: keys are queued, or due by the store's clock."""
        return bool(self._queue) or (bool(self._due) and min(self._due.values()) <= self._store.clock())

    def start(self) -> None:
        """Start watching the store; existing objects are handled as new."""
        if self._unsubscribe is None:
            self._unsubscribe = self._store.subscribe(self._seen)
            for resource in RESOURCES:
                for manifest in self._store.list(resource):
                    self._seen(Event("ADDED", resource, manifest, None))

    def stop(self) -> None:
        """Stop watching and clear the queue; may be called twice."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._queue.clear()
        self._due.clear()

    def run_soon(self) -> None:
        """Reconcile what is queued and due on the running event loop, in slices with requests in between."""
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._run_slice)

    def run_pending(self) -> None:
        """Reconcile all queued and due keys, and those that follow from them.

        Raises:
            RuntimeError: the controllers trigger each other endlessly.
        """
        self._queue_due()
        for _ in range(_ROUNDS_LIMIT):
            if not self._queue:
                return
            self._reconcile_next()
        raise RuntimeError(
            f"the sandbox's controllers trigger each other endlessly; next in the queue: {list(self._queue)[:3]}"
        )

    def _run_slice(self) -> None:
        self._is_scheduled = False
        self._queue_due()
        end = time.monotonic() + _SLICE_S
        while self._queue and time.monotonic() < end:
            try:
                self._reconcile_next()
            except Exception:  # noqa: BLE001 (a bug in one controller must not stop the others)
                _log.exception("a controller failed")
        if self._queue:
            self.run_soon()

    def _queue_due(self) -> None:
        now = self._store.clock()
        self._queue |= {work: None for work, moment in self._due.items() if moment <= now}

    def _reconcile_next(self) -> None:
        """Reconcile the key that was queued first."""
        work = controller, key = next(iter(self._queue))
        del self._queue[work]
        self._due.pop(work, None)
        try:
            again = controller.sync(key)
        except ApiError as error:
            # as a real controller does: log the error, and reconcile again later, or after the next event
            _log.warning("%s could not reconcile %r: %s", type(controller).__name__, key, error)
            self._due[work] = self._store.clock() + _RETRY
            return
        if again is AT_ONCE:
            self._queue[work] = None
        elif again is not None:
            self._due[work] = again

    def _seen(self, event: Event) -> None:
        for controller in self._controllers:
            for key in controller.keys(event):
                self._queue.setdefault((controller, key))

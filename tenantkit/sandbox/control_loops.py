"""Controllers: what happens on a cluster by itself, after a write and apart from it.

Each watches the store and notes what it has to look at; nothing is done until `run_pending`, which the server calls
once the write's answer is on its way. So a client sees what it sees on a real cluster: for a moment a quota has no
status, and a namespace no service account. Writes made here wake the controllers again, and the same call goes on until
all is quiet. Turned down: doing the work inside the write (there would be no moment in between), and a thread or timer
a controller (nothing would be reproducible).

Source: page "Controllers"; the controllers of kube-controller-manager 1.37 by the same names.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import RESOURCES
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
# Controllers that answer each other for ever are a bug here: better an error with a name than a server that hangs.
_ROUNDS_LIMIT = 100_000


class Controller(Protocol):
    """What a controller is: it says which keys an event makes it look at, and looks at one key at a time."""

    def keys(self, event: Event, /) -> Iterable[str]:
        """What to look at after this event; cheap, for it runs at each write."""
        ...

    def sync(self, key: str, /) -> datetime | None:
        """Bring one thing to where it should be; called again, it changes nothing.

        Returns:
            When to look again though nothing happens: at a deadline. None: only when something happens.
        """
        ...


class Controllers:
    """The sandbox's kube-controller-manager.

    Args:
        store: what they watch and write; its clock is theirs.
        root_ca: the certificate, in PEM, that each namespace's `kube-root-ca.crt` hands out.
        runs_pods: with a scheduler, and a stand-in for the kubelet of each node that is made.

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
            *((Scheduler(store), Kubelets(store)) if runs_pods else ()),
        )
        self._queue: dict[tuple[Controller, str], None] = {}
        self._due: dict[tuple[Controller, str], datetime] = {}
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def pending(self) -> bool:
        """Whether there is work for `run_pending`: something was noted, or is due by the store's clock."""
        return bool(self._queue) or (bool(self._due) and min(self._due.values()) <= self._store.clock())

    def start(self) -> None:
        """Begin to watch the store; what is in it already counts as just written."""
        if self._unsubscribe is None:
            self._unsubscribe = self._store.subscribe(self._seen)
            for resource in RESOURCES:
                for manifest in self._store.list(resource):
                    self._seen(Event("ADDED", resource, manifest, None))

    def stop(self) -> None:
        """Watch no more and forget what was noted; may be called twice."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._queue.clear()
        self._due.clear()

    def run_pending(self) -> None:
        """Do what was noted or is due, and what follows from it, until nothing is left.

        Raises:
            RuntimeError: the controllers keep each other busy for ever.
        """
        now = self._store.clock()
        self._queue |= {work: None for work, moment in self._due.items() if moment <= now}
        for _ in range(_ROUNDS_LIMIT):
            if not self._queue:
                return
            work = controller, key = next(iter(self._queue))
            del self._queue[work]
            self._due.pop(work, None)
            try:
                again = controller.sync(key)
                if again is not None:
                    self._due[work] = again
            except ApiError as error:
                # As a real one: it says so in its log, and looks again when something has changed.
                _log.warning("%s could not bring %r up to date: %s", type(controller).__name__, key, error)
        raise RuntimeError(f"the sandbox's controllers did not come to rest; still to do: {list(self._queue)[:3]}")

    def _seen(self, event: Event) -> None:
        for controller in self._controllers:
            for key in controller.keys(event):
                self._queue.setdefault((controller, key))

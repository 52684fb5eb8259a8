"""Two users who grant one host at the same moment: neither sees the other's grant before writing its own.

So each looks again after its write, at all tenants. Whoever then finds another tenant with the host takes it back from
its own tenant and says so. The later of two writers always sees the earlier one, hence at most one keeps the host, and
nobody is left with half of it. If both see each other, both take it back and both are told. Rejected alternative:
deciding by age or name, with which the one that looked first may already have gone on.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from tenantkit.exceptions import ClusterError, HostTakenError, PermissionDenied
from tenantkit.manifests.labels import GRANT_ANNOTATION, HOSTS_ANNOTATION
from tenantkit.manifests.namespace import hosts_of
from tenantkit.provision.hosts.granted import holders
from tenantkit.provision.stored.tenants import TENANT_NAMESPACES
from tenantkit.spec.base import canonical_json

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest


class HostCheck:
    """Reads who has which hosts, for many threads with few requests.

    A thread needs an answer to a request that was sent after its own write. Threads that wait at the same time share
    one request.

    Args:
        cluster: the cluster.
    """

    def __init__(self, cluster: ClusterApi) -> None:
        self._cluster = cluster
        self._changed = threading.Condition()
        self._started = 0
        self._finished = 0
        self._is_reading = False
        self._holders: dict[str, set[str]] = {}

    def keep(self, change: PlanChange, sent: Manifest) -> None:
        """After the write of a tenant's Namespace: keep its new hosts, unless another tenant has one of them, too.

        Args:
            change: that was carried out; only Namespaces are looked at.
            sent: the manifest that was applied.

        Raises:
            HostTakenError: another tenant was granted a host at the same time; it was taken back from this one.
            ClusterError: the other tenants could not be read, or the host could not be taken back.

        RBAC: list and patch namespaces.
        """
        if change.ref.kind != "Namespace" or change.tenant is None:
            return
        added = [host for host in hosts_of(sent) if host not in hosts_of(change.live)]
        rivals = self.rivals(change.tenant, added) if added else {}
        if not rivals:
            return
        listed = ", ".join(f"{host!r} of tenant {rival!r}" for host, rival in rivals.items())
        what = f"this tenant was granted a host at the same time as another tenant: {listed}"
        try:
            self._cluster.apply(_without_hosts(sent, rivals))
        except ClusterError as error:
            raise HostTakenError(f"{what}. It could not be taken back: {error.what}") from None
        raise HostTakenError(f"{what}. It was taken back from this one: agree on one of them, then plan again")

    def rivals(self, tenant: str, hosts: Collection[str]) -> dict[str, str]:
        """Another tenant that has each of these hosts, as of now; empty if there is none, or if it may not be read.

        Raises:
            ClusterError: the namespaces could not be read.

        RBAC: list namespaces; a user who may not has been told so in the plan.
        """
        try:
            found = self._read_after_now()
        except PermissionDenied:
            return {}
        others = {host: sorted(found.get(host, set()) - {tenant}) for host in hosts}
        return {host: tenants[0] for host, tenants in others.items() if tenants}

    def _read_after_now(self) -> dict[str, set[str]]:
        with self._changed:
            needed = self._started + 1
            while self._is_reading and self._finished < needed:
                self._changed.wait()
            if self._finished >= needed:
                return self._holders
            self._is_reading = True
            self._started += 1
            number = self._started
        try:
            read = holders(self._cluster.list("Namespace", label_selector=TENANT_NAMESPACES))
        except BaseException:
            with self._changed:
                self._is_reading = False
                self._changed.notify_all()
            raise
        with self._changed:
            self._is_reading, self._finished, self._holders = False, number, read
            self._changed.notify_all()
            return read


def _without_hosts(namespace: Manifest, hosts: Collection[str]) -> Manifest:
    """A tenant's Namespace whose grant and annotation lack these hosts."""
    annotations = dict(namespace["metadata"]["annotations"])
    annotations[HOSTS_ANNOTATION] = ",".join(host for host in hosts_of(namespace) if host not in hosts)
    if GRANT_ANNOTATION in annotations:  # it is not sent where someone else set it
        grant = json.loads(annotations[GRANT_ANNOTATION])
        grant["hosts"] = [host for host in grant.get("hosts") or () if host not in hosts]
        annotations[GRANT_ANNOTATION] = canonical_json(grant)
    return {**namespace, "metadata": {**namespace["metadata"], "annotations": annotations}}

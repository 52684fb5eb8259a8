"""Deleting a whole tenant: what would be lost, then the namespace, then waiting until it is gone.

The namespace takes all in it along, so what is shown first is everything in it, not only what tenantkit made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.parallel import side_by_side
from tenantkit.display.tables import html_table, text_table
from tenantkit.exceptions import InvalidSpecError, NotFound, OwnershipError, PermissionDenied, Problem
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.changes import is_ours, owner_of
from tenantkit.provision.stored import get_namespace
from tenantkit.provision.wait_deleted import wait_until_gone
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

# Kinds that other objects leave behind and that nobody would miss.
_NOT_MISSED = ("Event", "EndpointSlice", "Lease")


@dataclass(frozen=True)
class Deletion:
    """What deleting a tenant would take along; shows itself as a table.

    Args:
        tenant: its name.
        namespace: its namespace.
        counts: objects there by kind; None where they may not be counted, which is not the same as none.
        protected: whether `delete_tenant` refuses.
        uid: of the namespace, so that a later one of that name is safe.
    """

    tenant: str
    namespace: str
    counts: Mapping[str, int | None]
    protected: bool
    uid: str

    @property
    def summary(self) -> str:
        """In one line: what goes."""
        told = [f"{count} {kind}" for kind, count in self.counts.items() if count]
        hidden = [kind for kind, count in self.counts.items() if count is None]
        text = f"deleting tenant {self.tenant!r} takes namespace {self.namespace!r} and in it "
        text += ", ".join(told) or "nothing"
        text += f"; unknown, since you may not list them: {', '.join(hidden)}" if hidden else ""
        return text + ("; it is protected, so it would be refused" if self.protected else "")

    @property
    def frame(self) -> pd.DataFrame:
        """kind: `string`; count: `Int64`, <NA> where they may not be counted. One row per kind."""
        import pandas as pd

        return pd.DataFrame(
            {
                "kind": pd.array(list(self.counts), dtype="string"),
                "count": pd.array(list(self.counts.values()), dtype="Int64"),
            }
        )

    def __str__(self) -> str:
        return f"{text_table(('kind', 'count'), self._shown)}\n\n{self.summary}"

    def __repr__(self) -> str:
        return f"<Deletion: {self.summary}>"

    def _repr_html_(self) -> str:
        return html_table(self.summary, ("kind", "count"), self._shown)

    @property
    def _shown(self) -> list[tuple[str, str]]:
        return [(kind, "unknown" if count is None else str(count)) for kind, count in self.counts.items() if count != 0]


@takes_cluster
def plan_delete(cluster: Cluster, name: str) -> Deletion:
    """What deleting a tenant would take along. Reads, and changes nothing.

    Args:
        cluster: where.
        name: the tenant's, without the platform's prefix.

    Raises:
        NotFound: there is no such tenant.
        OwnershipError: the namespace is not this tenant's.
        SpecVersionError: a newer tenantkit wrote its grant.

    RBAC: get the namespace, get configmap `platform` in tenantkit-system; list of each kind, where a refusal counts as
    unknown.

    Example:
        >>> print(plan_delete(cluster, "vision"))  # doctest: +SKIP
    """
    live = _own_namespace(cluster, name)
    namespace = live["metadata"]["name"]
    kinds = [kind.kind for kind in KINDS.values() if kind.namespaced and kind.kind not in _NOT_MISSED]
    counted = zip(kinds, side_by_side(lambda kind: _count(cluster, kind, namespace), kinds), strict=True)
    # A kind that the cluster does not serve is left out.
    counts = {kind: count for kind, count in counted if count != _NOT_SERVED}
    return Deletion(name, namespace, counts, _is_protected(live), live["metadata"]["uid"])


@takes_cluster
def delete_tenant(cluster: Cluster, name: str, *, confirm: str, timeout_s: float = 120.0) -> Deletion:
    """Delete a tenant with everything in it, and wait until it is gone. There is no way back.

    Args:
        cluster: where.
        name: the tenant's, without the platform's prefix.
        confirm: the name once more, so that it happens to nobody by accident.
        timeout_s: how long to wait, in seconds, until the namespace is gone. Default 120: pods have 30 to end.

    Returns:
        What was taken along.

    Raises:
        InvalidSpecError: `confirm` is not the name.
        NotFound: there is no such tenant.
        OwnershipError: the namespace is not this tenant's, or it is protected.
        PermissionDenied: it may not be deleted.
        WaitTimeoutError: it is still being deleted; the message names the finalizer or API service that holds it.
            Nothing is ever stripped.

    RBAC: delete and watch the namespace, and what `plan_delete` needs.

    Example:
        >>> delete_tenant(cluster, "vision", confirm="vision")  # doctest: +SKIP
    """
    if confirm != name:
        raise InvalidSpecError([Problem("confirm", confirm, f"give {name!r} once more to delete all that is in it")])
    deletion = plan_delete(cluster, name)
    if deletion.protected:
        raise OwnershipError(f"tenant {name!r} is protected: apply it with protected=False first, nothing was deleted")
    ref = ObjectRef("v1", "Namespace", deletion.namespace)
    try:
        cluster.delete(ref, uid=deletion.uid)
    except NotFound:
        return deletion
    wait_until_gone(cluster, deletion.namespace, timeout_s=timeout_s)
    return deletion


_NOT_SERVED = -1


def _own_namespace(cluster: Cluster, name: str) -> Manifest:
    live = get_namespace(cluster, name)
    if not is_ours(live, name):
        which = f"namespace {live['metadata']['name']!r}"
        raise OwnershipError(f"{which} is not of tenant {name!r} but belongs to {owner_of(live)}: nothing was deleted")
    return live


def _is_protected(live: Manifest) -> bool:
    """As its grant says; a namespace whose making was interrupted has none, and protects nothing."""
    grant = (live["metadata"].get("annotations") or {}).get(GRANT_ANNOTATION)
    if grant is None:
        return False
    return Tenant.from_parts(grant, None, source=f"namespace {live['metadata']['name']!r}").protected


def _count(cluster: Cluster, kind: str, namespace: str) -> int | None:
    try:
        return len(cluster.list(kind, namespace=namespace))
    except PermissionDenied:
        return None
    except NotFound:
        return _NOT_SERVED

"""The first argument of every public function: is it a Cluster?."""

from __future__ import annotations

from tenantkit.exceptions import InvalidSpecError, Problem


def check_is_cluster(cluster: object) -> None:
    """Raise InvalidSpecError where something else was given first: a tenant's name, a kubeconfig, a Sandbox."""
    if not hasattr(cluster, "get"):
        raise InvalidSpecError([Problem("cluster", cluster, "give what tk.connect() returns, before all else")])

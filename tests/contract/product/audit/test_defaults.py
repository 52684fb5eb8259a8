"""Kubernetes' own bindings are those of the table by which the audit leaves them out; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.access.bootstrap import is_default

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster


def test_every_binding_that_the_server_made_is_a_default(cluster: Cluster) -> None:
    made = cluster.list("ClusterRoleBinding", label_selector="kubernetes.io/bootstrapping=rbac-defaults")
    others = [
        (binding["metadata"]["name"], subject)
        for binding in made
        for subject in binding.get("subjects") or ()
        if not is_default(binding, subject)
    ]

    assert made
    assert others == []

"""The behaviours of the multi-tenancy benchmark (kubernetes-sigs/multi-tenancy, benchmarks/kubectl-mtb), by name.

`tests/contract/product/isolation/rows.py` has those that are attempts; the others name the test that shows them.
"""

from __future__ import annotations

# the behaviour: its level there, and where it is shown: "attempts", "work", a module of tests, or why it does not hold
BENCHMARK: dict[str, tuple[int, str]] = {
    "block_access_to_cluster_resources": (1, "test_reach"),
    "block_add_capabilities": (1, "attempts"),
    "block_multitenant_resources": (1, "attempts"),
    "block_ns_quota": (1, "attempts"),
    "block_privilege_escalation": (1, "attempts"),
    "block_privileged_containers": (1, "attempts"),
    "block_use_of_bind_mounts": (1, "attempts"),
    "block_use_of_host_ipc": (1, "attempts"),
    "block_use_of_host_networking_and_ports": (1, "attempts"),
    "block_use_of_host_path": (1, "attempts"),
    "block_use_of_host_pid": (1, "attempts"),
    "block_use_of_nodeport_services": (1, "attempts"),
    "configure_ns_object_quota": (1, "test_effects"),
    "configure_ns_quotas": (1, "attempts"),
    "require_always_pull_image": (1, "not enforced"),
    "require_cap_drop_all": (1, "attempts"),
    "require_pvc_reclaim_policy_delete": (1, "not enforced"),
    "require_run_as_non_root_user": (1, "attempts"),
    "block_other_tenant_resources": (2, "test_reach"),
    "block_role_privilege_escalation": (2, "attempts"),
    "create_namespaces": (2, "not offered"),
    "create_network_policies": (2, "not offered"),
    "create_role_bindings": (2, "work"),
    "default_deny_network_connections_across_tenants": (2, "test_effects"),
}

"""Every object of a tenant, compared whole: a field too many fails as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.demo import demo_tenants
from tenantkit.manifests.access import make_accounts, make_bindings, make_subject
from tenantkit.manifests.namespace import make_namespace
from tenantkit.manifests.order import RANK
from tenantkit.manifests.quota import make_limits, make_quota
from tenantkit.manifests.routes import make_ingress
from tenantkit.manifests.tenant import make_tenant
from tenantkit.spec.people import People
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import ContainerLimits, Quota, StorageClassQuota
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Routing
from tenantkit.spec.security import Security
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

THREE_TENANTS = Path(__file__).parents[2] / "data" / "three-tenants.json"
PLATFORM = Platform()
LABELS = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": "vision"}
ROUTE = Route(service="ai-service", port=80, path="/ai-service")


def tenant(**fields: Any) -> Tenant:
    return Tenant(**{"name": "vision", "team": "cv", "owners": ["dana@example.com"], "size": "small"} | fields)


def test_a_namespace_holds_the_grant_the_hosts_and_the_pod_security_levels() -> None:
    platform = Platform(namespace_prefix="team-", labels={"cost-center": "42"}, security=Security(version="v1.37"))

    assert make_namespace(tenant(hosts=["vision.example.org"]), platform) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "team-vision",
            "labels": LABELS
            | {
                "tenantkit.dev/team": "cv",
                "cost-center": "42",
                "pod-security.kubernetes.io/enforce": "baseline",
                "pod-security.kubernetes.io/enforce-version": "v1.37",
                "pod-security.kubernetes.io/audit": "restricted",
                "pod-security.kubernetes.io/audit-version": "v1.37",
                "pod-security.kubernetes.io/warn": "restricted",
                "pod-security.kubernetes.io/warn-version": "v1.37",
            },
            "annotations": {
                "tenantkit.dev/grant": '{"apiVersion":"tenantkit.dev/v1alpha1","hosts":["vision.example.org"],'
                '"name":"vision","owners":["dana@example.com"],"protected":false,"size":"small","team":"cv"}',
                "tenantkit.dev/hosts": "vision.example.ai,vision.example.org",
            },
        },
    }


def test_what_a_tenant_leaves_as_it_is_has_no_objects() -> None:
    kinds = [manifest["kind"] for manifest in make_tenant(tenant(), PLATFORM)]

    walls = ["Namespace", "ResourceQuota", "ResourceQuota", "LimitRange", *["NetworkPolicy"] * 5]
    index = ["Role", "Role", "RoleBinding", "RoleBinding"]
    assert kinds == ["ConfigMap", *walls, "ServiceAccount", "ServiceAccount", "RoleBinding", *index]


def test_a_quota_names_everything_and_grants_0_of_what_was_not_asked_for() -> None:
    platform = Platform(accelerators=["nvidia.com/gpu", "nvidia.com/mig-1g.10gb"])
    quota = Quota(requests_cpu=8, requests_memory="32Gi", accelerators={"nvidia.com/mig-1g.10gb": 2})

    assert make_quota(tenant(size=None, quota=quota), platform) == {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "name": "tenantkit-quota",
            "namespace": "vision",
            "labels": LABELS | {"tenantkit.dev/team": "cv"},
        },
        "spec": {
            "hard": {
                "requests.cpu": "8",
                "requests.memory": "32Gi",
                "limits.memory": "64Gi",
                "requests.ephemeral-storage": "50Gi",
                "requests.storage": "100Gi",
                "requests.nvidia.com/gpu": "0",
                "requests.nvidia.com/mig-1g.10gb": "2",
                "persistentvolumeclaims": "10",
                "pods": "30",
                "services": "20",
                "services.loadbalancers": "0",
                "services.nodeports": "0",
                "count/jobs.batch": "50",
                "count/ingresses.networking.k8s.io": "10",
                "count/httproutes.gateway.networking.k8s.io": "10",
                "count/configmaps": "50",
                "count/secrets": "50",
                "count/pods": "300",
                "count/replicationcontrollers": "10",
                "count/serviceaccounts": "50",
                "count/controllerrevisions.apps": "500",
                "count/daemonsets.apps": "10",
                "count/deployments.apps": "100",
                "count/replicasets.apps": "1000",
                "count/statefulsets.apps": "50",
                "count/horizontalpodautoscalers.autoscaling": "100",
                "count/cronjobs.batch": "50",
                "count/poddisruptionbudgets.policy": "100",
                "count/rolebindings.rbac.authorization.k8s.io": "100",
            }
        },
    }


def test_a_quota_limits_cpu_and_storage_classes_when_asked_to() -> None:
    quota = Quota(
        requests_cpu="500m",
        requests_memory="1Gi",
        limits_cpu=2,
        limits_memory="3Gi",
        storage_classes={"fast": StorageClassQuota(storage="10Gi", claims=2), "slow": StorageClassQuota(storage="1Ti")},
        containers=ContainerLimits(limit_cpu="1"),
    )

    hard = make_quota(tenant(size=None, quota=quota), PLATFORM)["spec"]["hard"]

    assert {name: hard[name] for name in hard if name.startswith(("limits.", "fast.", "slow."))} == {
        "limits.cpu": "2",
        "limits.memory": "3Gi",
        "fast.storageclass.storage.k8s.io/requests.storage": "10Gi",
        "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "2",
        "slow.storageclass.storage.k8s.io/requests.storage": "1Ti",
    }


def test_limits_give_each_container_what_the_quota_counts() -> None:
    assert make_limits(tenant(), PLATFORM) == {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "tenantkit-limits", "namespace": "vision", "labels": LABELS},
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "default": {"memory": "512Mi"},
                    "defaultRequest": {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "1Gi"},
                },
                {"type": "PersistentVolumeClaim", "max": {"storage": "50Gi"}},
            ]
        },
    }


def test_a_bound_without_a_default_is_written_as_the_default_as_the_server_does() -> None:
    quota = Quota(requests_cpu=8, requests_memory="32Gi", containers=ContainerLimits(max_cpu=4, max_memory="8Gi"))

    container = make_limits(tenant(size=None, quota=quota), PLATFORM)["spec"]["limits"][0]

    assert container["default"] == {"cpu": "4", "memory": "512Mi"}
    assert container["max"] == {"cpu": "4", "memory": "8Gi"}


def test_pods_get_no_token_unasked_and_pull_with_the_platform_secrets() -> None:
    platform = Platform(security=Security(image_pull_secrets=["registry"]))
    shared = {"apiVersion": "v1", "kind": "ServiceAccount", "imagePullSecrets": [{"name": "registry"}]}

    assert make_accounts(tenant(), platform) == [
        shared
        | {
            "metadata": {"name": "default", "namespace": "vision", "labels": LABELS},
            "automountServiceAccountToken": False,
        },
        shared | {"metadata": {"name": "workload", "namespace": "vision", "labels": LABELS}},
    ]


def test_one_binding_per_person_and_role() -> None:
    made = make_bindings(tenant(viewers=["group:cv-guests"]), PLATFORM)

    assert made[0] == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {
            "name": made[0]["metadata"]["name"],
            "namespace": "vision",
            "labels": LABELS,
            "annotations": {"tenantkit.dev/person": "dana@example.com"},
        },
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "tenantkit-owner"},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "dana@example.com"}],
    }
    assert [binding["roleRef"]["name"] for binding in made] == ["tenantkit-owner", "tenantkit-viewer"]


def test_two_people_of_one_slug_get_two_bindings() -> None:
    made = make_bindings(
        tenant(owners=["a.b@x.org", "a-b@x.org", "a_b@x.org", "sa:a-b/x.org", "group:a-b-x.org"]), PLATFORM
    )

    assert len({binding["metadata"]["name"] for binding in made}) == 5


@pytest.mark.parametrize(
    ("person", "subject"),
    [
        (
            "dana@example.com",
            {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "oidc:dana@example.com"},
        ),
        ("group:cv", {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "corp/cv"}),
        ("sa:hub/dana", {"kind": "ServiceAccount", "name": "dana", "namespace": "hub"}),
    ],
)
def test_a_person_is_named_as_the_sign_in_names_them(person: str, subject: Manifest) -> None:
    assert make_subject(person, People(user_prefix="oidc:", group_prefix="corp/")) == subject


def test_a_route_without_tls_or_class_becomes_an_ingress_without_either() -> None:
    route = Route(name="tenant-ingress-1", service="tenant-1-ai-service", port=80, path="/ai-service")
    paths = [
        {
            "path": "/ai-service",
            "pathType": "Prefix",
            "backend": {"service": {"name": "tenant-1-ai-service", "port": {"number": 80}}},
        }
    ]

    assert make_ingress(tenant(name="tenant-1"), route, PLATFORM) == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "tenant-ingress-1",
            "namespace": "tenant-1",
            "labels": LABELS | {"tenantkit.dev/tenant": "tenant-1"},
        },
        "spec": {"rules": [{"host": "tenant-1.example.ai", "http": {"paths": paths}}]},
    }


def test_class_tls_and_annotations_are_the_platforms() -> None:
    routing = Routing(ingress_class="contour", tls_secret="{name}-tls", annotations={"example.org/issuer": "ca"})

    made = make_ingress(tenant(), Route(service="web", port="http"), Platform(routing=routing))

    assert made["metadata"]["annotations"] == {"example.org/issuer": "ca"}
    assert made["spec"]["ingressClassName"] == "contour"
    assert made["spec"]["tls"] == [{"hosts": ["vision.example.ai"], "secretName": "vision-tls"}]
    assert made["spec"]["rules"][0]["http"]["paths"][0]["backend"] == {
        "service": {"name": "web", "port": {"name": "http"}}
    }


def test_objects_come_in_the_order_of_their_ranks() -> None:
    made = make_tenant(tenant(routes=[ROUTE]), PLATFORM)

    for place in ("vision", "tenantkit-index"):
        kinds = [it["kind"] for it in made if it["metadata"].get("namespace", "vision") == place]
        assert kinds == sorted(kinds, key=RANK.__getitem__)


def test_the_demo_is_the_well_known_example_field_by_field() -> None:
    example = json.loads(THREE_TENANTS.read_text())["objects"]

    made = [manifest for each in demo_tenants() for manifest in make_tenant(each, PLATFORM)]

    for wanted in example:
        assert any(_holds(manifest, wanted) for manifest in made), wanted


def _holds(manifest: Any, wanted: Any) -> bool:
    """Whether every field of `wanted` is in `manifest` as it stands there."""
    if isinstance(wanted, dict):
        return isinstance(manifest, dict) and all(
            key in manifest and _holds(manifest[key], wanted[key]) for key in wanted
        )
    return bool(manifest == wanted)

"""Who has a host, where something may not be read or cannot be, or where a host is claimed twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.requests.unreadable import ObjectList, UnreadableObject
from tenantkit.frames.host_owner import answered
from tenantkit.manifests.labels import HOSTS_ANNOTATION
from tenantkit.provision.hosts.visible import read_visible_hosts
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, IndexedTenant
from tests.unit.provision.memory import PLATFORM, Memory, cluster_of, run, tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

HOST = "shop.example.ai"


@dataclass
class Odd(Memory):
    """A cluster with an object that no parser reads, and a user who owns some tenants."""

    unparsed: str = ""
    owned: tuple[str, ...] = ()

    def list(self, kind: Any, **options: Any) -> list[Manifest]:
        found = super().list(kind, **options)
        if kind != self.unparsed:
            return found
        return ObjectList(found, unreadable=[UnreadableObject(kind, None, "odd", "is nested too deeply")])

    def own_rules(self, namespace: str) -> Manifest:
        if namespace == INDEX_NAMESPACE or namespace not in self.owned:
            return super().own_rules(namespace)
        rules = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
        return {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}


def installed(memory: Memory) -> Memory:
    memory.install(PLATFORM)
    return memory


def ingress(spec: dict[str, Any]) -> Manifest:
    metadata = {"name": "shop", "namespace": "default"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def state(memory: Memory, host: str = HOST) -> str:
    return str(answered(cluster_of(memory), host, surface="python")["state"].item())


def next_steps(memory: Memory, host: str = HOST) -> str:
    return str(answered(cluster_of(memory), host, surface="python")["next_steps"].item())


def test_a_host_is_free_if_all_tenants_and_ingresses_are_read() -> None:
    assert state(installed(Memory())) == "free"
    assert state(installed(Memory(not_served=("Ingress",)))) == "free"


@pytest.mark.parametrize("memory", [Memory(refused=("Ingress",)), Odd(unparsed="Ingress"), Odd(unparsed="Namespace")])
def test_a_host_is_not_free_if_something_that_may_have_it_is_not_read(memory: Memory) -> None:
    assert state(installed(memory)) == "not visible"
    assert next_steps(memory).endswith("ask the platform team")


@pytest.mark.parametrize(
    "spec",
    [
        {"rules": [{"host": HOST}]},
        {"rules": [{"host": "*.example.ai"}]},
        {"rules": [{"http": {"paths": []}}], "tls": [{"secretName": "shop", "hosts": ["other.example.ai", HOST]}]},
    ],
)
def test_an_ingress_claims_a_host_also_by_a_wildcard_and_for_tls(spec: dict[str, Any]) -> None:
    memory = installed(Memory())
    memory.create(ingress(spec))

    assert state(memory) == "taken"
    assert next_steps(memory) == (
        "Ingress 'shop' in namespace 'default' has it, although no tenant is granted it: ask the platform team, or "
        "choose another host"
    )
    assert state(memory, "shop.example.org") == "free"


def test_each_of_two_owners_of_one_host_reads_that_it_is_theirs() -> None:
    memory = Odd(own=(IndexedTenant("vision", "vision"), IndexedTenant("speech", "speech")))
    run(memory, tenant(hosts=[HOST]), tenant(name="speech"))
    speech = memory.objects[ObjectRef("v1", "Namespace", "speech")]
    speech["metadata"]["annotations"][HOSTS_ANNOTATION] += f",{HOST}"

    assert [it.tenant for it in read_visible_hosts(memory).holders[HOST]] == ["speech", "vision"]
    for name in ("vision", "speech"):
        memory.owned = (name,)
        frame = answered(cluster_of(memory), HOST, surface="python")
        assert frame[["state", "tenant"]].values.tolist() == [["yours", name]]

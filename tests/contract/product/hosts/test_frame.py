"""What each person sees of hosts, and what the frame and the command show; on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import tenantkit as tk
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.main import main
from tenantkit.frames.hosts import HOSTS
from tenantkit.rules.manifest import ref_of
from tenantkit.sandbox.server import Sandbox
from tests.contract.product.hosts.routes import GATEWAY_API, Places, Wanted
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.engines import Engine


@pytest.fixture
def names(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """A tenant of the owner, and one that they do not see."""
    with fresh_name(cluster) as mine, fresh_name(cluster) as hidden:
        tenants = [tenant(mine), tenant(hidden, owners=["lin@example.com"])]
        tk.apply(cluster, tk.plan(cluster, tenants), progress=False)
        yield mine, hidden


@pytest.fixture
def owner(names: tuple[str, str], connect_as: Callable[[str], Cluster]) -> Cluster:
    owner = connect_as("owner")
    eventually(lambda: owner.can("list", "Ingress", namespace=names[0]))
    eventually(lambda: names[0] in set(tk.my_tenants(owner)["tenant"]))
    return owner


@pytest.fixture
def thief(names: tuple[str, str], cluster: Cluster) -> Iterator[Manifest]:
    """An Ingress of the hidden tenant for the other one's host."""
    mine, hidden = names
    backend = {"service": {"name": "ai", "port": {"number": 80}}}
    rule = {
        "host": f"{mine}.example.ai",
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    made = cluster.create(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "thief", "namespace": hidden, "labels": {"app": "thief"}},
            "spec": {"rules": [rule]},
        }
    )
    yield made
    cluster.delete(ref_of(made))


def state_of(frame: pd.DataFrame, namespace: str) -> list[str]:
    states: list[str] = frame[frame["namespace"] == namespace]["state"].tolist()
    return states


def test_a_row_has_all_that_is_known_of_a_host(cluster: Cluster, names: tuple[str, str]) -> None:
    mine, _ = names
    frame = tk.hosts(cluster, tenant=mine)

    assert isinstance(frame, tk.Frame)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == HOSTS
    [row] = frame.to_dict("records")
    known = {name: value for name, value in row.items() if not pd.isna(value)}
    assert pd.Timestamp.now("UTC") - known.pop("since") < pd.Timedelta("10min")
    assert known == {
        "host": f"{mine}.example.ai",
        "path": "/ai-service",
        "path_type": "Prefix",
        "state": "owned",
        "tenant": mine,
        "namespace": mine,
        "kind": "Ingress",
        "name": "ai",
    }
    assert frame.attrs == {"scope": (mine,), "incomplete": {}}


def test_the_rows_of_one_tenant_know_of_all_others(cluster: Cluster, names: tuple[str, str], thief: Manifest) -> None:
    mine, hidden = names
    [row] = tk.hosts(cluster, tenant=mine).to_dict("records")
    [_, other] = tk.hosts(cluster, tenant=hidden).sort_values("name", key=lambda it: it == "thief").to_dict("records")

    assert (row["state"], row["shared_with"]) == ("collides", f"Ingress/thief in {hidden}")
    assert (other["state"], other["shared_with"]) == ("collides", f"Ingress/{row['name']} in {mine}")
    assert pd.isna(row["winner"])
    assert tk.hosts(cluster, label_selector="app=thief")["name"].tolist() == [thief["metadata"]["name"]]


def test_what_needs_attention_comes_first(cluster: Cluster, names: tuple[str, str], thief: Manifest) -> None:
    assert thief
    frame = tk.hosts(cluster, namespaces=[*names])

    assert frame["state"].tolist() == ["collides", "collides", "owned"]
    assert "collides" in repr(frame)


def test_a_member_sees_their_own_rows_and_learns_of_no_others(
    owner: Cluster, names: tuple[str, str], thief: Manifest
) -> None:
    assert thief
    mine, hidden = names
    frame = tk.hosts(owner)

    assert state_of(frame, mine) == ["unknown"]
    assert hidden not in frame.to_csv() + repr(frame) + str(frame.attrs)
    assert "others may ask for the same hosts" in frame.attrs["incomplete"]["Ingress"]
    assert "others may ask for the same hosts" in repr(frame)
    with pytest.raises(tk.exceptions.PermissionDenied):
        tk.hosts(owner, namespaces=[hidden])


def test_a_member_sees_a_host_that_was_not_granted(owner: Cluster, cluster: Cluster, names: tuple[str, str]) -> None:
    mine, _ = names
    places = Places("ai")
    made = cluster.create(
        Wanted("Ingress", "elsewhere").manifest(places, "a", "elsewhere")
        | {"metadata": {"name": "x", "namespace": mine}}
    )
    try:
        frame = tk.hosts(owner, tenant=mine)
    finally:
        cluster.delete(ref_of(made))

    assert frame["state"].tolist() == ["outside grant", "unknown"]
    assert frame["reason"].tolist()[0] == "this host was not granted to the tenant"


def test_a_listener_set_of_a_tenant_serves_its_routes(places: Places, cluster: Cluster) -> None:
    gateway = {
        "apiVersion": GATEWAY_API,
        "kind": "Gateway",
        "metadata": {"name": "sets", "namespace": places.infra},
        "spec": {
            "gatewayClassName": f"edge-{places.run}",
            "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}],
            "allowedListeners": {"namespaces": {"from": "All"}},
        },
    }
    listener = {"name": "own", "port": 80, "protocol": "HTTP", "hostname": f"shop.{places.domain}"}
    listener_set = {
        "apiVersion": GATEWAY_API,
        "kind": "ListenerSet",
        "metadata": {"name": "own", "namespace": places.namespace("a")},
        "spec": {"parentRef": {"name": "sets", "namespace": places.infra}, "listeners": [listener]},
    }
    route = Wanted("HTTPRoute", "shop", "/", "PathPrefix").manifest(places, "a", "web")
    route["spec"]["parentRefs"] = [{"group": "gateway.networking.k8s.io", "kind": "ListenerSet", "name": "own"}]
    refs = [ref_of(cluster.create(manifest)) for manifest in (gateway, listener_set, route)]
    try:
        frame = tk.hosts(cluster, namespaces=[places.namespace("a")])
    finally:
        for ref in reversed(refs):
            cluster.delete(ref)

    assert frame[["kind", "state", "gateway"]].to_dict("records") == [
        {"kind": kind, "state": "owned", "gateway": f"{places.infra}/sets"} for kind in ("HTTPRoute", "ListenerSet")
    ]


def test_a_server_without_the_gateway_api_has_ingresses_alone() -> None:
    with Sandbox(gateway_api=False) as box:
        admin = tk.connect(kubeconfig=box.kubeconfig)
        tk.install_platform(admin, tk.Platform(), progress=False)
        tk.apply(admin, tk.plan(admin, tenant("vision")), progress=False)

        frame = tk.hosts(admin)

        assert frame[["kind", "host", "state"]].to_dict("records") == [
            {"kind": "Ingress", "host": "vision.example.ai", "state": "owned"}
        ]
        assert frame.attrs == {"scope": "cluster", "incomplete": {}}
        owner = tk.connect(kubeconfig=box.kubeconfig, context="sandbox-owner")
        assert tk.hosts(owner)["state"].tolist() == ["unknown"]


def test_an_empty_frame_says_where_there_are_no_hosts(cluster: Cluster, names: tuple[str, str]) -> None:
    frame = tk.hosts(cluster, tenant=names[0], label_selector="app=none")

    assert repr(frame) == f"No hosts of tenant {names[0]} with labels 'app=none'."


def test_the_command_prints_a_table_or_json(
    engine: Engine, names: tuple[str, str], thief: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    login = engine.login("admin")
    connection = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])

    assert main(["hosts", names[0], *connection]) == ExitCode.DONE
    assert f"Ingress/{thief['metadata']['name']} in {names[1]}" in capsys.readouterr().out
    assert main(["hosts", "--tenant", names[0], "--output", "json", *connection]) == ExitCode.DONE
    [row] = json.loads(capsys.readouterr().out)["rows"]
    assert (row["state"], row["winner"]) == ("collides", None)

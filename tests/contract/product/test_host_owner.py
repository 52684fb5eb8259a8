"""Who has a host, for whoever sees all tenants, some or none; on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.main import main
from tenantkit.cluster.own_namespaces import read_index
from tenantkit.display.frame import Frame
from tenantkit.exceptions import InvalidSpecError
from tenantkit.frames.host_owner import HOST_OWNER, host_owner
from tenantkit.frames.my_tenants import my_tenants
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine


@pytest.fixture
def names(cluster: Cluster) -> Iterator[tuple[str, str, str]]:
    """A tenant of the owner, one of which they are a viewer, and one that they do not see."""
    with fresh_name(cluster) as mine, fresh_name(cluster) as seen, fresh_name(cluster) as hidden:
        tenants = [
            tenant(mine, routes=None, hosts=[f"also.{mine}.example.ai"]),
            tenant(seen, routes=None, owners=["lin@example.com"], viewers=["owner@example.com"]),
            tenant(hidden, routes=None, owners=["lin@example.com", "group:ml"]),
        ]
        apply(cluster, plan(cluster, tenants), progress=False)
        yield mine, seen, hidden


@pytest.fixture
def owner(names: tuple[str, str, str], connect_as: Callable[[str], Cluster]) -> Cluster:
    owner = connect_as("owner")
    eventually(lambda: owner.can("create", "RoleBinding", namespace=names[0]))
    eventually(lambda: {*names[:2]} <= set(my_tenants(owner)["tenant"]))
    return owner


def answer(cluster: Cluster, host: str) -> tuple[object, ...]:
    [row] = host_owner(cluster, host)[["state", "tenant", "owners"]].itertuples(index=False, name=None)
    return tuple(None if pd.isna(value) else value for value in row)


def test_a_member_learns_of_their_tenants_and_of_no_others(owner: Cluster, names: tuple[str, str, str]) -> None:
    mine, seen, hidden = names

    assert answer(owner, f"{mine}.example.ai") == ("yours", mine, "owner@example.com")
    assert answer(owner, f"also.{mine}.example.ai") == ("yours", mine, "owner@example.com")
    assert answer(owner, f"{seen}.example.ai") == ("taken", seen, "lin@example.com")
    assert answer(owner, f"{hidden}.example.ai") == ("not visible", None, None)
    assert answer(owner, f"free-{mine}.example.ai") == ("not visible", None, None)


def test_who_sees_all_tenants_gets_the_full_answer(cluster: Cluster, names: tuple[str, str, str]) -> None:
    mine, _, hidden = names

    assert answer(cluster, f"{mine}.example.ai") == ("taken", mine, "owner@example.com")
    assert answer(cluster, f"{hidden}.example.ai") == ("taken", hidden, "lin@example.com, group:ml")
    assert answer(cluster, f"free-{mine}.example.ai") == ("free", None, None)


def test_the_next_steps_say_whom_to_ask(owner: Cluster, cluster: Cluster, names: tuple[str, str, str]) -> None:
    mine, seen, hidden = names
    first, *others = read_index(owner).owned
    more = ", or for another of your tenants" if others else ""
    hosts = [(owner, mine), (owner, seen), (owner, hidden), (cluster, hidden), (cluster, f"free-{mine}")]

    assert [host_owner(who, f"{name}.example.ai")["next_steps"].item() for who, name in hosts] == [
        (
            f'tk.add_route(cluster, "{mine}", tk.Route(service=service, port=port, host="{mine}.example.ai")) '
            "exposes a service at it, by its name and port"
        ),
        "ask its owners, or choose another host",
        (
            "you may not see whether another tenant has it: ask the platform team with the text from "
            f'tk.request_host(cluster, "{first}", "{hidden}.example.ai"){more}'
        ),
        "ask its owners, or choose another host",
        "add it to hosts of a tenant's spec, with tk.plan(cluster, tenants)",
    ]


def test_an_ingress_outside_of_tenants_makes_a_host_taken(cluster: Cluster, names: tuple[str, str, str]) -> None:
    host = f"shop-{names[0]}.example.ai"
    backend = {"service": {"name": "shop", "port": {"number": 80}}}
    rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"shop-{names[0]}", "namespace": "default"},
        "spec": {"rules": [rule]},
    }
    created = cluster.create(ingress)
    try:
        frame = host_owner(cluster, host)
    finally:
        from tenantkit.rules.manifest import ref_of

        cluster.delete(ref_of(created))

    assert frame["state"].item() == "taken"
    assert frame["next_steps"].item() == (
        f"Ingress 'shop-{names[0]}' in namespace 'default' has it, although no tenant is granted it: ask the platform "
        f"team, or choose another host"
    )


def test_upper_case_and_a_dot_at_the_end_are_the_same_host(cluster: Cluster, names: tuple[str, str, str]) -> None:
    frame = host_owner(cluster, f" {names[0].upper()}.Example.AI. ")

    assert isinstance(frame, Frame)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == HOST_OWNER
    assert (frame["host"].item(), frame["tenant"].item()) == (f"{names[0]}.example.ai", names[0])


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("https://vision.example.ai/ai", "without scheme, port or path, for example 'vision.example.ai'"),
        ("vision.example.ai:8080", "without scheme, port or path, for example 'vision.example.ai'"),
        ("*.example.ai", "list each host, without"),
        ("10.0.0.1", "use a DNS name, not an IP address"),
        ("", "use a DNS name"),
        (None, "use a DNS name"),
    ],
)
def test_what_is_no_host_is_refused_with_the_right_form(cluster: Cluster, host: str, message: str) -> None:
    with pytest.raises(InvalidSpecError, match=message):
        host_owner(cluster, host)


def test_the_command_answers_in_the_words_of_the_command_line(
    engine: Engine, owner: Cluster, names: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert owner.user
    login = engine.login("owner")
    connection = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])

    assert main(["host", f"{names[1]}.example.ai", *connection]) == ExitCode.DONE
    assert "lin@example.com" in capsys.readouterr().out
    assert main(["host", f"{names[0]}.example.ai", "--output", "json", *connection]) == ExitCode.DONE
    [row] = json.loads(capsys.readouterr().out)["rows"]
    command = f"`tenantkit routes add SERVICE:PORT --tenant {names[0]} --host {names[0]}.example.ai`"
    assert (row["state"], row["next_steps"]) == ("yours", f"{command} exposes a service at it, by its name and port")
    assert main(["host", "https://x.example.ai/", *connection]) == ExitCode.FAILED
    assert "without scheme, port or path" in capsys.readouterr().err

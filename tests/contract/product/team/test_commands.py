"""The commands `members` and `routes`: what they print, and what they leave on the server; on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.main import main
from tenantkit.provision.stored.tenants import get_tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine


@pytest.fixture
def run(engine: Engine, owner: Cluster) -> Callable[..., int]:
    """Run a command as the owner."""
    assert owner.user
    login = engine.login("owner")
    connection = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])
    return lambda command, *words: main([command, *words, *connection])


def test_members_are_added_listed_and_removed(
    run: Callable[..., int], cluster: Cluster, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    new = ("sam@example.com", "group:ml-vision")

    assert run("members", "add", *new, "--tenant", name, "--role", "editor", "--plan") == ExitCode.DONE
    assert "sam@example.com" in capsys.readouterr().out
    assert get_tenant(cluster, name).editors == ("editor@example.com",)
    assert run("members", "add", *new, "--tenant", name, "--role", "editor") == ExitCode.DONE
    capsys.readouterr()
    assert run("members", "--tenant", name, "--output", "json") == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["person"], row["role"], row["added_by"]) for row in rows if row["person"] in new] == [
        ("group:ml-vision", "editor", "owner@example.com"),
        ("sam@example.com", "editor", "owner@example.com"),
    ]
    assert run("members", "list", "--tenant", name) == ExitCode.DONE
    assert "group:ml-vision" in capsys.readouterr().out
    assert run("members", "remove", *new, "--tenant", name) == ExitCode.DONE
    assert get_tenant(cluster, name).editors == ("editor@example.com",)


def test_routes_are_added_listed_and_removed(
    run: Callable[..., int], cluster: Cluster, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("routes", "add", "demo:http", "--tenant", name, "--path", "/demo") == ExitCode.DONE
    assert f"http://{name}.example.ai/demo" in capsys.readouterr().out
    assert run("routes", "--tenant", name, "--output", "json") == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["path"], row["service"], row["port"]) for row in rows] == [
        ("/ai-service", "ai-service", "80"),
        ("/demo", "demo", "http"),
    ]
    assert run("routes", "--host", f"{name.upper()}.example.ai.", "--output", "json") == ExitCode.DONE
    assert {row["tenant"] for row in json.loads(capsys.readouterr().out)["rows"]} == {name}
    assert run("routes", "--host", "none.example.ai", "--output", "json") == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["rows"] == []
    assert run("routes", "remove", f"http://{name}.example.ai/demo", "--tenant", name) == ExitCode.DONE
    assert [route.path for route in get_tenant(cluster, name).routes or ()] == ["/ai-service"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["members", "add", "sam@example.com"], "name the tenant: add --tenant NAME to add"),
        (["members", "remove", "--tenant", "vision"], "name at least one PERSON to remove"),
        (["members", "list", "sam@example.com"], "list takes no PERSON"),
        (["members", "--role", "editor"], "list takes no --role; to change a tenant, use add or remove"),
        (["routes", "list", "--path", "/a"], "list takes no --path; to change a tenant, use add or remove"),
        (["routes", "add", "demo", "--tenant", "vision"], "write the service and its port"),
        (["routes", "add", "a:1", "b:2", "--tenant", "vision"], "add one route at a time"),
        (["members", "add", "sam@example.com", "-n", "vision"], "add changes one tenant: use --tenant NAME alone"),
    ],
)
def test_a_wrong_command_line_is_refused(
    run: Callable[..., int], words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == ExitCode.USAGE
    assert message in capsys.readouterr().err


def test_a_name_that_nobody_has_fails_with_the_names_of_the_members(
    run: Callable[..., int], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("members", "remove", "zzz", "--tenant", name) == ExitCode.FAILED
    assert "; who has a role: " in capsys.readouterr().err

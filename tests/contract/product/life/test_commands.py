"""The commands of the life cycle: what they print, what they leave on the server, and how they end; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.main import main
from tenantkit.provision.install import install_platform
from tenantkit.provision.stored.tenants import get_tenant
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.tenants import hard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine


@pytest.fixture
def run(engine: Engine) -> Callable[..., int]:
    login = engine.login("admin")
    connection = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])
    return lambda command, *words: main([command, *words, *connection])


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    install_platform(cluster, progress=False)
    with own_namespace(cluster, fresh_name()) as made:
        yield made


@pytest.fixture
def file(name: str, tmp_path: Path) -> str:
    spec = {"kind": "Tenant", "name": name, "team": "cv", "owners": ["dana@example.com"], "size": "small"}
    path = tmp_path / "tenant.yaml"
    path.write_text(yaml.safe_dump(spec))
    return str(path)


def test_a_namespace_goes_through_its_life_by_commands(
    run: Callable[..., int], name: str, file: str, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    before = cluster.get("Namespace", name)["metadata"]["labels"]

    assert run("adopt", file, "--plan") == ExitCode.DONE
    assert "metadata.labels" not in capsys.readouterr().err
    assert cluster.get("Namespace", name)["metadata"]["labels"] == before
    assert run("adopt", file) == ExitCode.DONE
    assert run("apply", file) == ExitCode.DONE
    assert run("boost", name, "--size", "large", "--until", "2099-01-01T00:00:00Z") == ExitCode.DONE
    assert hard(cluster, name)["pods"] == "200"
    assert run("freeze", name, "--read-only") == ExitCode.DONE
    assert get_tenant(cluster, name).frozen == "read-only"
    assert run("release", name) == ExitCode.BLOCKED
    assert "it is frozen, and would stay so by the quota in it: use `tenantkit thaw` first" in capsys.readouterr().out
    assert run("thaw", name) == ExitCode.DONE
    assert run("release", name, "--plan") == ExitCode.DONE
    assert "kubectl delete resourcequota tenantkit-quota" in capsys.readouterr().out
    assert run("release", name) == ExitCode.DONE
    after = cluster.get("Namespace", name)["metadata"]["labels"]
    assert {key: value for key, value in after.items() if not key.startswith("pod-security.kubernetes.io/")} == before


def test_what_is_refused_ends_with_its_exit_code(
    run: Callable[..., int], name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reserved = tmp_path / "reserved.yaml"
    spec = {"kind": "Tenant", "name": "default", "team": "cv", "owners": ["dana@example.com"], "size": "small"}
    reserved.write_text(yaml.safe_dump(spec))

    assert run("freeze", name) == ExitCode.FAILED
    assert f"namespace '{name}' does not belong to tenant '{name}'" in capsys.readouterr().err
    assert run("boost", name, "--size", "large", "--until", "tomorrow") == ExitCode.FAILED
    assert "use a date, a time and a zone" in capsys.readouterr().err
    assert run("adopt", str(reserved), "--plan") == ExitCode.BLOCKED
    assert "belongs to the cluster's system" in capsys.readouterr().out

"""Kubeconfig files: the credentials that each kind of user loads, and the errors of broken files.

The tests run with the oldest and the newest official client, which must load the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection import connect as config
from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.connection.kubeconfig import impersonation_of, read_context
from tenantkit.exceptions import ConnectionConfigError
from tests.unit.cluster.kubeconfigs import PLAIN, SECRET, encoded, kubeconfig, login, plug_in, shown, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cluster.server import Server

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(
    ("user", "cluster", "expected", "authorization"),
    [
        ({"token": "t"}, {}, {}, "Bearer t"),
        ({"tokenFile": "t.txt"}, {}, {}, "Bearer from-file"),
        ({"username": "u", "password": "p"}, {}, {}, "Basic dTpw"),
        ({}, {}, {}, None),
        (plug_in({"token": "from-plug-in"}), {}, {}, "Bearer from-plug-in"),
        (
            plug_in({"clientCertificateData": "CERT", "clientKeyData": "KEY"}),
            {},
            {"cert_file": "CERT", "key_file": "KEY"},
            None,
        ),
        (
            {"client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY")},
            {},
            {"cert_file": "CERT", "key_file": "KEY"},
            None,
        ),
        ({"token": "t"}, {"certificate-authority-data": encoded("CA")}, {"ca_file": "CA"}, "Bearer t"),
        ({"token": "t"}, {"certificate-authority": "ca.crt"}, {"ca_file": "FILED CA"}, "Bearer t"),
        ({"token": "t"}, {"tls-server-name": "api.svc"}, {"tls_server_name": "api.svc"}, "Bearer t"),
        ({"token": "t"}, {"insecure-skip-tls-verify": True}, {"verify": False}, "Bearer t"),
        ({"token": "t"}, {"proxy-url": "http://proxy:3128"}, {"proxy": "http://proxy:3128"}, "Bearer t"),
    ],
    ids=[
        "token",
        "token file",
        "password",
        "nothing",
        "plug-in token",
        "plug-in certificate",
        "certificate",
        "ca data",
        "ca file",
        "tls-server-name",
        "insecure",
        "proxy-url",
    ],
)
def test_each_kind_of_credentials_is_loaded(
    home: Path, user: dict[str, Any], cluster: dict[str, Any], expected: dict[str, Any], authorization: str | None
) -> None:
    written(home / "t.txt", "from-file\n")
    written(home / "ca.crt", "FILED CA")
    found = login(home / "config", kubeconfig(user=user, cluster=cluster))

    assert shown(found.endpoint) == {**PLAIN, **expected}
    assert found.authorization() == authorization


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (plug_in(None, code=3), "exec: process returned 3. please sign in"),
        ({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "not-there"}}, "not-there"),
        ({"auth-provider": {"name": "azure", "config": {}}}, "the auth-provider 'azure' returned no token"),
    ],
)
def test_a_plug_in_without_credentials_is_an_error(
    home: Path, user: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConnectionConfigError, match="user 'u-lab'") as caught:
        login(home / "config", kubeconfig(user=user))
    assert message in str(caught.value)
    assert capsys.readouterr().err == ""


def test_impersonation_is_sent_with_each_request(server: Server, home: Path) -> None:
    user = {
        "token": "t",
        "as": "dana@example.com",
        "as-uid": "u-1",
        "as-groups": ["ml", "ops"],
        "as-user-extra": {"reason": ["test"]},
    }
    with connect(kubeconfig=written(home / "config", kubeconfig(server.url, user=user))):
        pass

    [seen] = server.seen
    assert {name: value for name, value in seen.headers.items() if name.startswith("impersonate")} == {
        "impersonate-user": "dana@example.com",
        "impersonate-uid": "u-1",
        "impersonate-group": "ops",  # the last of the two: this test's server keeps one header a name
        "impersonate-extra-reason": "test",
    }
    assert impersonation_of(user)[2:4] == (("Impersonate-Group", "ml"), ("Impersonate-Group", "ops"))


def test_of_several_files_the_first_value_is_used(home: Path) -> None:
    first, second = kubeconfig("https://first", name="a"), kubeconfig("https://second", name="b")
    second["clusters"].append({"name": "c-a", "cluster": {"server": "https://hidden"}})
    paths = [written(home / "1", {**first, "current-context": ""}), written(home / "2", second)]

    assert read_context(paths, None).name == "b"
    assert read_context(paths, "a").cluster == {"server": "https://first"}
    assert config._from_files(paths, "a").load().endpoint.server == "https://first"
    assert config._from_files(paths, None).load().endpoint.server == "https://second"


def test_the_error_of_a_wrong_context_names_the_nearest_and_all_contexts(home: Path) -> None:
    content = kubeconfig(name="staging")
    content["contexts"].append({"name": "production", "context": {"cluster": "c-staging", "user": "u-staging"}})
    path = written(home / "config", content)

    with pytest.raises(ConnectionConfigError) as caught:
        connect(kubeconfig=path, context="stagin")
    assert str(caught.value) == (
        f"{path} has no context 'stagin': did you mean 'staging'? pass context= with one of 'production', 'staging'"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty or not a mapping"),
        ("- a", "is empty or not a mapping"),
        (f"a: [\nb: {SECRET}", "line 2 is not valid YAML"),
        ({**kubeconfig(), "current-context": None}, "has no current-context: pass context= with one of 'lab'"),
        (
            {**kubeconfig(), "contexts": None},
            "is 'lab', which does not exist there: use another kubeconfig",
        ),
        ({**kubeconfig(), "contexts": [{"context": {"user": SECRET}}]}, "contexts should be a list of entries"),
        ({**kubeconfig(), "users": [{"name": "u-lab", "user": SECRET}]}, "users 'u-lab' should hold a mapping 'user'"),
        ({**kubeconfig(), "users": []}, "context 'lab' of .* refers to user 'u-lab', which does not exist there"),
        ({**kubeconfig(), "clusters": []}, "refers to cluster 'c-lab', which has no server there"),
        (kubeconfig(cluster={"certificate-authority": "gone.crt"}), "File does not exist: .*gone.crt"),
        (kubeconfig(user={"exec": {"token": SECRET}}), "the exec plug-in None returned no credentials"),
        (kubeconfig(cluster={"certificate-authority-data": SECRET + "!"}), "can't be used: "),
        (kubeconfig(cluster={"certificate-authority-data": encoded("x")}), "not readable as PEM"),
    ],
)
def test_the_error_of_a_broken_file_holds_no_secret_of_it(home: Path, content: object, message: str) -> None:
    with pytest.raises(ConnectionConfigError, match=message) as caught:
        connect(kubeconfig=written(home / "config", content))
    assert SECRET not in str(caught.value)


def test_a_file_that_may_not_be_read_is_reported(home: Path) -> None:
    with pytest.raises(ConnectionConfigError, match="can't be read: Is a directory"):
        connect(kubeconfig=home)

"""Kubeconfig files: what each kind of credentials becomes, and the errors of broken files.

What kubectl makes of the same files is compared in tests/kubeconfig.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.connection.files import KubeconfigFile
from tenantkit.cluster.connection.kubeconfig import read_context
from tenantkit.cluster.http.transport import Endpoint
from tenantkit.exceptions import ConnectionConfigError
from tests.unit.cluster.connection.kubeconfigs import (
    CA,
    SECRET,
    SERVER,
    encoded,
    kubeconfig,
    login,
    plug_in,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cluster.server import Server

pytestmark = pytest.mark.usefixtures("home")
PAIR = {"certificate": b"CERT", "key": b"KEY"}


@pytest.mark.parametrize(
    ("user", "cluster", "expected", "authorization"),
    [
        ({"token": "t"}, {}, {}, "Bearer t"),
        ({"tokenFile": "t.txt"}, {}, {}, "Bearer from-file"),
        ({"username": "u", "password": "p"}, {}, {}, "Basic dTpw"),
        (plug_in({"token": "from-plug-in"}), {}, {}, "Bearer from-plug-in"),
        (plug_in({"clientCertificateData": "CERT", "clientKeyData": "KEY"}), {}, PAIR, None),
        ({"client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY")}, {}, PAIR, None),
        ({"token": "t"}, {"certificate-authority-data": encoded(CA)}, {"authority": CA.encode()}, "Bearer t"),
        ({"token": "t"}, {"certificate-authority": "ca.crt"}, {"authority": CA.encode()}, "Bearer t"),
        ({"token": "t"}, {"tls-server-name": "api.svc"}, {"tls_server_name": "api.svc"}, "Bearer t"),
        ({"token": "t"}, {"insecure-skip-tls-verify": True}, {"verify": False}, "Bearer t"),
        ({"token": "t"}, {"proxy-url": "http://proxy:3128"}, {"proxy": "http://proxy:3128"}, "Bearer t"),
        ({"token": "t"}, {"disable-compression": True}, {"may_compress": False}, "Bearer t"),
    ],
    ids=[
        "token",
        "token file",
        "password",
        "plug-in token",
        "plug-in certificate",
        "certificate",
        "ca data",
        "ca file",
        "tls-server-name",
        "insecure",
        "proxy-url",
        "disable-compression",
    ],
)
def test_each_kind_of_credentials_is_loaded(
    home: Path, user: dict[str, Any], cluster: dict[str, Any], expected: dict[str, Any], authorization: str | None
) -> None:
    written(home / "t.txt", "from-file\n")
    written(home / "ca.crt", CA)
    found = login(home / "config", kubeconfig(user=user, cluster=cluster))

    assert found.endpoint == replace(Endpoint(SERVER), **expected)
    assert found.authorization() == authorization


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
    headers = login(home / "config", kubeconfig(user=user)).headers
    assert headers[2:4] == (("Impersonate-Group", "ml"), ("Impersonate-Group", "ops"))


def test_of_several_files_the_first_value_is_used(home: Path) -> None:
    first, second = kubeconfig("https://first", name="a"), kubeconfig("https://second", name="b")
    second["clusters"].append({"name": "c-a", "cluster": {"server": "https://hidden"}})
    paths = [written(home / "1", {**first, "current-context": ""}), written(home / "2", second)]
    files = [KubeconfigFile(path) for path in paths]

    assert read_context(files, None).name == "b"
    assert read_context(files, "a").cluster.server == "https://first"
    assert read_context(files, None).cluster.server == "https://second"


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
        ("", "has no current-context: use another kubeconfig: this one has no contexts"),
        ("- a", "is not a mapping: it should begin with apiVersion: v1"),
        ("[" * 100_000 + SECRET, "nested too deeply|it is not valid YAML"),
        (f"contexts: &a [*a]\nx: {SECRET}", "contexts is a list instead of a mapping|it is not valid YAML"),
        (f"{{[{SECRET}]: 1}}", "it is not valid YAML in line 1"),
        (f"x: !!int {SECRET}", "that does not fit its YAML tag"),
        (f"x: !!python/object:os.system {SECRET}", "it is not valid YAML in line 1"),
        (f"a: [\nb: {SECRET}", "it is not valid YAML in line [23]"),
        ({**kubeconfig(), "current-context": None}, "has no current-context: pass context= with one of 'lab'"),
        (
            {**kubeconfig(), "contexts": None},
            "is 'lab', which does not exist there: use another kubeconfig",
        ),
        ({**kubeconfig(), "contexts": {"context": {"user": SECRET}}}, "contexts is a mapping instead of a list"),
        ({**kubeconfig(), "users": [{"name": "u-lab", "user": SECRET}]}, "user is text instead of a mapping"),
        ({**kubeconfig(), "users": []}, "context 'lab' of .* refers to user 'u-lab', which does not exist there"),
        ({**kubeconfig(), "clusters": []}, "refers to cluster 'c-lab', which has no server there"),
        (kubeconfig(cluster={"certificate-authority": "gone.crt"}), "certificate-authority .*gone.crt can't be read"),
        (kubeconfig(user={"exec": {"token": SECRET}}), "user 'u-lab': exec: command is missing"),
        (kubeconfig(cluster={"certificate-authority-data": SECRET + "!"}), "-data is not valid base64"),
        (kubeconfig(cluster={"certificate-authority-data": encoded("x")}), "-data is not readable as PEM"),
        (kubeconfig(cluster={"certificate-authority-data": encoded(CA)}, user={"token": "t"}), "not readable as PEM"),
        (kubeconfig(user={"auth-provider": {"name": "azure"}}), "auth-provider 'azure' is not supported"),
        (kubeconfig(f"https://dana:{SECRET}@host"), "server is not the URL of an API server: it holds a user name"),
        (kubeconfig(cluster={"proxy-url": f"ftp://dana:{SECRET}@proxy"}), "proxy-url is not the URL of a proxy"),
    ],
)
def test_the_error_of_a_broken_file_holds_no_secret_of_it(home: Path, content: object, message: str) -> None:
    with pytest.raises(ConnectionConfigError, match=message) as caught:
        connect(kubeconfig=written(home / "config", content))
    assert SECRET not in str(caught.value)


def test_a_file_that_may_not_be_read_is_reported(home: Path) -> None:
    with pytest.raises(ConnectionConfigError, match="can't be read: Is a directory"):
        connect(kubeconfig=home)

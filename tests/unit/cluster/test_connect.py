"""The source of a connection, the credentials that it loads, and the errors of wrong ones.

These run with the oldest and the newest official client alike: what is loaded must be the same.

Longer than 400 lines: sources and credentials are tested on the same files, servers and empty home.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tenantkit.cluster.connection import connect as config
from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.connection.kubeconfig import impersonation_of, read_context
from tenantkit.cluster.connection.proxies import proxy_for
from tenantkit.cluster.http.transport import Endpoint
from tenantkit.exceptions import ConnectionConfigError, Unauthorized
from tests.unit.cluster.server import Authority, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.http.credentials import Login
    from tests.unit.cluster.server import Handler, Server

SERVER = "https://10.0.0.1:6443"
SECRET = "hunter2-is-no-token-to-show"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, an environment and a pod in which there is nothing."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "TENANTKIT_NAMESPACES"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(config, "POD_FOLDER", tmp_path / "pod")
    return tmp_path


@pytest.fixture
def server() -> Iterator[Server]:
    """A server without TLS that says 401 to the token `expired`."""

    def answer(handler: Handler) -> None:
        if handler.headers.get("Authorization") == "Bearer expired":
            handler.send({"kind": "Status", "code": 401, "message": "Unauthorized"}, 401)
        else:
            handler.send({"gitVersion": "v1.37.2"})

    with serving(answer) as running:
        yield running


def kubeconfig(
    server: str = SERVER,
    *,
    user: dict[str, Any] | None = None,
    cluster: dict[str, Any] | None = None,
    name: str = "lab",
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [
            {"name": name, "context": {"cluster": f"c-{name}", "user": f"u-{name}", "namespace": f"n-{name}"}}
        ],
        "clusters": [{"name": f"c-{name}", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": f"u-{name}", "user": user or {}}],
    }


def written(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def login(path: Path, content: dict[str, Any]) -> Login:
    return config._from_files([written(path, content)], None).load()


def shown(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint with what its files hold instead of where they are."""
    fields = ("server", "ca_file", "cert_file", "key_file", "verify", "tls_server_name", "proxy")
    values = {field: getattr(endpoint, field) for field in fields}
    return {
        field: Path(value).read_text() if field.endswith("_file") and value else value
        for field, value in values.items()
    }


PLAIN = shown(Endpoint(SERVER))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def plug_in(status: dict[str, Any] | None, *, code: int = 0) -> dict[str, Any]:
    """A user whose credentials come from a program."""
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    program = f"import sys; sys.stderr.write('please sign in'); print({json.dumps(answer)!r}); sys.exit({code})"
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", program],
            "interactiveMode": "Never",
        }
    }


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


def test_the_arguments_come_first(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(written(home / "other", kubeconfig("https://wrong.invalid"))))

    with connect(server=server.url, token="t") as cluster:
        assert (cluster.context, cluster.server, cluster.user, cluster.namespace) == (None, server.url, None, "default")
    assert server.seen[0].headers["authorization"] == "Bearer t"


def test_the_variable_comes_before_the_home(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home / ".kube" / "config", kubeconfig("https://wrong.invalid"))
    monkeypatch.setenv("KUBECONFIG", str(written(home / "mine", kubeconfig(server.url, name="mine"))))

    with connect() as cluster:
        assert (cluster.context, cluster.user, cluster.namespace) == ("mine", "u-mine", "n-mine")


def test_the_home_comes_last(server: Server, home: Path) -> None:
    written(home / ".kube" / "config", kubeconfig(server.url))

    with connect() as cluster:
        assert repr(cluster) == f"Cluster(context='lab', server='{server.url}', user='u-lab', namespace='n-lab')"


def test_a_variable_that_names_a_missing_file_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home / ".kube" / "config", kubeconfig())
    monkeypatch.setenv("KUBECONFIG", str(home / "gone"))

    with pytest.raises(ConnectionConfigError) as caught:
        connect()
    assert str(caught.value) == f"$KUBECONFIG names {home / 'gone'}, which does not exist: name an existing file"


def test_of_several_files_the_first_value_is_used(home: Path) -> None:
    first, second = kubeconfig("https://first", name="a"), kubeconfig("https://second", name="b")
    second["clusters"].append({"name": "c-a", "cluster": {"server": "https://hidden"}})
    paths = [written(home / "1", {**first, "current-context": ""}), written(home / "2", second)]

    assert read_context(paths, None).name == "b"
    assert read_context(paths, "a").cluster == {"server": "https://first"}
    assert config._from_files(paths, "a").load().endpoint.server == "https://first"
    assert config._from_files(paths, None).load().endpoint.server == "https://second"


def test_without_any_source_the_error_lists_all_sources(home: Path) -> None:
    with pytest.raises(ConnectionConfigError) as caught:
        connect()
    assert str(caught.value) == (
        "no cluster to connect to: looked at kubeconfig= and server= (not given), $KUBECONFIG (not set), "
        f"the pod's service account (not in a pod), {home}/.kube/config (does not exist): pass kubeconfig=, "
        "set $KUBECONFIG, or, in a pod, ask for a service account with automountServiceAccountToken; "
        "to try tenantkit without a cluster, use tk.Sandbox()"
    )
    assert caught.value.words("shell") == (
        "no cluster to connect to: looked at --kubeconfig (not given), $KUBECONFIG (not set), "
        f"the pod's service account (not in a pod), {home}/.kube/config (does not exist): pass --kubeconfig, "
        "set $KUBECONFIG, or, in a pod, ask for a service account with automountServiceAccountToken; "
        "to try tenantkit without a cluster, use `tenantkit sandbox --kubeconfig FILE`"
    )


def test_a_pod_without_a_token_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")

    with pytest.raises(ConnectionConfigError, match="no token is mounted in this pod"):
        connect()


def test_the_error_of_a_wrong_context_names_the_nearest_and_all_contexts(home: Path) -> None:
    content = kubeconfig(name="staging")
    content["contexts"].append({"name": "production", "context": {"cluster": "c-staging", "user": "u-staging"}})
    path = written(home / "config", content)

    with pytest.raises(ConnectionConfigError) as caught:
        connect(kubeconfig=path, context="stagin")
    assert str(caught.value) == (
        f"{path} has no context 'stagin': did you mean 'staging'? pass context=, one of 'production', 'staging'"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty or not a mapping"),
        ("- a", "is empty or not a mapping"),
        (f"a: [\nb: {SECRET}", "line 2: not valid YAML"),
        ({**kubeconfig(), "current-context": None}, "has no current-context: pass context=, one of 'lab'"),
        (
            {**kubeconfig(), "contexts": None},
            "has no context 'lab', which is its current-context: use another kubeconfig",
        ),
        ({**kubeconfig(), "contexts": [{"context": {"user": SECRET}}]}, "contexts should be a list of entries"),
        ({**kubeconfig(), "users": [{"name": "u-lab", "user": SECRET}]}, "users 'u-lab' should hold a mapping 'user'"),
        ({**kubeconfig(), "users": []}, "context 'lab' of .* names user 'u-lab', which does not exist there"),
        ({**kubeconfig(), "clusters": []}, "names cluster 'c-lab', which has no server there"),
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"server": SERVER, "context": "lab"}, "cannot be combined"),
        ({"server": SERVER, "kubeconfig": "x"}, "cannot be combined"),
        ({"server": "10.0.0.1:6443"}, "is not the URL of an API server"),
        ({"server": f"https://u:{SECRET}@host"}, "is not the URL of an API server"),
        ({"server": "http://10.0.0.1", "token": "t"}, "is not encrypted"),
        ({"server": SERVER, "token": ""}, "token= is empty"),
        ({"server": SERVER, "timeout_s": 0}, "is not valid: use seconds, more than 0"),
        ({"server": SERVER, "timeout_s": "35"}, "timeout_s='35' is not valid: use seconds, more than 0"),
        ({"kubeconfig": 5}, r"kubeconfig= is of type int: use a file's path, as text or a pathlib\.Path"),
        ({"kubeconfig": {"token": SECRET}}, "kubeconfig= is of type dict: use a file's path"),
        ({"server": SERVER, "ca_file": 5}, "ca_file= is of type int: use a file's path"),
        ({"context": 5}, "context= is of type int: use text"),
        ({"server": 5}, "server= is of type int: use text"),
        ({"server": SERVER, "namespace": "a/b"}, "namespace: 'a/b' is not a namespace"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConnectionConfigError, match=message) as caught:
        connect(**arguments)
    assert SECRET not in str(caught.value)


def test_the_namespaces_come_from_the_call_or_else_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANTKIT_NAMESPACES", "vision, speech,vision")

    with connect(server=server.url) as cluster:
        assert (cluster.namespaces, cluster.namespace) == (("vision", "speech"), "default")
    with connect(server=server.url, namespaces=["other"]) as cluster:
        assert (cluster.namespaces, cluster.namespace) == (("other",), "other")
    with connect(server=server.url, namespaces=["other"], namespace="own") as cluster:
        assert (cluster.namespaces, cluster.namespace) == (("other",), "own")


def test_a_token_replaces_all_other_credentials(home: Path) -> None:
    user = {
        "client-certificate-data": encoded("CERT"),
        "client-key-data": encoded("KEY"),
        "as": "somebody",
    }
    source = config._from_files([written(home / "config", kubeconfig(user=user))], None)
    found = config._overridden(source.load, token=lambda: "mine", ca_file="/x/ca.crt")()

    assert (found.endpoint.cert_file, found.endpoint.key_file, found.headers) == (None, None, ())
    assert (found.endpoint.ca_file, found.authorization()) == ("/x/ca.crt", "Bearer mine")


def test_a_renewed_kubeconfig_is_read_again_after_a_401(server: Server, home: Path) -> None:
    path = written(home / "config", kubeconfig(server.url, user={"token": "good"}))
    with connect(kubeconfig=path) as cluster:
        cluster._session._credentials._login = login(home / "old", kubeconfig(server.url, user={"token": "expired"}))
        cluster._session._credentials._fresh_until = None
        cluster.get("Namespace", "x")

    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer good", "Bearer expired", "Bearer good"]


def test_an_unknown_token_is_unauthorized_at_once(server: Server) -> None:
    with pytest.raises(Unauthorized, match=f"could not connect to {server.url}: .*sign in, then"):
        connect(server=server.url, token="expired")


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_that_hides_its_version_can_be_connected_to(status: int) -> None:
    def hide(handler: Handler) -> None:
        handler.send({"kind": "Status", "code": status}, status)

    with serving(hide) as hardened, connect(server=hardened.url) as cluster:
        assert (cluster.server_version, cluster.is_sandbox) == ("", False)


@pytest.fixture
def pod(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A pod with a service account, on a cluster that knows the token `t-2` only."""
    from kubernetes.config import incluster_config

    authority = Authority(home)
    folder = home / "pod"
    written(folder / "token", "t-1")
    written(folder / "namespace", "jupyterhub")
    written(folder / "ca.crt", Path(authority.ca_file).read_text())
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(folder / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(folder / "ca.crt"))

    def answer(handler: Handler) -> None:
        known = (handler.headers.get("Authorization") or "").lower() == "bearer t-2"
        handler.send({"gitVersion": "v1"} if known else {"kind": "Status", "code": 401}, 200 if known else 401)

    with serving(answer, authority.server()) as server:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", server.url.rpartition(":")[2])
        yield server


def test_a_pods_service_account_comes_before_the_home_and_its_token_is_read_again_after_a_401(
    pod: Server, home: Path
) -> None:
    written(home / ".kube" / "config", kubeconfig("https://wrong.invalid"))
    with pytest.raises(Unauthorized):
        connect()
    written(home / "pod" / "token", "t-2\n")

    with connect() as cluster:
        assert (cluster.context, cluster.server, cluster.namespace) == ("in-cluster", pod.url, "jupyterhub")


def test_in_a_pod_a_context_means_the_kubeconfig(pod: Server, server: Server, home: Path) -> None:
    written(home / ".kube" / "config", kubeconfig(server.url))

    with connect(context="lab") as cluster:
        assert cluster.server == server.url
    assert pod.seen == []


def test_an_unverified_server_can_be_connected_to_with_a_warning(home: Path) -> None:
    content_of = Authority(home)
    with serving(lambda handler: handler.send({}), content_of.server("other.name")) as server:
        path = written(home / "config", kubeconfig(server.url, cluster={"insecure-skip-tls-verify": True}))
        with pytest.warns(match="Unverified HTTPS request"):
            connect(kubeconfig=path).close()


@pytest.mark.parametrize(
    ("server", "proxies", "expected"),
    [
        ("https://api.example.ai", {}, None),
        ("https://api.example.ai", {"https": "http://p:1"}, "http://p:1"),
        ("https://api.example.ai", {"https": "p:1"}, "http://p:1"),
        ("https://api.example.ai", {"http": "http://p:1"}, None),
        ("https://api.example.ai", {"https": "http://p:1", "no": "example.ai"}, None),
        ("https://api.example.ai", {"https": "http://p:1", "no": ".example.ai"}, None),
        ("https://api.example.ai", {"https": "http://p:1", "no": "ample.ai"}, "http://p:1"),
        ("https://api.example.ai", {"https": "http://p:1", "no": "*"}, None),
        ("https://api.example.ai:6443", {"https": "http://p:1", "no": "api.example.ai:6443"}, None),
        ("https://10.96.0.1", {"https": "http://p:1", "no": "10.0.0.0/8, .svc"}, None),
        ("https://11.96.0.1", {"https": "http://p:1", "no": "10.0.0.0/8,,.svc"}, "http://p:1"),
        ("https://127.0.0.1:6443", {"https": "http://p:1"}, None),
        ("https://localhost:6443", {"https": "http://p:1"}, None),
        ("https://[::1]:6443", {"https": "http://p:1"}, None),
    ],
)
def test_the_proxy_of_the_environment_is_chosen_as_by_kubectl(
    server: str, proxies: dict[str, str], expected: str | None
) -> None:
    assert proxy_for(server, proxies) == expected


def test_a_proxy_of_the_environment_is_the_same_for_each_client(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://env:1")
    assert login(home / "1", kubeconfig()).endpoint.proxy == "http://env:1"
    assert login(home / "2", kubeconfig(cluster={"proxy-url": "http://own:1"})).endpoint.proxy == "http://own:1"
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    assert login(home / "3", kubeconfig()).endpoint.proxy is None


def test_the_official_client_is_imported_only_to_load_a_kubeconfig() -> None:
    code = "import sys, tenantkit.cluster.connection.connect; print('kubernetes' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"

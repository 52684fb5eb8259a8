"""The source of a connection, and the errors of a missing or wrong one."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import ConnectionConfigError, Unauthorized
from tests.unit.cluster.connection.kubeconfigs import SECRET, SERVER, encoded, kubeconfig, login, plug_in, written
from tests.unit.cluster.server import Authority, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.cluster.server import Handler, Server

pytestmark = pytest.mark.usefixtures("home")


def test_the_arguments_come_first(
    secure: Server, authority: Authority, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(written(home / "other", kubeconfig("https://wrong.invalid"))))

    with connect(server=secure.url, token="t", ca_file=authority.ca_file) as cluster:
        assert (cluster.context, cluster.server, cluster.user, cluster.namespace) == (None, secure.url, None, "default")
    assert secure.seen[0].headers["authorization"] == "Bearer t"


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
    assert str(caught.value) == f"$KUBECONFIG is set to {home / 'gone'}, which does not exist: use an existing file"


def test_without_any_source_the_error_lists_all_sources(home: Path) -> None:
    with pytest.raises(ConnectionConfigError) as caught:
        connect()
    assert str(caught.value) == (
        "no cluster is configured: tenantkit checked kubeconfig= and server= (not given), $KUBECONFIG (not set), "
        f"the pod's service account (not in a pod) and {home}/.kube/config (does not exist): pass kubeconfig=, "
        "set $KUBECONFIG, or, in a pod, ask for a service account with automountServiceAccountToken; "
        "to try tenantkit without a cluster, use tk.Sandbox()"
    )
    assert caught.value.words("shell") == (
        "no cluster is configured: tenantkit checked --kubeconfig (not given), $KUBECONFIG (not set), "
        f"the pod's service account (not in a pod) and {home}/.kube/config (does not exist): pass --kubeconfig, "
        "set $KUBECONFIG, or, in a pod, ask for a service account with automountServiceAccountToken; "
        "to try tenantkit without a cluster, use `tenantkit sandbox --kubeconfig FILE`"
    )


def test_a_pod_without_a_token_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")

    with pytest.raises(ConnectionConfigError, match="no token is mounted in this pod"):
        connect()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"server": SERVER, "context": "lab"}, "cannot be combined"),
        ({"server": SERVER, "kubeconfig": "x"}, "cannot be combined"),
        ({"server": "10.0.0.1:6443"}, "is not the URL of an API server"),
        ({"server": f"https://u:{SECRET}@host"}, "is not the URL of an API server"),
        ({"server": "http://10.0.0.1", "token": "t"}, "does not use TLS"),
        ({"server": SERVER, "token": ""}, "token= is empty"),
        ({"server": SERVER, "token": " \n"}, "token= is empty"),
        ({"server": SERVER, "token": 5}, "token= is not a bearer token, but of type int"),
        ({"server": SERVER, "token": "a b"}, "it holds spaces or characters that a header cannot hold"),
        ({"server": SERVER, "timeout_s": 0}, "is not valid: use a number of seconds above 0"),
        ({"server": SERVER, "timeout_s": "35"}, "timeout_s='35' is not valid: use a number of seconds above 0"),
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


def test_the_namespaces_come_from_the_call_and_the_environment_is_a_fallback(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def namespaces(**arguments: Any) -> tuple[object, ...]:
        with connect(server=server.url, **arguments) as cluster:
            return cluster.namespaces, cluster.fallback_namespaces, cluster.namespace

    assert namespaces() == ((), ("default",), "default")
    assert namespaces(namespace="own") == ((), ("own",), "own")
    monkeypatch.setenv("TENANTKIT_NAMESPACES", "vision, speech,vision")
    assert namespaces() == ((), ("vision", "speech"), "default")
    assert namespaces(namespaces=["other"]) == (("other",), ("other",), "other")
    assert namespaces(namespaces=["other"], namespace="own") == (("other",), ("own",), "own")
    monkeypatch.setenv("TENANTKIT_NAMESPACES", "vision")
    assert namespaces() == ((), ("vision",), "vision")


def test_a_token_replaces_all_other_credentials(secure: Server, authority: Authority, home: Path) -> None:
    user = {"client-certificate": "gone.crt", "client-key-data": encoded("KEY"), "as": "somebody", **plug_in(None)}
    path = written(home / "config", kubeconfig(secure.url, user=user, cluster={"insecure-skip-tls-verify": True}))

    with connect(kubeconfig=path, token=lambda: "mine", ca_file=authority.ca_file) as cluster:
        endpoint = cluster._session._credentials.endpoint
    assert (endpoint.certificate, endpoint.key, endpoint.verify) == (None, None, True)
    assert secure.seen[0].headers["authorization"] == "Bearer mine"
    assert "impersonate-user" not in secure.seen[0].headers


def test_a_renewed_kubeconfig_is_read_again_after_a_401(secure: Server, authority: Authority, home: Path) -> None:
    cluster_entry = {"certificate-authority": authority.ca_file}

    def content(token: str) -> dict[str, Any]:
        return kubeconfig(secure.url, user={"token": token}, cluster=cluster_entry)

    path = written(home / "config", content("good"))
    with connect(kubeconfig=path) as cluster:
        cluster._session._credentials._login = login(home / "old", content("expired"))
        cluster._session._credentials._fresh_until = None
        cluster.get("Namespace", "x")

    assert [seen.headers["authorization"] for seen in secure.seen] == ["Bearer good", "Bearer expired", "Bearer good"]


def test_an_unknown_token_is_unauthorized_at_once(secure: Server, authority: Authority) -> None:
    with pytest.raises(Unauthorized, match=f"could not connect to {secure.url}: .*sign in, then"):
        connect(server=secure.url, token="expired", ca_file=authority.ca_file)


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_that_hides_its_version_can_be_connected_to(status: int) -> None:
    def hide(handler: Handler) -> None:
        handler.send({"kind": "Status", "code": status}, status)

    with serving(hide) as hardened, connect(server=hardened.url) as cluster:
        assert (cluster.server_version, cluster.is_sandbox) == ("", False)


@pytest.fixture
def pod(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A pod with a service account, on a cluster that knows the token `t-2` only."""
    authority = Authority(home)
    folder = home / "pod"
    written(folder / "token", "t-1")
    written(folder / "namespace", "jupyterhub")
    written(folder / "ca.crt", Path(authority.ca_file).read_text())

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


def test_an_unverified_server_is_named_once_and_not_as_a_warning_of_python(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content_of = Authority(home)
    with serving(lambda handler: handler.send({}), content_of.server("other.name")) as server:
        content = kubeconfig(server.url, user={"token": "t"}, cluster={"insecure-skip-tls-verify": True})
        path = written(home / "config", content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(2):
                connect(kubeconfig=path).close()
    assert [text.partition(",")[0] for text in caplog.messages] == [f"the certificate of {server.url} is not verified"]


def test_the_official_client_is_not_imported() -> None:
    code = "import sys, tenantkit.cluster.connection.connect; print('kubernetes' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"

"""The sandbox as a server: start and stop, authentication, and HTTP."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import urllib3
import yaml

from tenantkit.exceptions import ConnectionConfigError
from tenantkit.sandbox.auth.tokens import Tokens
from tenantkit.sandbox.auth.users import AUTHENTICATED, USERS, User
from tenantkit.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MAPS = "/api/v1/namespaces/default/configmaps"
PROMPTLY_S = 5.0


class Client:
    """A client with the sandbox's kubeconfig, which trusts its certificate only."""

    def __init__(self, kubeconfig: Path, user: str = "admin") -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        self.token = next(item["user"]["token"] for item in config["users"] if item["name"] == f"sandbox-{user}")
        self._cluster = config["clusters"][0]["cluster"]
        self._folder = tempfile.TemporaryDirectory()
        trusted = Path(self._folder.name, "ca.crt")
        self.authority_pem = _decoded(self._cluster["certificate-authority-data"])
        trusted.write_text(self.authority_pem)
        self._pool = urllib3.PoolManager(ca_certs=str(trusted), timeout=PROMPTLY_S, retries=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()
        self._folder.cleanup()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        url = self._cluster["server"] + path
        if body is not None:
            options["body"], headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        return self._pool.request(method, url, headers=headers, **options)

    def get(self, path: str) -> Any:
        return content(self.ask("GET", path))


def content(answer: urllib3.BaseHTTPResponse) -> Any:
    """The JSON of a response; the oldest supported urllib3 has no `json()`."""
    return json.loads(answer.data)


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run another Python interpreter."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
def admin(box: Sandbox) -> Iterator[Client]:
    with Client(box.kubeconfig) as client:
        yield client


def test_it_is_ready_once_created(admin: Client) -> None:
    assert admin.get("/version")["gitVersion"].endswith("+tenantkit-sandbox")


def test_each_user_has_a_context_and_their_own_name(box: Sandbox) -> None:
    contexts = [context["name"] for context in yaml.safe_load(box.kubeconfig.read_text())["contexts"]]
    assert contexts == [f"sandbox-{name}" for name in USERS]
    for name in USERS:
        with Client(box.kubeconfig, name) as client:
            answer = content(client.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}))
        info = answer["status"]["userInfo"]
        expected = ["system:masters", AUTHENTICATED] if name == "admin" else [AUTHENTICATED]
        assert (info["username"], info["groups"]) == (f"{name}@example.com", expected)


def test_the_kubeconfig_is_readable_by_its_owner_only_and_removed_with_the_sandbox() -> None:
    with Sandbox() as sandbox:
        assert stat.S_IMODE(sandbox.kubeconfig.stat().st_mode) == 0o600
        assert stat.S_IMODE(sandbox.kubeconfig.parent.stat().st_mode) == 0o700
    assert not sandbox.kubeconfig.parent.exists()


def test_a_chosen_kubeconfig_is_written_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    with Sandbox(kubeconfig=path) as first, Sandbox(kubeconfig=path) as second:
        assert second.url in path.read_text()
        first.close()
        assert second.url in path.read_text()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_no_sandbox_wrote_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("apiVersion: v1\n")
    threads = threading.active_count()
    with pytest.raises(ConnectionConfigError) as caught:
        Sandbox(kubeconfig=path)
    assert str(caught.value) == (f"{path} exists and was not written by a sandbox; choose another file")
    assert (path.read_text(), threading.active_count()) == ("apiVersion: v1\n", threads)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectionConfigError) as caught:
        Sandbox(kubeconfig=tmp_path / "nowhere" / "config")
    path = tmp_path / "nowhere" / "config"
    assert str(caught.value) == f"can't write the kubeconfig {path}: No such file or directory; choose another file"


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionConfigError) as caught:
            Sandbox(port=port)
    assert str(caught.value) == (
        f"can't listen on 127.0.0.1:{port}: Address already in use; choose another port, or 0 for a free one"
    )


def test_closing_twice_is_allowed_and_the_port_is_closed() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()
    port = int(sandbox.url.rpartition(":")[2])
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0


def test_a_program_that_does_not_close_the_sandbox_still_exits() -> None:
    program = "from tenantkit.sandbox.server import Sandbox; print(Sandbox().kubeconfig.parent)"
    result = run("-W", "error", "-c", program)
    assert (result.returncode, result.stderr) == (0, "")
    assert not Path(result.stdout.strip()).exists()


def test_a_client_without_a_handshake_leaves_nothing_open() -> None:
    program = """
import socket
from tenantkit.sandbox.server import Sandbox
with Sandbox() as box:
    silent = [socket.create_connection(("127.0.0.1", int(box.url.rpartition(":")[2]))) for _ in range(3)]
for connection in silent:
    connection.close()
"""
    result = run("-W", "always", "-c", program)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_client_that_does_not_close_its_connection_is_disconnected() -> None:
    with Sandbox() as sandbox, Client(sandbox.kubeconfig) as client:
        trusting = ssl.create_default_context(cadata=client.authority_pem)
        address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
        lingering = trusting.wrap_socket(socket.create_connection(address, PROMPTLY_S), server_hostname=address[0])
        lingering.sendall(b"GET /version HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n")
        while lingering.recv(1024):
            pass  # until the server has closed TLS; it waits for the client to do so

    with socket.socket(fileno=lingering.detach()) as beneath_tls:
        beneath_tls.settimeout(PROMPTLY_S)
        assert beneath_tls.recv(1) == b""


def test_it_listens_on_this_machine_only(box: Sandbox) -> None:
    port = int(box.url.rpartition(":")[2])
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic YWRtaW46"])
def test_requests_without_a_valid_token_are_unauthorized(admin: Client, header: str) -> None:
    for path in ("/version", "/healthz", "/api/v1/namespaces"):
        answer = admin.ask("GET", path, headers={"Authorization": header})
        assert (answer.status, content(answer)["message"]) == (401, "Unauthorized")


def test_requests_of_other_origins_are_unauthorized(admin: Client) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET", "Authorization": ""}
    answer = admin.ask("OPTIONS", "/api/v1/namespaces", headers=headers)
    assert answer.status == 401
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_token_expires() -> None:
    tokens = Tokens()
    token = tokens.issue(User("x"), expires=NOW + timedelta(seconds=10))
    assert tokens.user_of(token, NOW) == User("x")
    assert tokens.user_of(token, NOW + timedelta(seconds=10)) is None


def test_a_service_accounts_token_authenticates_as_the_account(admin: Client) -> None:
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    answer = content(admin.ask("POST", path, {"spec": {"expirationSeconds": 600}}))
    assert answer["status"]["expirationTimestamp"] == "2026-11-25T12:10:00Z"
    admin.token = answer["status"]["token"]
    denied = admin.get(MAPS)
    assert 'User "system:serviceaccount:default:default" cannot list' in denied["message"]


def test_all_dates_are_from_the_clock(admin: Client) -> None:
    answer = admin.ask("GET", "/api/v1/namespaces/default")
    assert answer.headers["Date"] == "Wed, 25 Nov 2026 12:00:00 GMT"
    assert content(answer)["metadata"]["creationTimestamp"] == "2026-11-25T12:00:00Z"


def test_a_new_server_has_namespaces_roles_and_service_accounts(admin: Client) -> None:
    namespaces = [item["metadata"]["name"] for item in admin.get("/api/v1/namespaces")["items"]]
    assert namespaces == ["default", "kube-node-lease", "kube-public", "kube-system"]
    for name in namespaces:
        accounts = admin.get(f"/api/v1/namespaces/{name}/serviceaccounts")["items"]
        assert [account["metadata"]["name"] for account in accounts] == ["default"]
    roles = admin.get("/apis/rbac.authorization.k8s.io/v1/clusterroles")["items"]
    assert {"admin", "cluster-admin", "edit", "view"} <= {item["metadata"]["name"] for item in roles}


def test_an_open_watch_gets_a_change_at_once(admin: Client) -> None:
    version = admin.get(MAPS)["metadata"]["resourceVersion"]
    watch = admin.ask("GET", f"{MAPS}?watch=true&resourceVersion={version}&timeoutSeconds=5", preload_content=False)
    admin.ask("POST", MAPS, {"metadata": {"name": "watched"}})
    event = json.loads(next(iter(watch.stream(64 * 1024))))
    watch.close()
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "watched")
    assert (event["object"]["kind"], event["object"]["apiVersion"]) == ("ConfigMap", "v1")


def test_open_watches_end_when_the_sandbox_stops() -> None:
    with Sandbox() as sandbox, Client(sandbox.kubeconfig) as client:
        watch = client.ask("GET", f"{MAPS}?watch=true&resourceVersion=1", preload_content=False)
        sandbox.close()
        assert b"".join(watch.stream(1024)).count(b"\n") >= 1


def test_a_generated_name_has_its_prefix_and_is_unique(admin: Client) -> None:
    created = [content(admin.ask("POST", MAPS, {"metadata": {"generateName": "run-"}})) for _ in range(2)]
    names = [item["metadata"]["name"] for item in created]
    assert len(set(names)) == 2
    assert all(name.startswith("run-") and len(name) == len("run-") + 5 for name in names)


def test_too_large_a_body_is_refused(admin: Client) -> None:
    answer = admin.ask("POST", MAPS, {"metadata": {"name": "big"}, "data": {"x": "x" * 3 * 1024 * 1024}})
    assert (answer.status, content(answer)["reason"]) == (413, "RequestEntityTooLarge")


def test_a_bug_is_reported_and_logged_with_its_traceback(
    box: Sandbox, admin: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(box._handlers._reads, "get", broken)
    answer = admin.ask("GET", "/api/v1/namespaces/default")
    assert (answer.status, content(answer)["message"]) == (500, "Internal error occurred: ZeroDivisionError('boom')")
    assert "ZeroDivisionError: boom" in caplog.text


def test_the_error_for_a_missing_package_is_one_line_with_the_command_to_install_it() -> None:
    program = "import sys; sys.modules['trustme'] = None; import tenantkit.sandbox.server"
    result = run("-c", program)
    last = result.stderr.strip().splitlines()[-1]
    assert last == (
        'tenantkit.exceptions.MissingExtraError: the sandbox needs trustme: pip install "tenantkit[sandbox]"'
    )

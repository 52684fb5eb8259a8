"""The sandbox as a server: how it starts and ends, who gets in, and what goes over the wire."""

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
    """Somebody who has the sandbox's kubeconfig, and trusts its certificate only."""

    def __init__(self, kubeconfig: Path, persona: str = "admin") -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        self.token = next(item["user"]["token"] for item in config["users"] if item["name"] == f"sandbox-{persona}")
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
    """The JSON of an answer; the oldest urllib3 that is supported has no `json()`."""
    return json.loads(answer.data)


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Another interpreter."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
def admin(box: Sandbox) -> Iterator[Client]:
    with Client(box.kubeconfig) as client:
        yield client


def test_it_answers_as_soon_as_it_is_made(admin: Client) -> None:
    assert admin.get("/version")["gitVersion"].endswith("+tenantkit-sandbox")


def test_each_persona_has_a_context_and_is_a_user_of_that_name(box: Sandbox) -> None:
    contexts = [context["name"] for context in yaml.safe_load(box.kubeconfig.read_text())["contexts"]]
    assert contexts == [f"sandbox-{name}" for name in USERS]
    for name in USERS:
        with Client(box.kubeconfig, name) as client:
            answer = content(client.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}))
        info = answer["status"]["userInfo"]
        expected = ["system:masters", AUTHENTICATED] if name == "admin" else [AUTHENTICATED]
        assert (info["username"], info["groups"]) == (f"{name}@example.com", expected)


def test_the_kubeconfig_is_for_its_owner_only_and_goes_with_the_sandbox() -> None:
    with Sandbox() as sandbox:
        assert stat.S_IMODE(sandbox.kubeconfig.stat().st_mode) == 0o600
        assert stat.S_IMODE(sandbox.kubeconfig.parent.stat().st_mode) == 0o700
    assert not sandbox.kubeconfig.parent.exists()


def test_a_kubeconfig_of_ones_own_choice_is_written_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    with Sandbox(kubeconfig=path) as first, Sandbox(kubeconfig=path) as second:
        assert second.url in path.read_text()
        first.close()
        assert second.url in path.read_text()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_no_sandbox_wrote_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("apiVersion: v1\n")
    threads = threading.active_count()
    with pytest.raises(ConnectionConfigError) as caught:
        Sandbox(kubeconfig=path)
    assert str(caught.value) == (f"{path} exists and was not written by a sandbox; choose another file")
    assert (path.read_text(), threading.active_count()) == ("apiVersion: v1\n", threads)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectionConfigError) as caught:
        Sandbox(kubeconfig=tmp_path / "nowhere" / "config")
    path = tmp_path / "nowhere" / "config"
    assert str(caught.value) == f"can't write the kubeconfig {path}: No such file or directory; choose another file"


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionConfigError) as caught:
            Sandbox(port=port)
    assert str(caught.value) == (
        f"can't listen on 127.0.0.1:{port}: Address already in use; choose another port, or 0 for a free one"
    )


def test_closing_twice_is_closing_once_and_nobody_listens_any_more() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()
    port = int(sandbox.url.rpartition(":")[2])
    with socket.socket() as knocking:
        assert knocking.connect_ex(("127.0.0.1", port)) != 0


def test_a_program_that_forgets_to_close_ends_all_the_same() -> None:
    program = "from tenantkit.sandbox.server import Sandbox; print(Sandbox().kubeconfig.parent)"
    result = run("-W", "error", "-c", program)
    assert (result.returncode, result.stderr) == (0, "")
    assert not Path(result.stdout.strip()).exists()


def test_a_client_that_never_says_hello_leaves_nothing_open_when_the_server_ends() -> None:
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


def test_a_client_that_never_says_goodbye_is_cut_off_when_the_server_ends() -> None:
    with Sandbox() as sandbox, Client(sandbox.kubeconfig) as client:
        trusting = ssl.create_default_context(cadata=client.authority_pem)
        address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
        lingering = trusting.wrap_socket(socket.create_connection(address, PROMPTLY_S), server_hostname=address[0])
        lingering.sendall(b"GET /version HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n")
        while lingering.recv(1024):
            pass  # until the server has said goodbye in TLS; it waits for an answer

    with socket.socket(fileno=lingering.detach()) as beneath_tls:
        beneath_tls.settimeout(PROMPTLY_S)
        assert beneath_tls.recv(1) == b""


def test_it_listens_on_this_machine_only(box: Sandbox) -> None:
    port = int(box.url.rpartition(":")[2])
    with socket.socket() as elsewhere:
        elsewhere.bind(("127.0.0.2", port))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic YWRtaW46"])
def test_who_has_no_token_gets_nothing(admin: Client, header: str) -> None:
    for path in ("/version", "/healthz", "/api/v1/namespaces"):
        answer = admin.ask("GET", path, headers={"Authorization": header})
        assert (answer.status, content(answer)["message"]) == (401, "Unauthorized")


def test_a_web_page_of_another_origin_gets_nothing(admin: Client) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET", "Authorization": ""}
    answer = admin.ask("OPTIONS", "/api/v1/namespaces", headers=headers)
    assert answer.status == 401
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_token_ends_when_it_says() -> None:
    tokens = Tokens()
    token = tokens.issue(User("x"), expires=NOW + timedelta(seconds=10))
    assert tokens.user_of(token, NOW) == User("x")
    assert tokens.user_of(token, NOW + timedelta(seconds=10)) is None


def test_a_service_accounts_token_lets_its_bearer_in_as_that_account(admin: Client) -> None:
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    answer = content(admin.ask("POST", path, {"spec": {"expirationSeconds": 600}}))
    assert answer["status"]["expirationTimestamp"] == "2026-11-25T12:10:00Z"
    admin.token = answer["status"]["token"]
    denied = admin.get(MAPS)
    assert 'User "system:serviceaccount:default:default" cannot list' in denied["message"]


def test_dates_are_the_clocks_so_that_a_held_clock_is_held_everywhere(admin: Client) -> None:
    answer = admin.ask("GET", "/api/v1/namespaces/default")
    assert answer.headers["Date"] == "Wed, 25 Nov 2026 12:00:00 GMT"
    assert content(answer)["metadata"]["creationTimestamp"] == "2026-11-25T12:00:00Z"


def test_a_fresh_server_has_its_namespaces_roles_and_what_controllers_make(admin: Client) -> None:
    namespaces = [item["metadata"]["name"] for item in admin.get("/api/v1/namespaces")["items"]]
    assert namespaces == ["default", "kube-node-lease", "kube-public", "kube-system"]
    for name in namespaces:
        accounts = admin.get(f"/api/v1/namespaces/{name}/serviceaccounts")["items"]
        assert [account["metadata"]["name"] for account in accounts] == ["default"]
    roles = admin.get("/apis/rbac.authorization.k8s.io/v1/clusterroles")["items"]
    assert {"admin", "cluster-admin", "edit", "view"} <= {item["metadata"]["name"] for item in roles}


def test_a_change_reaches_an_open_watch_at_once(admin: Client) -> None:
    version = admin.get(MAPS)["metadata"]["resourceVersion"]
    watch = admin.ask("GET", f"{MAPS}?watch=true&resourceVersion={version}&timeoutSeconds=5", preload_content=False)
    admin.ask("POST", MAPS, {"metadata": {"name": "watched"}})
    event = json.loads(next(iter(watch.stream(64 * 1024))))
    watch.close()
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "watched")
    assert (event["object"]["kind"], event["object"]["apiVersion"]) == ("ConfigMap", "v1")


def test_open_watches_end_when_the_sandbox_does() -> None:
    with Sandbox() as sandbox, Client(sandbox.kubeconfig) as client:
        watch = client.ask("GET", f"{MAPS}?watch=true&resourceVersion=1", preload_content=False)
        sandbox.close()
        assert b"".join(watch.stream(1024)).count(b"\n") >= 1


def test_a_namespace_that_is_deleted_goes_with_all_that_is_in_it(admin: Client) -> None:
    admin.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "vision"}})
    admin.ask("POST", "/api/v1/namespaces/vision/configmaps", {"metadata": {"name": "a"}})
    assert content(admin.ask("DELETE", "/api/v1/namespaces/vision"))["status"]["phase"] == "Terminating"
    assert admin.ask("GET", "/api/v1/namespaces/vision").status == 404
    assert admin.get("/api/v1/namespaces/vision/configmaps")["items"] == []


def test_a_generated_name_begins_as_asked_and_is_new_each_time(admin: Client) -> None:
    made = [content(admin.ask("POST", MAPS, {"metadata": {"generateName": "run-"}})) for _ in range(2)]
    names = [item["metadata"]["name"] for item in made]
    assert len(set(names)) == 2
    assert all(name.startswith("run-") and len(name) == len("run-") + 5 for name in names)


def test_a_body_that_is_too_large_is_refused(admin: Client) -> None:
    answer = admin.ask("POST", MAPS, {"metadata": {"name": "big"}, "data": {"x": "x" * 3 * 1024 * 1024}})
    assert (answer.status, content(answer)["reason"]) == (413, "RequestEntityTooLarge")


def test_a_bug_is_answered_and_logged_with_its_trace(
    box: Sandbox, admin: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(box._handlers._reads, "get", broken)
    answer = admin.ask("GET", "/api/v1/namespaces/default")
    assert (answer.status, content(answer)["message"]) == (500, "Internal error occurred: ZeroDivisionError('boom')")
    assert "ZeroDivisionError: boom" in caplog.text


def test_a_missing_package_is_one_line_that_says_what_to_install() -> None:
    program = "import sys; sys.modules['trustme'] = None; import tenantkit.sandbox.server"
    result = run("-c", program)
    last = result.stderr.strip().splitlines()[-1]
    assert last == (
        'tenantkit.exceptions.MissingExtraError: the sandbox needs trustme: pip install "tenantkit[sandbox]"'
    )

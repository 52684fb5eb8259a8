"""Limits that keep the sandbox alive: slices of work, kept events, time-outs, and text that is odd for Python."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tenantkit.sandbox.apimachinery.json_text import DeepList, DeepObject, Number, is_deep, read_json, write_json
from tenantkit.sandbox.apimachinery.resources import NAMESPACES, find
from tenantkit.sandbox.apimachinery.yaml_text import read_yaml
from tenantkit.sandbox.auth.users import User
from tenantkit.sandbox.controllers import job, replica_set, stateful_set
from tenantkit.sandbox.controllers.replicas import MOST_AT_ONCE, MOST_PODS
from tenantkit.sandbox.endpoints import connections, handlers
from tenantkit.sandbox.endpoints.request import ApiRequest, parse_request_info
from tenantkit.sandbox.endpoints.watch import Watch
from tenantkit.sandbox.managedfields.fieldpath import TypedError, decode
from tenantkit.sandbox.server import Sandbox
from tenantkit.sandbox.storage.store import Store
from tests.contract.api.odd.timing import at_once
from tests.eventually import eventually
from tests.unit.sandbox.test_server import Client, content
from tests.unit.sandbox.test_workloads import POD_SPEC, Held

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MAPS, PODS = find("", "v1", "configmaps"), find("", "v1", "pods")
MOST = 2**31 - 1
FEW = 40
_WRITES_OF_A_POD = 4  # the pod, its event, and status updates


def template(**spec: Any) -> Manifest:
    return {"metadata": {"labels": {"app": "odd"}}, "spec": {**POD_SPEC, **spec}}


SELECTOR = {"matchLabels": {"app": "odd"}}
LARGE = {
    "deployments": ("apps", {"replicas": MOST, "selector": SELECTOR, "template": template()}),
    "statefulsets": (
        "apps",
        {"replicas": MOST, "podManagementPolicy": "Parallel", "selector": SELECTOR, "template": template()},
    ),
    "jobs": (
        "batch",
        {
            "completionMode": "Indexed",
            "completions": 100_000,
            "parallelism": 100_000,
            "template": template(restartPolicy="Never"),
        },
    ),
}


@pytest.mark.parametrize("plural", LARGE)
def test_a_huge_workload_gets_a_limited_number_of_pods_a_few_at_a_time(
    monkeypatch: pytest.MonkeyPatch, plural: str
) -> None:
    for module in (replica_set, stateful_set, job):
        monkeypatch.setattr(module, "MOST_PODS", FEW)
    held, (group, spec) = Held(), LARGE[plural]
    resource = find(group, "v1", plural)
    held.requests.create(resource, {"metadata": {"name": "odd", "namespace": "default"}, "spec": spec})
    while held.controllers.pending:
        before, present = held.store.resource_version, len(held.pods())
        held.controllers._reconcile_next()
        assert held.store.resource_version - before <= MOST_AT_ONCE * _WRITES_OF_A_POD
        assert len(held.pods()) - present <= MOST_AT_ONCE + 1
    assert len(held.pods()) == FEW


def test_requests_are_answered_while_a_huge_deployment_grows() -> None:
    pods = "/api/v1/namespaces/default/pods"
    with Sandbox() as box, Client(box.kubeconfig) as admin:
        eventually(lambda: admin.get("/api/v1/namespaces/default/serviceaccounts/default")["metadata"]["uid"])
        body = {"metadata": {"name": "odd"}, "spec": LARGE["deployments"][1]}
        with at_once(box._thread):
            assert admin.ask("POST", "/apis/apps/v1/namespaces/default/deployments", body).status == 201
        found = 0
        while found < MOST_PODS:
            with at_once(box._thread):
                found = len(admin.get(pods)["items"])


def test_a_large_namespace_is_emptied_a_part_at_a_time() -> None:
    held = Held()
    held.requests.create(NAMESPACES, {"metadata": {"name": "large"}})
    for number in range(200):
        held.requests.create(MAPS, {"metadata": {"name": f"m{number}", "namespace": "large"}})
    held.controllers.run_pending()
    held.requests.delete(NAMESPACES, held.store.get(NAMESPACES, "large") or {})
    while held.controllers.pending:
        before = len(held.store.list(MAPS, "large"))
        held.controllers._reconcile_next()
        assert before - len(held.store.list(MAPS, "large")) <= 50
    assert held.store.get(NAMESPACES, "large") is None


def config_map(name: str, size: int = 10) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "a"},
        "data": {"x": "x" * size},
    }


def test_the_kept_events_are_limited_by_their_size() -> None:
    store = Store(lambda: NOW, bytes_kept=10_000)
    first = store.put(MAPS, config_map("small"))
    for number in range(20):
        store.put(MAPS, config_map(f"large{number}", 1000))
    assert int(first["metadata"]["resourceVersion"]) < store.oldest_version
    kept = store.events_since(store.oldest_version, MAPS)
    assert sum(len(write_json(event.manifest)) for event in kept) <= 12_000
    assert [event.manifest["metadata"]["name"] for event in kept][-1] == "large19"


def test_what_no_response_could_contain_is_not_stored() -> None:
    store = Store(lambda: NOW)
    with pytest.raises(TypeError):
        store.put(MAPS, {**config_map("odd"), "data": {"x": "\ud800"}})
    assert store.list(MAPS) == []


def test_a_watch_whose_client_does_not_read_ends_once_its_events_are_too_old() -> None:
    store = Store(lambda: NOW, events_kept=5)
    texts = {"watch": "1"}
    request = ApiRequest(parse_request_info("GET", "/api/v1/namespaces/a/configmaps", texts), User("dana"), texts)
    watch = Watch(store, MAPS, request)

    async def collect() -> list[bytes]:
        stream = watch.lines()
        first = asyncio.ensure_future(anext(stream, b""))
        await asyncio.sleep(0)
        for number in range(20):
            store.put(MAPS, config_map(f"m{number}"))
        async with asyncio.timeout(5):
            return [await first, *[line async for line in stream]]

    assert len(asyncio.run(collect())) < 20


def connected(box: Sandbox, client: Client) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=client.authority_pem)
    target = urlsplit(box.url)
    plain = socket.create_connection((target.hostname or "", target.port or 0), timeout=10)
    return context.wrap_socket(plain, server_hostname=target.hostname)


@pytest.mark.parametrize("sent", [b"", b"GET /version HTTP/1.1\r\nX-Odd: a"])
def test_a_client_that_does_not_finish_its_headers_is_disconnected(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEADERS_WITHIN_S", 0.2)
    with Sandbox() as box, Client(box.kubeconfig) as client, closing(connected(box, client)) as slow:
        slow.sendall(sent)
        received = b""
        with suppress(ConnectionError, ssl.SSLError):  # the end, with or without a farewell
            received = slow.recv(1000)
        assert received == b""


def test_an_idle_connection_may_be_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADERS_WITHIN_S", 0.2)
    with Sandbox() as box, Client(box.kubeconfig) as client, closing(connected(box, client)) as idle:
        request = f"GET /version HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.token}\r\n\r\n".encode()
        for _ in range(2):
            idle.sendall(request)
            answer = b""
            while not answer.endswith(b"}"):  # the head and the body may arrive one after the other
                answer += idle.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 200")
            threading.Event().wait(0.4)  # longer than headers may take


def test_a_body_that_does_not_come_in_time_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "_BODY_WITHIN_S", 0.2)
    with Sandbox() as box, Client(box.kubeconfig) as client, closing(connected(box, client)) as slow:
        head = "POST /api/v1/namespaces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100"
        slow.sendall(f"{head}\r\nAuthorization: Bearer {client.token}\r\n\r\n{{".encode())
        assert slow.recv(10_000).startswith(b"HTTP/1.1 504")


def test_a_watch_that_its_client_aborts_is_not_written_to_any_more(caplog: pytest.LogCaptureFixture) -> None:
    aborted = struct.pack("ii", 1, 0)  # close with a reset, as a killed kernel does
    with Sandbox() as box, Client(box.kubeconfig) as client:
        for number in range(200):
            path = "/api/v1/namespaces/default/configmaps"
            client.ask("POST", path, {"metadata": {"name": f"m{number}"}, "data": {"a": "x" * 500}})
        head = f"GET /api/v1/configmaps?watch=true HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.token}\r\n\r\n"
        for _ in range(5):
            with closing(connected(box, client)) as watching:
                watching.sendall(head.encode())
                assert watching.recv(100).startswith(b"HTTP/1.1 200")
                watching.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, aborted)
        assert client.ask("GET", "/version").status == 200

    assert [record.getMessage() for record in caplog.records] == []


def test_a_controller_that_fails_unexpectedly_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(replica_set.ReplicaSetController, "sync", broken)
    with Sandbox() as box, Client(box.kubeconfig) as admin:
        body = {"metadata": {"name": "odd"}, "spec": {"replicas": 1, "selector": SELECTOR, "template": template()}}
        assert admin.ask("POST", "/apis/apps/v1/namespaces/default/replicasets", body).status == 201
        assert admin.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "later"}}).status == 201
        eventually(lambda: admin.get("/api/v1/namespaces/later/serviceaccounts/default")["metadata"]["uid"])


def test_deep_values_stay_text_and_are_written_as_they_were_read() -> None:
    text = '{"a":' * 300 + "[1]" + "}" * 300
    found = read_json(text)
    assert not is_deep(found)
    assert write_json(found) == text.encode()
    assert isinstance(read_json("[" * 200 + "]" * 200), list)
    kinds = {type(item) for item in _leaves(found)} | {type(item) for item in _leaves(read_json("[" * 200 + "]" * 200))}
    assert kinds == {DeepObject, DeepList}


def _leaves(value: Any) -> list[Any]:
    while isinstance(value, (dict, list)):
        value = value["a"] if isinstance(value, dict) else value[0]
    return [value]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200 + "]" * 199,
        "[" * 200 + "x" + "]" * 200,
        "[" * 200 + "]" * 201,
        '{"a":' * 200 + '"x' + "}" * 200,
        "[1,]",
        "",
    ],
)
def test_invalid_json_is_refused_at_any_depth(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid character|unexpected end"):
        read_json(text)


@pytest.mark.parametrize("text", ["1", "-5", "1.5", str(2**63 - 1)])
def test_a_number_that_python_writes_alike_is_a_plain_one(text: str) -> None:
    found = read_json(text)
    assert (str(found), type(found) is Number) == (text, False)


@pytest.mark.parametrize("text", ["1e3", "1.50", "1" * 5000, "1e400", str(2**63), "-0.0e0"])
def test_any_other_number_keeps_its_text(text: str) -> None:
    found = read_json(text)
    assert (str(found), type(found)) == (text, Number)


def test_aliases_within_the_limit_are_expanded() -> None:
    assert read_yaml(b"a: &a [x, z]\nb: [*a, *a]") == {"a": ["x", "z"], "b": [["x", "z"], ["x", "z"]]}


def test_managed_fields_that_would_fill_the_memory_count_as_invalid() -> None:
    wide: dict[str, Any] = {f"f:{number}": {} for number in range(2000)}
    for _ in range(900):
        wide = {"f:a": wide}
    with pytest.raises(TypedError):
        decode(wide)


def test_a_server_message_is_valid_json_whatever_was_sent() -> None:
    with Sandbox() as box, Client(box.kubeconfig) as admin:
        answer = admin.ask("GET", "/api/v1/namespaces/default/configmaps/%ed%a0%80")
        assert (answer.status, content(answer)["details"]["name"]) == (404, "\ufffd" * 3)
        assert json.loads(answer.data)["code"] == 404

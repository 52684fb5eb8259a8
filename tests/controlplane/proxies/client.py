"""The tests' side of `python -m tests.controlplane.proxies`: each method sends orders, and waits for the answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import trustme

from tests.controlplane.pods import IN_ITS_OWN_NETWORK
from tests.controlplane.proxies.manifests import (
    PATH,
    at_gateway,
    at_listener_set,
    certificate,
    listener_set,
    own_host,
    route,
    shared_host,
    tenant,
)
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from tests.controlplane.proxies.manifests import Manifest

ROOT = Path(__file__).parents[3]
TENANTS = ("tenant-0", "tenant-1", "tenant-2")
WITHIN_S = 60.0


class Question(NamedTuple):
    """A request to Envoy: without TLS to its port for HTTP, with it to that for HTTPS."""

    host: str
    path: str = PATH
    with_tls: bool = False


class Answer(NamedTuple):
    """What came back; no status: the connection was closed without an answer."""

    status: int | None
    tenant: str | None = None
    certificate: str | None = None


NO_ANSWER, NOT_FOUND = Answer(None), Answer(404)


def said(stored: Manifest) -> set[str]:
    """The conditions of a route's parents, or of a ListenerSet and its listeners, such as `Accepted=True Accepted`."""
    status = stored.get("status", {})
    conditions = list(status.get("conditions", ()))
    for part in (*status.get("parents", ()), *status.get("listeners", ())):
        conditions += part["conditions"]
    return {f"{each['type']}={each['status']} {each['reason']}" for each in conditions}


class Proxies:
    """A control plane with Envoy Gateway and Envoy, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        ca = folder / "ca.crt"
        self.authority.cert_pem.write_to_path(ca)
        self._errors = folder / "stderr"
        self._canary = 0
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*IN_ITS_OWN_NETWORK, sys.executable, "-m", "tests.controlplane.proxies", str(ca)],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": str(folder)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                process_group=0,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and return once all has ended."""
        with self.process:  # closes its pipes, upon which it ends, and waits
            pass

    def wait_until_ready(self) -> None:
        """Wait until the Gateway's Envoy has been started."""
        self._read()

    def apply(self, *manifests: Manifest) -> None:
        """Create or change objects."""
        self._order("apply", manifests)

    def delete(self, *manifests: Manifest) -> None:
        """Delete objects, and wait until they no longer exist."""
        self._order("delete", manifests)

    @contextmanager
    def applied(self, *manifests: Manifest) -> Iterator[None]:
        """Create objects, and delete them at the end of the block."""
        self.apply(*manifests)
        try:
            yield
        finally:
            self.delete(*manifests)

    @contextmanager
    def without(self, manifest: Manifest) -> Iterator[None]:
        """Delete an object, and create it again at the end of the block, unless it exists by then."""
        self.delete(manifest)
        try:
            yield
        finally:
            self.apply(manifest)

    def get(self, manifest: Manifest) -> Manifest:
        """The object as it is stored."""
        found: Manifest = self._order("get", manifest)
        return found

    def serve(self, *tenants: str) -> None:
        """Play the pods of tenants."""
        self._order("serve", tenants)

    def add_tenants(self, *names: str) -> None:
        """Create tenants, play their pods, and wait until Envoy knows them."""
        for name in names:
            self.apply(*tenant(name, self.authority))
        self.serve(*names)
        for name in names:
            for question in (Question(shared_host(name)), Question(own_host(name), with_tls=True)):
                self.wait_for(question, name)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers of Envoy. A pod has received host and path unchanged."""
        answers = []
        for question, found in zip(questions, self._order("ask", questions), strict=True):
            certificate, (status, content) = found or (None, (None, None))
            tenant = content and content["tenant"]
            assert content in (None, {"tenant": tenant, "host": question.host, "path": question.path})
            answers.append(Answer(status, tenant, certificate))
        return answers

    def ask_one(self, host: str, path: str = PATH, *, with_tls: bool = False) -> Answer:
        """The answer to one question."""
        return self.ask([Question(host, path, with_tls)])[0]

    def wait_for(self, question: Question, tenant: str) -> None:
        """Wait until a tenant's pod answers."""
        eventually(lambda: self._is_answered_by(tenant, question), timeout_s=WITHIN_S)

    def settle(self) -> None:
        """Wait until all changes to routes and listeners are in force at Envoy.

        The controller passes on what it knows as one whole, so a tenant of its own changes last: once it is answered
        at the host that it has now, with and without TLS, so is what changed before.
        """
        name = "canary"
        if not self._canary:
            self.add_tenants(name)
        self._canary += 1
        moved = f"{name}-{self._canary}"
        hosts = shared_host(moved), own_host(moved)
        self.apply(
            certificate(name, self.authority, hosts[1]),
            listener_set(name, hosts[1]),
            route(name, [*hosts], parents=[at_gateway(), at_listener_set("own")]),
        )
        self.wait_for(Question(hosts[0]), name)
        self.wait_for(Question(hosts[1], with_tls=True), name)

    def wait_for_status(self, manifest: Manifest, *conditions: str) -> None:
        """Wait until the controller has given an object these conditions, written as `said` writes them."""

        def has_them() -> bool:
            found = said(self.get(manifest))
            assert set(conditions) <= found, f"{manifest['kind']} {manifest['metadata']}: {sorted(found)}"
            return True

        eventually(has_them, timeout_s=WITHIN_S)

    def wait_until_older(self, manifest: Manifest) -> None:
        """Wait until what is created from now on is younger than this object: the server's times are whole seconds."""
        created = datetime.fromisoformat(self.get(manifest)["metadata"]["creationTimestamp"])
        eventually(lambda: datetime.now(UTC) >= created + timedelta(seconds=1))

    def _is_answered_by(self, tenant: str, question: Question) -> bool:
        answer = self.ask([question])[0]
        assert (answer.status, answer.tenant) == (200, tenant), f"{question}: {answer}"
        return True

    def _order(self, name: str, argument: Any) -> Any:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps([name, argument]) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(self._errors.read_text()) from None
        return self._read()

    def _read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self._errors.read_text()
        return json.loads(line)

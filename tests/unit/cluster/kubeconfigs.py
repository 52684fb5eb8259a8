"""Kubeconfig files for tests, and what they load."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tenantkit.cluster.connection import connect as config
from tenantkit.cluster.http.transport import Endpoint

if TYPE_CHECKING:
    from tenantkit.cluster.http.credentials import Login

SERVER = "https://10.0.0.1:6443"
SECRET = "hunter2-is-no-token-to-show"


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


PLAIN = shown(Endpoint(SERVER))

"""Kubeconfig files for tests, and what they load."""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING, Any

import yaml

from tenantkit.cluster.connection import connect as config
from tenantkit.cluster.connection.files import given_files
from tenantkit.cluster.connection.logins import Overrides
from tenantkit.hints import Message

if TYPE_CHECKING:
    from pathlib import Path

    from tenantkit.cluster.http.credentials import Login

SERVER = "https://10.0.0.1:6443"
SECRET = "hunter2-is-no-token-to-show"
CA = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


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
    text = content if isinstance(content, str | bytes) else yaml.safe_dump(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def login(path: Path, content: object) -> Login:
    return source(path, content).load()


def source(path: Path, content: object, context: str | None = None) -> config._Source:
    files = given_files(str(written(path, content)), Message("{kubeconfig}"))
    return config._from_files(files, context, Overrides())


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

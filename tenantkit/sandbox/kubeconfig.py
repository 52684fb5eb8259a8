"""The sandbox's kubeconfig: one context with a random token for each test user.

Tokens are valid as long as the sandbox runs. They are written to this file only, and only its owner can read it.
Rejected alternatives: client certificates, because `connect(token=…)` cannot be shown with them; fixed tokens, because
other users of the machine would know them.

Source: pages "Authenticating", "Organizing Cluster Access Using kubeconfig Files".
"""

from __future__ import annotations

import base64
import os
import secrets
from typing import TYPE_CHECKING

import yaml

from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTEXT_PREFIX = "sandbox-"
_CLUSTER = "tenantkit-sandbox"
_MARK = "# Written by tenantkit's sandbox; its tokens expire when it stops.\n"


def write_kubeconfig(path: Path, *, url: str, ca_pem: bytes, tokens: Mapping[str, str]) -> None:
    """Write the kubeconfig atomically, readable by its owner only.

    Args:
        path: the file to write. An existing file is replaced only if a sandbox wrote it.
        url: the server's address.
        ca_pem: the CA certificate that clients verify the server with, in PEM.
        tokens: the token of each user, by name. The first user's context is the current one.

    Raises:
        ConnectionConfigError: the file was not written by a sandbox, or can't be written.
    """
    contexts = {f"{CONTEXT_PREFIX}{name}": token for name, token in tokens.items()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": _CLUSTER,
                "cluster": {"server": url, "certificate-authority-data": base64.b64encode(ca_pem).decode()},
            }
        ],
        "users": [{"name": name, "user": {"token": token}} for name, token in contexts.items()],
        "contexts": [{"name": name, "context": {"cluster": _CLUSTER, "user": name}} for name in contexts],
        "current-context": next(iter(contexts)),
    }
    _check_replaceable(path)
    text = _MARK + yaml.safe_dump(config, sort_keys=False)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConnectionConfigError(
            f"can't write the kubeconfig {path}: {error.strerror}; choose another file"
        ) from error


def remove_kubeconfig(path: Path, *, url: str) -> None:
    """Remove the kubeconfig if it belongs to the sandbox at that address."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # already removed, or never written
    if text.startswith(_MARK) and f"server: {url}\n" in text:
        path.unlink(missing_ok=True)


def _check_replaceable(path: Path) -> None:
    """Raise ConnectionConfigError if the file exists and was not written by a sandbox."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            is_from_sandbox = file.read(len(_MARK)) == _MARK
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConnectionConfigError(f"can't read {path}: {error.strerror}; choose another file") from error
    if not is_from_sandbox:
        raise ConnectionConfigError(f"{path} exists and was not written by a sandbox; choose another file")

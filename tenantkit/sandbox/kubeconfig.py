"""Who may come in: one persona a role, each with a random token and a context in a kubeconfig of its own.

Tokens live as long as the sandbox, and in that file only, which nobody else may read. Turned down: client certificates,
which `connect(token=…)` could not show; fixed tokens, which another user of the machine would know.

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
_MARK = "# Written by tenantkit's sandbox; its tokens end with it.\n"


def write_kubeconfig(path: Path, *, url: str, ca_pem: bytes, tokens: Mapping[str, str]) -> None:
    """Write the kubeconfig, whole or not at all, for its owner only.

    Args:
        path: where to; a file that is there is replaced only if a sandbox wrote it.
        url: of the server.
        ca_pem: the certificate that it is to be known by.
        tokens: by persona; the first is the current context.

    Raises:
        ConnectionConfigError: the file is somebody else's, or can't be written.
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
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConnectionConfigError(
            f"can't write the kubeconfig {path}: {error.strerror}; name another file"
        ) from error


def remove_kubeconfig(path: Path, *, url: str) -> None:
    """Remove the kubeconfig of the sandbox at that address; another one, or none, stays as it is."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # Somebody was quicker, or it was never written.
    if text.startswith(_MARK) and f"server: {url}\n" in text:
        path.unlink(missing_ok=True)


def _check_replaceable(path: Path) -> None:
    """Raise ConnectionConfigError where a file is that no sandbox wrote."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            is_ours = file.read(len(_MARK)) == _MARK
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConnectionConfigError(f"can't read {path}: {error.strerror}; name another file") from error
    if not is_ours:
        why = "is there and was not written by a sandbox; it stays as it is"
        raise ConnectionConfigError(f"{path} {why}: name another file")

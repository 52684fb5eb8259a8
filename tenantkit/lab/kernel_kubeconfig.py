"""The kubeconfig of the lab's kernels: the one context that was chosen, and no other.

A notebook reaches every context that it can name, and a kubeconfig often has those of production and of administrators.
So the kernels get a copy with one context, its cluster and its user. It follows the original, whose token may be
renewed. It does not keep a notebook from opening the original file by its path. Rejected alternative: the original file
with a second one that sets the current context, which leaves every context within reach.

Source: page "Organizing Cluster Access Using kubeconfig Files".
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from tenantkit.cluster.connection.files import KubeconfigFile
from tenantkit.cluster.connection.go_yaml import read_yaml
from tenantkit.cluster.connection.kubeconfig import read_context
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_REFRESH_S = 5.0
_FILES_OF_CLUSTER = ("certificate-authority",)
_FILES_OF_USER = ("client-certificate", "client-key", "tokenFile")


class KernelKubeconfig:
    """A kubeconfig with one context of another file. Only its owner can read it.

    Args:
        source: the other file; it is not changed.
        context: a context of it. Default: its current context; a later change of that does not matter.
        folder: where to write; the caller removes it.

    Attributes:
        path: the file.
        context: the name of its context.

    Raises:
        ConnectionConfigError: the file or the context does not exist or is not valid.
    """

    def __init__(self, source: Path, context: str | None, folder: Path) -> None:
        self._source = source.absolute()
        if not self._source.is_file():
            raise ConnectionConfigError(f"{source} does not exist: pass another file to --kubeconfig")
        self.context, self._text = _one_context(self._source, context)
        self.path = folder / "kubeconfig"
        self._write()

    def refresh(self) -> None:
        """Copy the context again if it has changed. The copy is removed if the file was, until it exists again."""
        if not self._source.exists():
            self.path.unlink(missing_ok=True)
            return
        try:
            _, text = _one_context(self._source, self.context)
        except ConnectionConfigError:
            return  # it is being written, or no longer has the context: the last copy says more
        if text != self._text or not self.path.exists():
            self._text = text
            self._write()

    @contextmanager
    def followed(self, *, every_s: float = _REFRESH_S) -> Iterator[None]:
        """Refresh the copy in a thread, as long as the context lasts.

        Args:
            every_s: seconds between two looks at the file.
        """
        stop = threading.Event()

        def follow() -> None:
            while not stop.wait(every_s):
                self.refresh()

        thread = threading.Thread(target=follow, name="tenantkit-kubeconfig", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _write(self) -> None:
        """Write the file completely or not at all, readable by its owner only."""
        part = self.path.with_name(f".{self.path.name}")
        part.unlink(missing_ok=True)
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(self._text)
            part.replace(self.path)
        finally:
            part.unlink(missing_ok=True)


def _one_context(source: Path, context: str | None) -> tuple[str, str]:
    """The name of a context, and a kubeconfig with it alone.

    Raises:
        ConnectionConfigError: the file or the context is not valid.
    """
    file = KubeconfigFile(source, KubeconfigFile(source).read())  # read once: it may be written at this moment
    name = read_context([file], context).name
    content: Any = read_yaml(file.read())
    chosen = _entry(content, "context", name)
    cluster = _completed(_entry(content, "cluster", chosen["cluster"]), _FILES_OF_CLUSTER, source.parent)
    user_name = chosen.get("user")
    users = []
    if user_name:
        users = [{"name": user_name, "user": _user(_entry(content, "user", user_name), source.parent)}]
    named = {"cluster": name, "user": user_name, "namespace": chosen.get("namespace")}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "users": users,
        "contexts": [{"name": name, "context": {key: value for key, value in named.items() if value}}],
    }
    return name, yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _entry(content: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    """The entry of that name, which `read_context` has checked."""
    found: Mapping[str, Any] = next(item[kind] for item in content[f"{kind}s"] if item["name"] == name)
    return found


def _user(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    user = _completed(content, _FILES_OF_USER, folder)
    plug_in = user.get("exec")
    if isinstance(plug_in, dict) and os.sep in str(plug_in.get("command") or ""):  # others are found by $PATH
        user["exec"] = _completed(plug_in, ("command",), folder)
    return user


def _completed(content: Mapping[str, Any], fields: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """The fields of an entry; relative paths are completed, since they refer to the folder of their file."""
    return {
        key: str(folder / value) if key in fields and isinstance(value, str) and value else value
        for key, value in content.items()
    }

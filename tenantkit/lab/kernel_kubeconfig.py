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

from tenantkit.cluster.connection.kubeconfig import read_context
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tenantkit.cluster.connection.kubeconfig import ContextEntry

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
        entry = read_context([self._source], context)
        self.context = entry.name
        self.path = folder / "kubeconfig"
        self._text = _text(entry, self._source.parent)
        self._write()

    def refresh(self) -> None:
        """Copy the context again if it has changed. The copy is removed if the file was, until it exists again."""
        if not self._source.exists():
            self.path.unlink(missing_ok=True)
            return
        try:
            text = _text(read_context([self._source], self.context), self._source.parent)
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


def _text(entry: ContextEntry, folder: Path) -> str:
    """The kubeconfig of a context; relative paths are completed, since they refer to the folder of their file."""
    cluster, user = _completed(entry.cluster, _FILES_OF_CLUSTER, folder), _completed(entry.user, _FILES_OF_USER, folder)
    plug_in = user.get("exec")
    if isinstance(plug_in, dict) and os.sep in str(plug_in.get("command") or ""):  # others are found by $PATH
        user["exec"] = _completed(plug_in, ("command",), folder)
    chosen = {"cluster": entry.name, "user": entry.user_name, "namespace": entry.namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": entry.name,
        "clusters": [{"name": entry.name, "cluster": cluster}],
        "users": [{"name": entry.user_name, "user": user}] if entry.user_name else [],
        "contexts": [{"name": entry.name, "context": {key: value for key, value in chosen.items() if value}}],
    }
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _completed(content: Mapping[str, Any], fields: tuple[str, ...], folder: Path) -> dict[str, Any]:
    return {
        key: str(folder / value) if key in fields and isinstance(value, str) and value else value
        for key, value in content.items()
    }

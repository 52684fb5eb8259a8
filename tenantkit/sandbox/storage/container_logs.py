"""What the stand-in for the kubelets serves as the logs of containers: no container runs, so a pod itself says it.

An annotation holds the text, as a container would have written it: `log.stand-in.tenantkit.dev/CONTAINER`, and
`previous-log.stand-in.tenantkit.dev/CONTAINER` for its previous run. A line that is added to the annotation later is
written at that moment. The first line of each log says where the text comes from. Rejected alternative: a request that
no API server has, which a sample could not send to a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

LOG_PREFIX = "log.stand-in.tenantkit.dev/"
PREVIOUS_LOG_PREFIX = "previous-log.stand-in.tenantkit.dev/"
_PODS = find("", "v1", "pods")


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """One line of a log, and when it was written."""

    written: datetime
    text: str


class ContainerLogs:
    """The logs of all pods of a store, in memory.

    Args:
        store: whose pods are followed from now on; also the clock.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines: dict[str, dict[str, list[WrittenLine]]] = {}  # by pod's uid and annotation
        store.subscribe(self._seen)

    def lines(self, pod: Manifest, container: str, *, previous: bool) -> Sequence[WrittenLine]:
        """The lines of a container's current or previous run; the first says that nothing runs here."""
        metadata = pod["metadata"]
        annotation = f"{PREVIOUS_LOG_PREFIX if previous else LOG_PREFIX}{container}"
        written = self._lines.get(metadata["uid"], {}).get(annotation, [])
        source = f"this is the pod's annotation {annotation}" if written else f"the pod has no annotation {annotation}"
        started = written[0].written if written else self._store.clock()
        return [WrittenLine(started, f"[stand-in] no container runs in the sandbox: {source}"), *written]

    def _seen(self, event: Event) -> None:
        if event.resource is not _PODS:
            return
        uid = event.manifest["metadata"]["uid"]
        if event.type == "DELETED":
            self._lines.pop(uid, None)
            return
        for annotation, text in (event.manifest["metadata"].get("annotations") or {}).items():
            if annotation.startswith((LOG_PREFIX, PREVIOUS_LOG_PREFIX)):
                texts = text.removesuffix("\n").split("\n") if text else []
                self._write(self._lines.setdefault(uid, {}).setdefault(annotation, []), texts)

    def _write(self, written: list[WrittenLine], texts: Sequence[str]) -> None:
        """Append the lines that are new; another text replaces all."""
        if [line.text for line in written] != list(texts[: len(written)]):
            written.clear()
        now = self._store.clock()
        written += (WrittenLine(now, text) for text in texts[len(written) :])

"""The content of copies: read from their sources only when a copy is written, and held by nothing that is shown.

A plan knows the content of a copy by digests. Before it is sent, its source is read again, and must be as planned.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from tenantkit.exceptions import StalePlanError
from tenantkit.manifests.extra_objects import SOURCE_ANNOTATION, is_copy, with_digests
from tenantkit.provision.extras.read import read_source
from tenantkit.provision.reasons import Reason
from tenantkit.spec.extra_objects import CopySource

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest

_CONTENT = ("data", "binaryData")


class CopyContents:
    """Fills copies with their content; each source is read once. Thread-safe.

    Args:
        cluster: where the sources are.
    """

    def __init__(self, cluster: ClusterApi) -> None:
        self._cluster = cluster
        self._lock = Lock()
        self._read: dict[CopySource, Manifest | Reason] = {}

    def __repr__(self) -> str:
        return f"<CopyContents of {len(self._read)} sources>"

    def filled(self, manifest: Manifest) -> Manifest:
        """A manifest as it is sent: a copy with the content of its source, any other as it is.

        Raises:
            StalePlanError: the source is not what was planned.
            ClusterError: the source could not be read.
        """
        if not is_copy(manifest):
            return manifest
        namespace, name = manifest["metadata"]["annotations"][SOURCE_ANNOTATION].split("/")
        source = CopySource(manifest["kind"], namespace, name)
        with self._lock:
            content = self._read.get(source) or read_source(self._cluster, source)
            self._read[source] = content
        if isinstance(content, Reason):
            raise StalePlanError(f"{source} cannot be read any more, and nothing was copied: plan again")
        digests = with_digests(content)
        if any(manifest.get(key) != (digests.get(key) or None) for key in ("type", *_CONTENT)):
            raise StalePlanError(f"{source} changed after the plan was made, and nothing was copied: plan again")
        return manifest | {key: content[key] for key in _CONTENT if content.get(key)}


def shown(manifest: Manifest, sent: Manifest | None = None) -> Manifest:
    """What may be shown of a manifest: of a copy, digests in place of its content.

    Args:
        manifest: to show.
        sent: what it is the answer to, in which a webhook may have removed what marks a copy.
    """
    return with_digests(manifest) if is_copy(sent or manifest) else manifest

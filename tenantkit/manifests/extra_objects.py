"""The platform's extra objects and copies in a tenant's namespace.

An extra object has a digest of its template as an annotation: the server adds defaults inside lists, so that a live
object cannot be compared with a manifest of any kind field by field. A change of the template is seen by its digest.
A copy has its source as an annotation. The content of a copy is only known by digests, one for each key: `apply` alone
reads it, when it writes.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.labels import own_labels
from tenantkit.spec.extra_objects import copy_source, expanded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.extra_objects import CopySource
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

EXTRA_LABEL = "tenantkit.dev/extra"
OBJECT, COPY = "object", "copy"
TEMPLATE_ANNOTATION = "tenantkit.dev/template"
SOURCE_ANNOTATION = "tenantkit.dev/source"
# The kinds of which a tenant has, or had, extra objects and copies: those that are looked at for what to delete.
KINDS_ANNOTATION = "tenantkit.dev/extra-kinds"

DIGEST = "sha256:"
_CONTENT = ("data", "binaryData", "stringData")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SHOWN = 16


def make_extra_objects(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """The extra objects of a tenant, in the order of the platform's templates."""
    fields = {
        "name": tenant.name,
        "team": tenant.team,
        "namespace": platform.namespace(tenant),
        "domain": platform.domain,
    }
    return [
        _extra_object(tenant, expanded(template, fields), fields["namespace"]) for template in platform.extra_objects
    ]


def make_copy(tenant: Tenant, platform: Platform, source: CopySource, content: Manifest) -> Manifest:
    """A tenant's copy of a Secret or ConfigMap, with digests in place of its content.

    Args:
        tenant: whose copy it is.
        platform: its settings.
        source: what is copied.
        content: the source as `with_digests` returns it.
    """
    kept = {key: content[key] for key in ("type", *_CONTENT) if content.get(key)}
    return {
        "apiVersion": "v1",
        "kind": source.kind,
        "metadata": {
            "name": source.name,
            "namespace": platform.namespace(tenant),
            "labels": own_labels(tenant.name) | {EXTRA_LABEL: COPY},
            "annotations": {SOURCE_ANNOTATION: f"{source.namespace}/{source.name}"},
        },
        **kept,
    }


def sources_of(platform: Platform) -> list[CopySource]:
    """The sources of the platform's copies."""
    return [copy_source(text) for text in platform.copies]


def extra_kinds(platform: Platform) -> list[str]:
    """The kinds of the platform's extra objects and copies, as `KINDS_ANNOTATION` lists them: `v1/ConfigMap`."""
    kinds = [f"{it['apiVersion']}/{it['kind']}" for it in platform.extra_objects]
    return sorted({*kinds, *(f"v1/{source.kind}" for source in sources_of(platform))})


def recorded_kinds(namespace: Manifest | None) -> list[str]:
    """The kinds that a Namespace records."""
    annotations = ((namespace or {}).get("metadata") or {}).get("annotations") or {}
    return [kind for kind in str(annotations.get(KINDS_ANNOTATION) or "").split(",") if "/" in kind]


def with_digests(manifest: Manifest) -> Manifest:
    """A Secret or ConfigMap with a digest in place of each of its values, also of those that kubectl notes."""
    metadata = manifest.get("metadata") or {}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != _LAST_APPLIED}
    shown = {key: _digests(manifest[key]) for key in _CONTENT if isinstance(manifest.get(key), dict)}
    return manifest | {"metadata": metadata | ({"annotations": annotations} if annotations else {})} | shown


def is_copy(manifest: Manifest) -> bool:
    """Whether a manifest of tenantkit's is a copy, by the annotation of its source."""
    return SOURCE_ANNOTATION in ((manifest.get("metadata") or {}).get("annotations") or {})


def is_extra(manifest: Manifest) -> bool:
    """Whether a manifest of tenantkit's is an extra object or a copy, by its label."""
    return EXTRA_LABEL in ((manifest.get("metadata") or {}).get("labels") or {})


def _extra_object(tenant: Tenant, manifest: Manifest, namespace: str) -> Manifest:
    metadata = manifest["metadata"]
    annotations = dict(metadata.get("annotations") or {})
    return manifest | {
        "metadata": {
            "name": metadata["name"],
            "namespace": namespace,
            "labels": {**(metadata.get("labels") or {}), **own_labels(tenant.name), EXTRA_LABEL: OBJECT},
            "annotations": annotations | {TEMPLATE_ANNOTATION: _digest(manifest)},
        }
    }


def _digests(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: _digest(value) for key, value in values.items()}


def _digest(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
    return DIGEST + hashlib.sha256(text.encode()).hexdigest()[:_SHOWN]

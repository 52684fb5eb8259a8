"""Specs that a newer tenantkit stored: they are never overwritten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.labels import GRANT_ANNOTATION, SPEC_CONFIG_MAP, SPEC_KEY
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.base import API_GROUP, check_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest


def check_tenant_versions(namespace: str, live: LiveState) -> None:
    """Refuse a tenant whose stored spec was written by a newer tenantkit.

    Raises:
        SpecVersionError: a newer tenantkit wrote it.
    """
    for text, source in _tenant_texts(namespace, live):
        _check(text, source=source)


def check_platform_version(wanted: Sequence[Manifest], live: LiveState) -> None:
    """Refuse a platform whose stored settings were written by a newer tenantkit.

    Raises:
        SpecVersionError: a newer tenantkit wrote them.
    """
    for ref in map(ref_of, wanted):
        if ref.kind == "ConfigMap":
            for text in (live.objects.get(ref, {}).get("data") or {}).values():
                _check(text, source=str(ref))


def _tenant_texts(namespace: str, live: LiveState) -> Iterator[tuple[Any, str]]:
    found = live.objects.get(ObjectRef("v1", "Namespace", namespace))
    if found is not None:
        annotations = found["metadata"].get("annotations") or {}
        yield annotations.get(GRANT_ANNOTATION), f"the grant of namespace {namespace!r}"
    spec = live.objects.get(ObjectRef("v1", "ConfigMap", SPEC_CONFIG_MAP, namespace))
    if spec is not None:
        yield (spec.get("data") or {}).get(SPEC_KEY), f"the team's part of namespace {namespace!r}"


def _check(text: Any, *, source: str) -> None:
    """A text that is not a spec is left to the comparison, which shows it as a difference."""
    try:
        data = json.loads(text or "null")
    except ValueError:
        return
    version = data.get("apiVersion") if isinstance(data, dict) else None
    if isinstance(version, str) and version.startswith(f"{API_GROUP}/"):
        check_version(version, source=source)

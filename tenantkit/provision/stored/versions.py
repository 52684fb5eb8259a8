"""Specs that a newer tenantkit stored: they are never overwritten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import SpecVersionError
from tenantkit.manifests.guardrails.policy import VERSION
from tenantkit.manifests.labels import GRANT_ANNOTATION, GUARDRAILS_VERSION_LABEL
from tenantkit.provision.reasons import newer_version
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.base import API_GROUP, check_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.provision.live import LiveState
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest


def why_newer(namespace: str, live: LiveState) -> Reason | None:
    """Why a tenant is not changed: a newer tenantkit wrote its grant. None if that is not so."""
    found = live.objects.get(ObjectRef("v1", "Namespace", namespace), {})
    annotations = found.get("metadata", {}).get("annotations") or {}
    try:
        _check(annotations.get(GRANT_ANNOTATION), source=f"the grant of namespace {namespace!r}")
    except SpecVersionError as error:
        return newer_version(error)
    return None


def check_platform_version(wanted: Sequence[Manifest], live: LiveState) -> None:
    """Refuse a platform whose stored settings or guardrails come from a newer tenantkit.

    Raises:
        SpecVersionError: a newer tenantkit wrote them.
    """
    for ref, manifest in live.objects.items():
        version = (manifest["metadata"].get("labels") or {}).get(GUARDRAILS_VERSION_LABEL, "")
        if version.isdecimal() and int(version) > VERSION:
            raise SpecVersionError(
                f"{ref} has version {version} of the guardrails, and this version of tenantkit has version {VERSION}: "
                f"install a newer tenantkit. Nothing was changed"
            )
    for ref in map(ref_of, wanted):
        if ref.kind == "ConfigMap":
            for text in (live.objects.get(ref, {}).get("data") or {}).values():
                _check(text, source=str(ref))


def _check(text: Any, *, source: str) -> None:
    """A text that is not a spec is left to the comparison, which shows it as a difference."""
    try:
        data = json.loads(text or "null")
    except (ValueError, RecursionError):
        return
    version = data.get("apiVersion") if isinstance(data, dict) else None
    if isinstance(version, str) and version.startswith(f"{API_GROUP}/"):
        check_version(version, source=source)

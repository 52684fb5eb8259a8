"""Events: conversion between core/v1 and events.k8s.io/v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tenantkit.sandbox.apimachinery.codec import canonical
from tenantkit.sandbox.apimachinery.resources import find

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


NEWER: Final = find("events.k8s.io", "v1", "events")


OLDER: Final = find("", "v1", "events")


OLDER_NAMES = {
    "note": "message",
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}


_NEWER_NAMES = {older: newer for newer, older in OLDER_NAMES.items()}


def as_older(manifest: Manifest) -> Manifest:
    """An event, or fields of one, in the older form, in which events are stored."""
    renamed = {OLDER_NAMES.get(key, key): value for key, value in manifest.items()}
    return renamed | ({"apiVersion": OLDER.api_version} if manifest.get("apiVersion") == NEWER.api_version else {})


def as_newer(answer: Manifest) -> Manifest:
    """An event, a list of events, or a Status about one, in the newer form."""
    if answer.get("kind") == "Status":
        details = answer.get("details") or {}
        return answer | ({"details": {**details, "group": NEWER.group}} if details.get("kind") == OLDER.plural else {})
    if "items" in answer:
        return {**answer, "apiVersion": NEWER.api_version, "items": [_newer_item(item) for item in answer["items"]]}
    return _newer_item(answer) | {"kind": NEWER.kind, "apiVersion": NEWER.api_version}


def _newer_item(manifest: Manifest) -> Manifest:
    if set(manifest) <= {"metadata", "kind", "apiVersion"}:  # a bookmark
        return manifest
    named = {_NEWER_NAMES.get(key, key): value for key, value in manifest.items()}
    found = canonical({**named, "apiVersion": NEWER.api_version, "kind": NEWER.kind})
    return found if "kind" in manifest else {k: v for k, v in found.items() if k not in {"apiVersion", "kind"}}

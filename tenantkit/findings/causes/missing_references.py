"""Secrets and config maps that a pod names and that are not there, as the kubelet says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.findings.finding import Cause

_NOT_FOUND = re.compile(r"(?P<kind>secret|configmap)s? \"(?P<name>[^\"]+)\" not found", re.IGNORECASE)
_NO_KEY = re.compile(r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) [^/\s]+/(?P<name>\S+)")
_NO_ITEM = re.compile(r"references non-existent (?P<kind>secret|config) key: (?P<key>\S+)")
_KINDS: dict[str, tuple[Cause, str]] = {
    "secret": ("secret missing", "Secret"),
    "configmap": ("config map missing", "ConfigMap"),
    "config": ("config map missing", "ConfigMap"),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing, and what to do."""

    cause: Cause
    object: str
    what_to_do: str


def missing_reference(message: str, *, name: str | None = None) -> Missing | None:
    """The Secret or ConfigMap that the kubelet could not find; None where the message is about something else.

    Args:
        message: the kubelet's.
        name: of the object, for messages that name only a key of it. Default: unknown.

    Example:
        >>> missing_reference('secret "registry" not found').object
        'Secret/registry'
    """
    found = _NOT_FOUND.search(message)
    if found is not None:
        cause, kind = _KINDS[found["kind"].lower()]
        advice = f"make the {kind} {found['name']} in this namespace, or name another"
        return Missing(cause, f"{kind}/{found['name']}", advice)
    found = _NO_KEY.search(message) or _NO_ITEM.search(message)
    if found is None:
        return None
    cause, kind = _KINDS[found["kind"].lower()]
    named = found.groupdict().get("name") or name
    advice = f"give the {kind} {named or 'that is mounted'} the key {found['key']}, or ask for another key"
    return Missing(cause, f"{kind}/{named}" if named else kind, advice)

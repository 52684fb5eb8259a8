"""Secrets and ConfigMaps that a pod refers to and that do not exist, from the kubelet's messages."""

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
    """A missing object, and the next steps."""

    cause: Cause
    object: str
    next_steps: str


def missing_reference(message: str, *, name: str | None = None) -> Missing | None:
    """The Secret or ConfigMap that the kubelet did not find; None where the message is about something else.

    Args:
        message: from the kubelet.
        name: the object's, for messages that name only a key of it. Default: unknown.

    Example:
        >>> missing_reference('secret "registry" not found').object
        'Secret/registry'
    """
    found = _NOT_FOUND.search(message)
    if found is not None:
        cause, kind = _KINDS[found["kind"].lower()]
        next_steps = (
            f"create the {kind} {found['name']} in this namespace, or refer to another one; whoever wrote the workload "
            "knows which keys it reads"
        )
        return Missing(cause, f"{kind}/{found['name']}", next_steps)
    found = _NO_KEY.search(message) or _NO_ITEM.search(message)
    if found is None:
        return None
    cause, kind = _KINDS[found["kind"].lower()]
    named = found.groupdict().get("name") or name
    next_steps = f"add the key {found['key']} to the {kind}{f' {named}' if named else ''}, or refer to another key"
    return Missing(cause, f"{kind}/{named}" if named else kind, next_steps)

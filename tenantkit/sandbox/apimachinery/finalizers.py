"""The finalizers that stand for a deletion's propagation policy."""

from __future__ import annotations

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"

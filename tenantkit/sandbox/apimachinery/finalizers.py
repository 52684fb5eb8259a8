"""The finalizers of deletion by propagation policy."""

from __future__ import annotations

ORPHAN = "orphan"


FOREGROUND = "foregroundDeletion"

"""How a container's run ended: the kubelet's reason, the exit code and the time.

Source: page "Pod Lifecycle", section "Container states"; `ContainerStateTerminated` in the API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.times import parse_time

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

_SIGNALS = {137: "killed", 139: "segmentation fault", 143: "terminated"}


def exit_code_text(code: object) -> str:
    """An exit code with what it means, if that is known.

    Example:
        >>> exit_code_text(137)
        'exit code 137 (killed)'
    """
    meaning = _SIGNALS.get(code) if isinstance(code, int) else None
    return f"exit code {code}{f' ({meaning})' if meaning else ''}"


def restarts_text(status: Manifest) -> str:
    """How often a container was restarted: `1 restart`."""
    restarts = int(status.get("restartCount") or 0)
    return f"{restarts:,} restart{'s' * (restarts != 1)}"


def end_text(terminated: Manifest) -> str:
    """When and how a run ended.

    Args:
        terminated: a container's state of that name.

    Example:
        >>> end_text({"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-25T12:00:00Z"})
        'ended at 2026-11-25 12:00:00 UTC: OOMKilled, exit code 137 (killed)'
    """
    finished = parse_time(terminated.get("finishedAt"))
    when = f" at {finished:%Y-%m-%d %H:%M:%S} UTC" if finished is not None else ""
    how = filter(None, (terminated.get("reason"), exit_code_text(terminated.get("exitCode"))))
    return f"ended{when}: {', '.join(map(str, how))}"

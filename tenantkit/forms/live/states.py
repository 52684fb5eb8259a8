"""How bad a state is: for the order of rows, and for the shape and the colour beside its word.

Other programs invent further words. A word that looks like an error is shown as one; any other unknown word is shown
without a judgement.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias, get_args

from tenantkit.frames.kit.workload_state import is_failing

Tone: TypeAlias = Literal["error", "warning", "other", "ok", "done"]

TONES: tuple[Tone, ...] = get_args(Tone)  # the worst first

_WORDS: dict[Tone, tuple[str, ...]] = {
    "error": ("Failing", "Failed", "Stalled", "Evicted", "Unknown", "NodeLost", "over", "full", "Not readable"),
    "warning": (
        *("Pending", "Progressing", "NotReady", "Terminating", "ContainerCreating", "PodInitializing", "Warning"),
        *("SchedulingGated", "near", "pending"),
    ),
    "ok": ("Running", "Ready", "Active", "Bound", "ok"),
    "done": (
        "Normal",
        "Complete",
        "Completed",
        "Succeeded",
        "Suspended",
        "Scheduled",
        "ScaledDown",
        "none",
        "unserved",
    ),
}
_TONE_OF: dict[str, Tone] = {word: tone for tone, words in _WORDS.items() for word in words}
_ERROR_ENDINGS = ("BackOff", "Error", "Killed", "Exceeded")
_ERROR_STARTS = ("Err", "ExitCode:", "Signal:")


@lru_cache(maxsize=1024)
def tone_of(state: str) -> Tone:
    """How bad a state is.

    Args:
        state: of a pod as `kubectl` prints it, a workload, a quota's entry, a namespace, or an event's type.
    """
    word = state.removeprefix("Init:")
    if (known := _TONE_OF.get(word)) is not None:
        return known
    if is_failing(word) or word.endswith(_ERROR_ENDINGS) or word.startswith(_ERROR_STARTS):
        return "error"
    return "warning" if state.startswith("Init:") else "other"


@lru_cache(maxsize=1024)
def rank_of(state: str) -> int:
    """The place of a state in an order with the worst first."""
    return TONES.index(tone_of(state))

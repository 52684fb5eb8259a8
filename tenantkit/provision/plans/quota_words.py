"""Entries of a quota in a lead's words: `GPUs 0 → 2`, `memory 16 GiB → 64 GiB`, and how many others change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.display.human_amounts import bytes_text, number_text
from tenantkit.rules.accelerators import accelerator_word, is_accelerator
from tenantkit.rules.quantities import readable_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_REQUESTS = "requests."
_UNLIMITED = "unlimited"
_BYTES = ("memory", "storage")  # the last words of entries in bytes
# The entries that a lead decides about, in this order; accelerators come before them.
_MAIN = {
    "requests.cpu": "CPU",
    "requests.memory": "memory",
    "requests.storage": "storage",
    "pods": "pods",
}
_NAMED_OTHERS = 2
_EXACT = ("GPU slice", "accelerator")  # words that do not say which


def entry_words(entries: Iterable[str]) -> dict[str, str]:
    """The words of the entries that a lead decides about, by entry, in the order of showing.

    An accelerator is `GPUs` where it is the only GPU of these entries, else its exact name; so is a slice, which has a
    profile.

    Example:
        >>> entry_words(["pods", "requests.cpu", "requests.nvidia.com/gpu", "limits.cpu"])
        {'requests.nvidia.com/gpu': 'GPUs', 'requests.cpu': 'CPU', 'pods': 'pods'}
    """
    given = list(entries)
    devices = [entry for entry in given if is_accelerator(entry.removeprefix(_REQUESTS))]
    plain = [accelerator_word(entry.removeprefix(_REQUESTS)) for entry in devices]
    words = {
        entry: f"{word}s" if plain.count(word) == 1 and word not in _EXACT else entry.removeprefix(_REQUESTS)
        for entry, word in zip(devices, plain, strict=True)
    }
    return words | {entry: word for entry, word in _MAIN.items() if entry in given}


def by_importance(entries: Iterable[str]) -> list[str]:
    """The entries that a lead decides about first, the others in their order.

    Example:
        >>> by_importance(["count/pods", "pods", "requests.cpu"])
        ['requests.cpu', 'pods', 'count/pods']
    """
    given = list(entries)
    return list(dict.fromkeys([*entry_words(given), *given]))


def granted_phrases(hard: Mapping[str, object]) -> list[str]:
    """What a new quota grants: `CPU 4`; nothing for an entry of 0."""
    granted = {entry: word for entry, word in entry_words(hard).items() if readable_quantity(hard[entry]) != 0}
    return [f"{word} {_amount(entry, hard[entry])}" for entry, word in granted.items()]


def changed_phrases(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """How a quota changes: `CPU 4 → 16`. Entries that a lead seldom decides about are counted if they are many.

    Args:
        before: the changed entries' live amounts; an entry that is missing limits nothing.
        after: their desired amounts.
    """
    changed = list(dict.fromkeys([*before, *after]))
    words = entry_words(changed)
    others = [entry for entry in changed if entry not in words]
    phrases = [_change(word, entry, before, after) for entry, word in words.items()]
    if len(others) <= _NAMED_OTHERS:
        return phrases + [_change(entry, entry, before, after) for entry in others]
    return [*phrases, f"{len(others)} {'other ' if words else ''}quota entries"]


def _change(word: str, entry: str, before: Mapping[str, object], after: Mapping[str, object]) -> str:
    return f"{word} {_amount(entry, before.get(entry))} → {_amount(entry, after.get(entry))}"


def _amount(entry: str, value: object) -> str:
    if value is None:
        return _UNLIMITED
    amount = readable_quantity(value)
    if amount is None:
        return str(value)
    return bytes_text(amount) if entry.endswith(_BYTES) else number_text(amount)

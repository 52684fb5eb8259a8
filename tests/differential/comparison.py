"""Where two answers differ, apart from values that two servers can't have in common.

The ignored values are listed below: identities, versions, times, and addresses that the server chooses. Everything else
counts: status, reason, message, each cause, warnings, and each field of the answer and of the final objects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.differential.exchange import Answer
    from tests.differential.steps import Step

_IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_ADDRESS = re.compile(r"\b10\.96\.\d+\.\d+\b")  # of services
_TOKEN_VOLUME = re.compile(r"kube-api-access-[a-z0-9]{5}")
_RECORD = re.compile(r"in record \(\d+\)")  # numbers of bytes read, in a message
_DUMP = re.compile(r"(bound claims|previously negative\)).*", re.DOTALL)  # Go's diff of two structs
_STARRED = frozenset(
    {
        "resourceVersion",
        "uid",
        "continue",
        "creationTimestamp",
        "deletionTimestamp",
        "time",
        "lastTransitionTime",
        "ca.crt",
    }
)
_SHOWN = 1500


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the engines differ, and the step; `expected` is the value of the real one."""

    step: Step | None  # None: in the state at the end
    place: str
    expected: Any
    found: Any

    @property
    def group(self) -> str:
        """Differences of one group probably have one cause."""
        where = re.sub(r"\[\d+\]", "[]", self.place)
        about = f"{self.step.plural} {self.step.operation}" if self.step else "state"
        if self.place.startswith("status"):
            return f"{about} {where} {self.expected!r} {self.found!r}"
        return f"{about} {where}"

    def __str__(self) -> str:
        texts = [
            text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…" for text in (repr(self.expected), repr(self.found))
        ]
        return f"{self.place}\n    real    {texts[0]}\n    sandbox {texts[1]}"


def differences(step: Step | None, expected: Answer, found: Answer) -> list[Difference]:
    """The differences of two answers; if the status codes differ, only these, with both messages."""
    if expected.status != found.status:
        return [Difference(step, "status", (expected.status, _said(expected)), (found.status, _said(found)))]
    parts = (("warnings", list(expected.warnings), list(found.warnings)), ("body", expected.body, found.body))
    return [
        Difference(step, place, *values)
        for name, real, ours in parts
        for place, *values in _differing(normalised(real), normalised(ours), name)
    ]


def _said(answer: Answer) -> str:
    return str(answer.body.get("message", "")) if isinstance(answer.body, dict) else str(answer.body)


def normalised(value: Any, key: str = "") -> Any:
    """A value without the parts that two servers can't have in common."""
    if key in _STARRED and value:
        return "*"
    if isinstance(value, dict):
        return {_IDENTITY.sub("*", name): normalised(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [normalised(item, key if key == "clusterIPs" else "") for item in value]
        # the server sorts them by time first, so the order depends on which were written within one second
        return sorted(items, key=_entry_order) if key == "managedFields" else items
    if isinstance(value, str):
        for pattern in (_IDENTITY, _TIME, _ADDRESS, _TOKEN_VOLUME):
            value = pattern.sub("*", value)
        value = _DUMP.sub(r"\1", value)
        return _RECORD.sub("in record (*)", value)
    return "*" if key == "nodePort" and value else value


def _entry_order(entry: Any) -> Any:
    return [str(entry.get(part, "")) for part in ("manager", "operation", "subresource", "apiVersion")]


def _differing(expected: Any, found: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Each place in which two values differ, and both values there."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from _differing(expected.get(key, "(absent)"), found.get(key, "(absent)"), f"{place}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (left, right) in enumerate(zip(expected, found, strict=True)):
            yield from _differing(left, right, f"{place}[{number}]")
    elif expected != found or type(expected) is not type(found):
        yield place, expected, found

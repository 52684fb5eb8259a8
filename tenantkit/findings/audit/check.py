"""Checks as data: a code, a wall, a severity, what the check needs to read, and the function that judges.

A check passes only if everything it needs was read and it found nothing. What it found is a failure; what it could not
read or not understand makes it unknown, never green. Rejected alternative: functions that return a state, each of which
would have to remember that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, get_args

from tenantkit.hints import Hint
from tenantkit.rules.listing import first_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tenantkit.hints import Message, Surface

Wall: TypeAlias = Literal[
    "platform",
    "guardrails",
    "namespace",
    "quota",
    "limits",
    "network",
    "people",
    "routes",
    "services",
    "pods",
    "volumes",
]
Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
State: TypeAlias = Literal["fail", "unknown", "pass"]
WALLS: tuple[Wall, ...] = get_args(Wall)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the worst first
STATES: tuple[State, ...] = get_args(State)

_View = TypeVar("_View")
_SHOWN = 20
_VALUE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that a check found.

    Args:
        object: as `Kind/name`.
        field: of the object; empty for the whole object.
        what: what is there, or is missing.
    """

    object: str
    field: str = ""
    what: str = ""

    def __str__(self) -> str:
        where = " ".join(part for part in (self.object, self.field) if part)
        return f"{where}: {self.what}" if self.what else where


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a check could not read or not understand.

    Args:
        what: for people.
        permission: that would be needed: `list pods in namespace 'vision'`; empty if it is not about permissions.
        is_total: whether nothing can be judged without it, and not only a part.
    """

    what: str
    permission: str = ""
    is_total: bool = False

    def __str__(self) -> str:
        return f"needs permission to {self.permission}" if self.permission else self.what


Found: TypeAlias = Evidence | Doubt


class OddContentError(ValueError):
    """A field has another type than Kubernetes gives it, so that it cannot be judged."""


@dataclass(frozen=True, slots=True)
class Check(Generic[_View]):
    """One check.

    Args:
        code: stable, for programs.
        wall: what it is a part of.
        severity: of a failure.
        passes: what holds if it passes, as a sentence.
        what_to_do: if it fails.
        judge: yields what it found; called only if everything in `needs` was read.
        needs: kinds that have to be listed, and `grant` or `platform` where those have to be readable.
    """

    code: str
    wall: Wall
    severity: Severity
    passes: str
    what_to_do: Message
    judge: Callable[[_View], Iterable[Found]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a check for one tenant, or for the cluster.

    Args:
        check: which.
        state: `fail` if something was found, else `unknown` if something could not be judged, else `pass`.
        found: what was found and what could not be judged.
        tenant: None for the cluster itself.
        namespace: the tenant's.
    """

    check: Check[Any]
    state: State
    found: tuple[Found, ...] = ()
    tenant: str | None = None
    namespace: str | None = None

    @property
    def evidence(self) -> str:
        """What was found, one after the other; at most 20, and how many more."""
        return first_of(map(str, dict.fromkeys(self.found)), _SHOWN, separator="; ")

    def next_step(self, surface: Surface) -> str:
        """What to do, in the words of a surface; empty if the check passes."""
        if self.state == "fail":
            return self.check.what_to_do.words(surface)
        permissions = list(dict.fromkeys(it.permission for it in self.found if isinstance(it, Doubt) and it.permission))
        if permissions:
            return Hint("ask for permission to {them}", {"them": ", and to ".join(permissions[:_SHOWN])}).words(surface)
        return Hint("look at it with kubectl, then audit again").words(surface) if self.state == "unknown" else ""


def result_of(
    check: Check[_View],
    view: _View,
    gaps: Iterable[Doubt],
    *,
    tenant: str | None = None,
    namespace: str | None = None,
) -> Result:
    """The outcome of a check on a view.

    Args:
        check: which.
        view: what it looks at.
        gaps: what it needs and what could not be read. Of objects that cannot be parsed the others are judged; without
            a permission nothing is.
        tenant: of the outcome; None for the cluster.
        namespace: likewise.
    """
    doubts = tuple(gaps)
    if any(doubt.is_total for doubt in doubts):
        return Result(check, "unknown", doubts, tenant, namespace)
    found: list[Found] = []
    try:
        found.extend(check.judge(view))
    except ValueError as error:  # OddContentError, and a selector or quantity that cannot be parsed
        found.append(Doubt(str(error)))
    found += doubts
    is_failed = any(isinstance(it, Evidence) for it in found)
    state: State = "fail" if is_failed else "unknown" if found else "pass"
    return Result(check, state, tuple(found), tenant, namespace)


def cut(value: object) -> str:
    """A value as text of at most 200 characters."""
    text = str(value)
    return text if len(text) <= _VALUE_LIMIT else text[:_VALUE_LIMIT] + "…"

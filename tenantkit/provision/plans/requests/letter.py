"""A request as a text: to whom, what, why, and what they run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, Self

from tenantkit.display.tables import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.provision.plan import Plan
    from tenantkit.provision.plans.notice import PlanNotice

NO_REASON = "(please say why)"


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of a request.

    Args:
        to: who may make the changes; empty if the reader may.
        subject: in a few words.
        opening: the line before the changes.
        lines: the changes in words.
        steps: what the reader saves and runs.
        sender: as the server sees them; empty if it is not known.
        reason: why, in a line; empty to write it by hand.
        notes: what is known of the changes, such as who has a host that is asked for.
        first: what its sender must see before they send it; above all else.
    """

    to: str
    subject: str
    opening: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]
    sender: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    first: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The parts as one text."""
        head = [
            f"To: {clean(self.to)}",
            *([f"From: {clean(self.sender)}"] if self.sender else []),
            f"Subject: {clean(self.subject)}",
            "",
        ]
        why = ["", f"Reason: {clean(self.reason) or NO_REASON}"]
        lines = [self.opening, *(f"- {clean(line)}" for line in self.lines)]
        lines += ["" for _ in self.notes[:1]] + [f"Note: {clean(note)}" for note in self.notes]
        first = [f"Note: {clean(note)}" for note in self.first] + ["" for _ in self.first[:1]]
        return "\n".join([*first, *(head if self.to else ()), *lines, *(why if self.to else ()), "", *self.steps])

    @property
    def to_yourself(self) -> Letter:
        """The same for somebody who may make the changes."""
        return replace(self, to="", opening="You may make these changes yourself:")


def first_notes(notices: Iterable[PlanNotice]) -> tuple[str, ...]:
    """What the sender of a request does first, by the notices of its plan."""
    return tuple(f"{it.tenant}: {it.words()}" for it in notices if it.code == "ask-owners-first")


class Request(str):
    """A request to whoever may make a change, as a text to send; empty if there is nothing to ask for.

    Nothing is sent: print it, copy it, and send it yourself. It is a `str`, and shows itself as the text.

    Args:
        letter: its parts; None for an empty request.
        plan: the plan of the changes, if the request was made from one.

    Example:
        >>> request = tk.request_quota(tk.connect(context="sandbox-owner"), "speech", gpus=4)
        >>> request.because("four models for the demo").splitlines()[6:8]
        ['', 'Reason: four models for the demo']
    """

    __slots__ = ("_letter", "plan")

    _letter: Letter | None
    plan: Plan | None

    def __new__(cls, letter: Letter | None = None, plan: Plan | None = None) -> Self:  # noqa: D102 (see the class)
        made = super().__new__(cls, letter.text if letter is not None else "")
        made._letter = letter
        made.plan = plan
        return made

    def because(self, reason: str) -> Request:
        """The same request with a reason, on one line."""
        if self._letter is None:
            return self
        return Request(replace(self._letter, reason=" ".join(reason.split())), self.plan)

    def __reduce__(self) -> tuple[Any, ...]:
        return Request, (self._letter, self.plan)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f'<pre class="mathjax_ignore">{escape(self)}</pre>' if self else "<p>There is nothing to ask for.</p>"

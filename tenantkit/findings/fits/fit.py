"""The answer of `fits`, and how it shows itself: what blocks, what is not known, and how to ask for a larger quota."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Literal

from tenantkit.display.tables import clean
from tenantkit.exceptions import words_of
from tenantkit.findings.fits.lacking import amount_words, lacking, request_call
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.frames.quota import unit_of
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from tenantkit.display.frame import Frame
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.hints import Surface

Answer = Literal["yes", "maybe", "no"]
Gate = Literal["api server", "quota", "nodes"]

FITS: Schema = {
    "object": "string",
    "resource": "string",
    "unit": "string",
    "per_pod": "Float64",
    "requested": "Float64",
    "free": "Float64",
    "pods": "Int64",
    "answer": "string",
    "reason": "string",
    "next_steps": "string",
}
_ORDER: tuple[Answer, ...] = ("no", "maybe", "yes")
_QUESTIONS: dict[Gate, str] = {
    "api server": "whether the API server admits them",
    "quota": "whether the quotas have room",
    "nodes": "whether nodes hold them",
}


@dataclass(frozen=True, slots=True)
class FitCheck:
    """One thing that could block the pods.

    Args:
        gate: where a pod meets it.
        object: what decides: `ResourceQuota/team`, `Node` for all nodes together, or what refuses such a pod.
        answer: whether it admits all of the pods.
        pods: how many it admits; None where unknown, or where it sets no number.
        resource: the resource it is about; None if it is not about one.
        per_pod: what one pod takes, in base units.
        free: what is left; None where unknown.
        granted: what a quota allows in all; None where unknown, or where it is no quota.
        reason: why not, or why it is unknown.
        next_steps: what to do; empty if there is nothing to do.

    Example:
        >>> blocking = [check for check in tk.fits(cluster, "speech", pods=1000).checks if check.answer == "no"]
        >>> blocking[0].gate
        'quota'
    """

    gate: Gate
    object: str
    answer: Answer
    pods: int | None = None
    resource: str | None = None
    per_pod: float | None = None
    free: float | None = None
    granted: float | None = None
    reason: str = ""
    next_steps: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Fit:
    """The answer of `fits`. Shows itself as a table.

    Args:
        wanted: how many pods the question was about.
        checks: the checks, those that block first.
        incomplete: by kind, why it could not be read.
        tenant: its name; None where unknown.
        assumed: what each pod requests by default, in base units, because the question named no such amount.

    Example:
        >>> fit = tk.fits(cluster, "speech", pods=1000, cpu="100m", memory="128Mi")
        >>> fit.answer, fit.blocks_first
        ('no', 'ResourceQuota/tenantkit-quota')
    """

    wanted: int
    checks: tuple[FitCheck, ...]
    incomplete: dict[str, str] = field(default_factory=dict)
    tenant: str | None = None
    assumed: dict[str, float] = field(default_factory=dict)

    @property
    def answer(self) -> Answer:
        """`yes`, `maybe` or `no`."""
        return min((check.answer for check in self.checks), key=_ORDER.index, default="yes")

    @property
    def pods(self) -> int | None:
        """How many such pods would fit now; None where something is unknown."""
        if any(check.pods is None and (check.answer != "yes" or check.gate == "nodes") for check in self.checks):
            return None
        return min((check.pods for check in self.checks if check.pods is not None), default=None)

    @property
    def blocks_first(self) -> str | None:
        """What blocks the pods, of several the first that a pod meets; None if nothing is known to block them."""
        return next((check.object for check in self.checks if check.answer == "no"), None)

    @property
    def next_steps(self) -> str:
        """What to do so that the pods fit; empty if there is nothing to do."""
        steps = [check.next_steps for check in self.checks if check.answer == "no" and check.next_steps]
        return "; ".join(dict.fromkeys(steps))

    @property
    def request_call(self) -> Message | None:
        """The call of `request_quota` that asks for what the tenant's quota lacks; None if no larger quota helps."""
        return request_call(self.tenant, self.checks, self.wanted)

    @property
    def frame(self) -> pd.DataFrame:
        """The checks as a DataFrame.

        Returns:
            object, resource, unit (`cores`, `bytes`, `count`), answer, reason, next_steps: string; per_pod, requested
            (by all pods), free, in that unit: Float64; pods (how many it admits): Int64; <NA> where unknown or not
            applicable. Checks that block come first. `attrs["incomplete"]`: by kind, why it could not be read.
        """
        return self.frame_in("python")

    def frame_in(self, surface: Surface) -> Frame:
        """The same frame, with reasons in the words of Python, the command line or a form."""
        frame = frame_of_rows([self._row(check, surface) for check in self.checks], FITS)
        frame.attrs["incomplete"] = dict(self.incomplete)
        return frame

    def _row(self, check: FitCheck, surface: Surface) -> tuple[object, ...]:
        unit = unit_of(check.resource) if check.resource else None
        requested = None if check.per_pod is None else check.per_pod * self.wanted
        texts = (check.answer, words_of(check.reason, surface) or None, check.next_steps or None)
        return check.object, check.resource, unit, check.per_pod, requested, check.free, check.pods, *texts

    def __str__(self) -> str:
        shown, lines = self._shown
        table = f"\n\n{shown!r}" if len(shown) else ""
        return "\n".join([f"{self.summary}{table}", *lines])

    def __repr__(self) -> str:
        call = "" if self.request_call is None else f"; {asking(self.request_call).words('python')}"
        return f"<Fit: {clean(self.summary)}{call}>"

    def _repr_html_(self) -> str:
        shown, lines = self._shown
        texts = "".join(f"<p>{escape(clean(line))}</p>" for line in lines)
        return f"<p>{escape(clean(self.summary))}</p>{shown._repr_html_() if len(shown) else ''}{texts}"

    @property
    def _shown(self) -> tuple[Frame, list[str]]:
        """The checks to show: of a `no`, those that block, since nothing else can change it; and lines below them."""
        frame = self.frame_in("python").drop(columns="per_pod")
        if self.answer != "no":
            return frame, []
        blocking = frame[frame["answer"] == "no"].drop(columns="answer").dropna(axis="columns", how="all")
        blocking.attrs["incomplete"] = {}
        passed = int((frame["answer"] == "yes").sum())
        lines = [f"{passed} more check{'s do' if passed > 1 else ' does'} not block them: see .frame"] if passed else []
        if self.request_call is not None:
            lines.append(asking(self.request_call).words("python"))
        return blocking, lines

    def _unknown(self) -> Iterator[str]:
        """What could not be judged, and why: of a kind that was not read in a few words; `incomplete` has more."""
        for check in self.checks:
            if check.answer == "maybe":
                unread = [kind for kind, reason in self.incomplete.items() if reason == check.reason]
                why = f"{unread[0]} could not be read" if unread else check.reason
                question = _QUESTIONS[check.gate]
                if self.answer == "no":
                    yield f"not known: {question} ({why})"
                else:
                    yield f"not known {question}, since {why}" if unread else why

    @property
    def summary(self) -> str:
        """The answer in a line or two, with what blocks the pods: `no: 2 of 4 pods fit; 8 GPUs requested, 4 GPUs …`."""
        return self.summary_in("python")

    def summary_in(self, surface: Surface) -> str:
        """The same answer, in the words of Python, the command line or a form."""
        count = f"{self.pods} of {self.wanted} pods fit" if 0 < (self.pods or 0) < self.wanted else ""
        blocking = [lacking(check, self.wanted) for check in self.checks if check.answer == "no"]
        details = "; ".join(filter(None, (count, *dict.fromkeys((*blocking, *self._unknown())))))
        assumed = f"; {_assumed(self.assumed).words(surface)}" if self.assumed else ""
        return f"{self.answer}: {details or f'{self.wanted} pods fit'}{assumed}"


def in_order(checks: Iterable[FitCheck]) -> tuple[FitCheck, ...]:
    """The checks, those that block first."""
    return tuple(sorted(checks, key=lambda check: _ORDER.index(check.answer)))


def _assumed(amounts: Mapping[str, float]) -> Message:
    """What each pod requests by default, and how to ask for another amount."""
    words = {"amounts": " and ".join(amount_words(amount, name) for name, amount in amounts.items())}
    match sorted(amounts):
        case ["requests.cpu"]:
            return Message("each pod with {amounts} (assumed; {pass_cpu})", words)
        case ["requests.memory"]:
            return Message("each pod with {amounts} (assumed; {pass_memory})", words)
        case _:
            return Message("each pod with {amounts} (assumed; {pass_cpu_and_memory})", words)


def asking(call: Message) -> Message:
    """What the call of `Fit.request_call` is for."""
    return Message("{call} writes the text to ask for more", {"call": call})

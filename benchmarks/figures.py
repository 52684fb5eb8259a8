"""A measured figure beside its target: how a benchmark prints one, and how a missed one is recognised."""

from __future__ import annotations

from dataclasses import dataclass, field

MISSED = "MISSED"


@dataclass(slots=True)
class Figures:
    """The figures of one benchmark."""

    missed: list[str] = field(default_factory=list)

    def show(self, text: str, measured: float, *, at_most: float | None = None, at_least: float | None = None) -> None:
        """Print a line with the target, marked if the figure misses it.

        Args:
            text: what was measured, with the figure in it.
            measured: the figure.
            at_most: its target, if less is better.
            at_least: its target, if more is better.
        """
        is_missed = (at_most is not None and measured > at_most) or (at_least is not None and measured < at_least)
        target = f"target: at most {at_most}" if at_most is not None else f"target: at least {at_least}"
        print(f"{text}    {target}{'    ' + MISSED if is_missed else ''}", flush=True)
        if is_missed:
            self.missed.append(text)

    @property
    def exit_code(self) -> int:
        """1 if a figure missed its target."""
        return int(bool(self.missed))

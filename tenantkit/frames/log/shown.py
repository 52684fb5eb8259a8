"""`Logs`: what containers wrote, as text, as a table, and as it shows itself.

The text holds no control characters (see `lines`), and the page's is escaped. Long logs are shown in part; `text` and
`frame` have all lines that were read.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from tenantkit.display.shown import EMPTY
from tenantkit.frames.kit.schema import TIME, frame_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from tenantkit.cluster.visible import Scope
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.frames.log.lines import LogLine
    from tenantkit.hints import Message, Surface

LOGS: Schema = {"namespace": "string", "pod": "string", "container": "string", "time": TIME, "line": "string"}
_SHOWN_LINES = 1000
_STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;max-height:32em;overflow:auto"


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """What was read of one container's log.

    Args:
        namespace: of the pod.
        pod: its name.
        container: its name.
        lines: oldest first.
        previous: whether it is that of the container's previous run.
        note: why there are no lines, or not all; None if there is nothing to say.
        end: when and how this run ended, and how often the container was restarted; None if it goes on, or did not
            fail.

    Example:
        >>> [(each.container, len(each.lines)) for each in tk.logs(cluster, "Deployment/transcribe").containers]
        [('main', 4)]
    """

    namespace: str
    pod: str
    container: str
    lines: tuple[LogLine, ...]
    previous: bool = False
    note: Message | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Logs:
    """The logs of a workload's containers, as `logs` returns them: it shows itself as text.

    Args:
        workload: as it was asked for.
        containers: failing ones first, then those of the newest pods.
        notes: what holds for all of them, such as pods that were left out.
        scope: `cluster`, or the namespaces that were read.
        incomplete: by kind, why pods or lines may be missing.

    Example:
        >>> found = tk.logs(cluster, "Deployment/transcribe", tenant="speech")
        >>> found.text.splitlines()[-1]
        'POST /transcribe 200 412 ms'
    """

    workload: str
    containers: tuple[ContainerLog, ...]
    notes: tuple[Message, ...] = ()
    scope: Scope = "cluster"
    incomplete: Mapping[str, str] | None = None

    @property
    def text(self) -> str:
        """All lines that were read; above those of each container, if there are several, its pod and name."""
        return "\n".join(line for each in self.containers for line in [*self._titles(each), *_lines(each)])

    @property
    def frame(self) -> pd.DataFrame:
        """One row per line: namespace, pod, container, line: string; time: datetime64[us, UTC], <NA> where unknown."""
        rows = [
            (line.namespace, line.pod, line.container, line.time, line.text)
            for each in self.containers
            for line in each.lines
        ]
        frame = frame_of_rows([(*row[:3], row[3] and row[3].isoformat(), row[4]) for row in rows], LOGS)
        frame.attrs["scope"] = self.scope
        frame.attrs["incomplete"] = dict(self.incomplete or {})
        if frame.empty:
            frame.attrs[EMPTY] = f"No lines in the logs of {self.workload}."
        return frame

    def words(self, surface: Surface = "python", *, with_ends: bool = True) -> str:
        """The text, whose lines these are, how runs ended, and the notes, in the words of a surface.

        Args:
            surface: `python`, `shell` or `form`.
            with_ends: whether to say how runs ended, and whose log it is even if there is only one. Default: yes.
        """
        return "\n".join(self._shown(surface, with_ends=with_ends))

    def __str__(self) -> str:
        return self.words("python")

    def __repr__(self) -> str:
        return self.words("python")

    def _repr_html_(self) -> str:
        return f'<pre class="mathjax_ignore" tabindex="0" style="{_STYLE}">{escape(self.words("python"))}</pre>'

    def _shown(self, surface: Surface, *, with_ends: bool) -> Iterator[str]:
        """The lines as they are shown: only the last ones of a long log."""
        for each in self.containers:
            yield from [_title(each)] if with_ends else self._titles(each)
            if with_ends and each.end is not None:
                yield f"({each.end})"
            lines = _lines(each)
            more = len(lines) - _SHOWN_LINES
            yield from lines if more <= 0 else [f"({more:,} earlier lines are in .text)", *lines[-_SHOWN_LINES:]]
            if each.note is not None:
                yield f"({each.note.words(surface)})"
        for note in self.notes:
            yield f"({note.words(surface)})"

    def _titles(self, log: ContainerLog) -> list[str]:
        """The line above those of a container, if there are several."""
        return [_title(log)] if len(self.containers) > 1 else []


def _title(log: ContainerLog) -> str:
    run = ", previous run" if log.previous else ""
    return f"# Pod/{log.pod} in {log.namespace}, container {log.container}{run}"


def _lines(log: ContainerLog) -> list[str]:
    return [line.text for line in log.lines]

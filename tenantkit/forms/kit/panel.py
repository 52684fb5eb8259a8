"""The panel in which a form shows results: one place, replaced as a whole, announced to screen readers.

What depends on the form's state is drawn again with it, so that no sentence outlives its truth.
An expected error is a sentence. An unexpected one is shown in full with a button to copy it, since ipywidgets sends an
exception in a callback only to the log console.
"""

from __future__ import annotations

import threading
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ipywidgets import HTML

from tenantkit.forms.kit.markup import copyable, element, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tenantkit.forms.kit.markup import Content, Html

Tone = Literal["ok", "info", "warning", "error"]

# A word beside each colour, since not everybody can tell colours apart.
_WORD: dict[Tone, str] = {"ok": "Done", "info": "Note", "warning": "Partly done", "error": "Failed"}


_STACKED = 4  # a row of more cells is too narrow to read


class Panel:
    """Shows messages, tables and results. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._draw: Callable[[], Iterable[Content]] = tuple
        self.widget = HTML(value="")
        self.widget.add_class("tk-panel")

    @property
    def html(self) -> str:
        """The content, as markup."""
        return str(self.widget.value)

    def show(self, *content: Content) -> None:
        """Replace the content by what stays true, such as a report of what was done, and when."""
        self.follow(lambda: content)

    def follow(self, draw: Callable[[], Iterable[Content]]) -> None:
        """Replace the content by what depends on the form's state.

        Args:
            draw: returns the content; called now and at each `refresh`.
        """
        with self._lock:
            self._draw = draw
            self.refresh()

    def refresh(self) -> None:
        """Draw the content again; the form calls this when its state changes."""
        with self._lock:
            self.widget.value = joined(*self._draw())


def notice(tone: Tone, text: str, *more: Content, word: str | None = None) -> Html:
    """A message.

    Args:
        tone: sets the colour and the first word.
        text: what happened, to what, and what to do next. Line ends are kept.
        more: content below the text.
        word: the first word, if not the tone's own.
    """
    paragraphs = [element("p", line) for line in text.split("\n")]
    return element(
        "div",
        element("strong", word or _WORD[tone]),
        *paragraphs,
        *more,
        class_=f"tk-notice tk-{tone}",
        role="alert" if tone in ("error", "warning") else "status",
    )


def now_text() -> str:
    """The time, for sentences about a cluster that changes: `2027-03-31 18:00:00 UTC`."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def unexpected(error: BaseException) -> Html:
    """An unexpected error in full, ready to be copied into a report."""
    trace = "".join(traceback.format_exception(error))
    return notice(
        "error",
        f"tenantkit did not expect this error ({type(error).__name__}). Changes made before it are not rolled back: "
        "check the state of the cluster, and please report the text below.",
        copyable(trace, label="Full error"),
        word="Unexpected error",
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[Content]], *, caption: str) -> Html:
    """A table; empty columns are omitted. On a narrow page, each cell of many columns has a line of its own."""
    used = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    heads = {index: columns[index].replace("_", " ") for index in used}
    head = [element("th", text, scope="col") for text in heads.values()]
    body = [
        element(
            "tr",
            *(
                element("td", row[index], class_=f"tk-col-{columns[index]}", data_head=text)
                for index, text in heads.items()
            ),
        )
        for row in rows
    ]
    inner = joined(
        element("caption", caption),
        element("thead", element("tr", *head)) if rows else None,
        element("tbody", *body) if rows else None,
    )
    name = "tk-table tk-many" if len(used) > _STACKED else "tk-table"
    return element("div", element("table", inner, class_=name), class_="tk-scroll")

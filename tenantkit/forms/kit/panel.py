"""Where a form says what has happened: one place, replaced as a whole, announced to screen readers.

An expected error is a sentence; an unexpected one is shown whole, with a button to copy it, since an exception in a
widget's callback is otherwise seen by nobody (facts of ipywidgets: only the log console would hold it).
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Literal

from ipywidgets import HTML

from tenantkit.forms.kit.markup import copyable, element, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.forms.kit.markup import Content, Html

Tone = Literal["ok", "info", "warning", "error"]

# Words beside the colours, which not everybody can tell apart.
_WORD: dict[Tone, str] = {"ok": "Done", "info": "Note", "warning": "Not all done", "error": "Not done"}


class Panel:
    """A place for messages, tables and results."""

    def __init__(self) -> None:
        self.widget = HTML(value="")
        self.widget.add_class("tk-panel")

    @property
    def html(self) -> str:
        """What it shows, as markup."""
        return str(self.widget.value)

    def show(self, *content: Content) -> None:
        """Show this and nothing else."""
        self.widget.value = joined(*content)


def notice(tone: Tone, text: str, *more: Content, word: str | None = None) -> Html:
    """A message.

    Args:
        tone: its colour and first word.
        text: what happened, to what, what next; line ends are kept.
        more: below it.
        word: other than the tone's own.
    """
    told = [element("p", line) for line in text.split("\n")]
    return element(
        "div",
        element("strong", word or _WORD[tone]),
        *told,
        *more,
        class_=f"tk-notice tk-{tone}",
        role="alert" if tone in ("error", "warning") else "status",
    )


def unexpected(error: BaseException) -> Html:
    """An error that nobody foresaw, whole, to be copied into a report."""
    whole = "".join(traceback.format_exception(error))
    return notice(
        "error",
        f"Something that tenantkit did not expect ({type(error).__name__}). What was done before stays done: "
        "plan again to see what is live, and please report the text below.",
        copyable(whole, label="The whole error"),
        word="Unexpected error",
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[Content]], *, caption: str) -> Html:
    """A table; columns in which nothing stands are left out."""
    used = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    head = [element("th", columns[index], scope="col") for index in used]
    body = [
        element("tr", *(element("td", row[index], class_=f"tk-col-{columns[index]}") for index in used)) for row in rows
    ]
    inner = joined(
        element("caption", caption),
        element("thead", element("tr", *head)) if rows else None,
        element("tbody", *body) if rows else None,
    )
    return element("div", element("table", inner, class_="tk-table"), class_="tk-scroll")

"""Frames: DataFrames that show themselves as people read them.

A frame differs from a plain DataFrame in how it is displayed, and in nothing else. Operations of pandas return frames
again, so a slice or a merge is displayed in the same form. Rejected alternatives: a formatter that is registered with
IPython for every DataFrame, which would change frames of others; an accessor such as `frame.tk`, which somebody has to
call (docs/decisions/0022-frames-that-show-themselves.md).
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from tenantkit.display.excel import for_excel
from tenantkit.display.frame_html import frame_html, sentences_html
from tenantkit.display.frame_text import frame_text, sentences_lines
from tenantkit.display.shown import empty_sentence, incomplete_notes, shown_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.display.shown import Shown


class Frame(pd.DataFrame):
    """A DataFrame that shows itself as people read it; every reader returns one.

    Amounts are shown with units, percentages with bars, times as ages. The data keep base units and pandas' dtypes, and
    pandas' options `max_rows`, `max_columns`, `width` and `notebook_repr_html` apply. `pd.DataFrame(frame)` is shown as
    pandas shows it. A test that compares a plain DataFrame with a frame says
    `pd.testing.assert_frame_equal(plain, frame, check_frame_type=False)`, since pandas compares the class too.

    Args:
        data, index, columns, dtype, copy: those of pandas' DataFrame.

    Example:
        >>> tk.pods(cluster, tenant="vintage")
        No pods of tenant vintage.
        >>> isinstance(tk.pods(cluster).head(2), tk.Frame)
        True
    """

    @property
    def _constructor(self) -> Callable[..., Any]:
        return Frame

    def to_excel(self, excel_writer: Any, *args: Any, **options: Any) -> None:  # type: ignore[misc]  # final in pandas-stubs
        """Write the frame to an Excel file, as pandas does, with times in UTC without a zone, which Excel cannot hold.

        A text that starts with `=` or `{=`, also one of a heading, gets an apostrophe before it, so that Excel does not
        compute it.

        Args:
            excel_writer: the file, or an `ExcelWriter`.
            args: pandas' other arguments.
            options: pandas' other arguments, by name.

        Raises:
            ImportError: pandas has no package to write Excel files: install openpyxl.

        Example:
            >>> import io
            >>> book = io.BytesIO()  # or the name of a file
            >>> tk.pods(cluster).to_excel(book, index=False)
        """
        for_excel(self).to_excel(excel_writer, *args, **options)

    def __repr__(self) -> str:
        if _is_plain(self):
            return super().__repr__()
        width = _terminal_width()
        if self.empty:
            return "\n".join(sentences_lines([empty_sentence(self), *incomplete_notes(self.attrs)], width))
        return frame_text(_shown(self, max_columns=None), width)

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        if _is_plain(self):
            return str(pd.DataFrame(self)._repr_html_())  # type: ignore[operator]  # pandas-stubs do not have it
        if self.empty:
            return sentences_html([empty_sentence(self), *incomplete_notes(self.attrs)])
        return frame_html(_shown(self, max_columns=pd.get_option("display.max_columns")))


def _is_plain(frame: pd.DataFrame) -> bool:
    """Whether pandas shows it: a frame with several levels of columns or without columns, or all by its option."""
    is_info = pd.get_option("display.large_repr") == "info"
    return frame.columns.nlevels > 1 or not len(frame.columns) or is_info


def _shown(frame: pd.DataFrame, *, max_columns: int | None) -> Shown:
    max_rows = pd.get_option("display.max_rows")
    return shown_of(frame, datetime.now(UTC), max_rows=max_rows or None, max_columns=max_columns)


def _terminal_width() -> int | None:
    """The width of the terminal; elsewhere, such as in a notebook, pandas' option."""
    if not pd.get_option("display.expand_frame_repr"):
        return None
    width = pd.get_option("display.width")
    return shutil.get_terminal_size((width or 80, 24)).columns if sys.stdout.isatty() else width

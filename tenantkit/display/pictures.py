"""The parts of pictures: a figure with its text, the colours of a theme, and a sheet measured in inches.

Drawn on a bare `Figure`: pyplot keeps figures alive and is not safe beside a running cell, where the handlers of
widgets run. Everything is placed by the inch, so a row is as high in a picture of 3 tenants as in one of 40. Rejected
alternative: matplotlib's own tables and heat maps, whose text scales with the figure.
"""

from __future__ import annotations

import base64
import io
import operator
import struct
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeAlias

from tenantkit.display.colours import LOOKS, look_of
from tenantkit.display.tables import clean
from tenantkit.exceptions import InvalidSpecError, MissingExtraError, Problem
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tenantkit.display.colours import Look, Theme

Source: TypeAlias = Literal["quota_usage", "pods", "nodes", "connectivity"]  # a public function that returns a frame

_SOURCES: Mapping[Source, Hint] = {
    "quota_usage": Hint("pass the result of {quota_usage}"),
    "pods": Hint("pass the result of {pods}"),
    "nodes": Hint("pass the result of {nodes}"),
    "connectivity": Hint("pass the result of {connectivity}"),
}

_DPI, _CSS_DPI = 144, 96
_PALETTE_SIZE = 256
_PNG_SIZE_AT = 16
_POINTS = 72
_EM = 0.56  # average width of a letter, rounded up
_LABEL_LIMIT = 42
_SENTENCE_AT = 0.12

# Which image a page shows: by the theme of JupyterLab, Notebook, Voilà or VS Code, else by the system.
_DARK_PAGES = ('[data-jp-theme-light="false"]', "body.vscode-dark", "body.vscode-high-contrast")
_OTHER_PAGES = "body:not([data-jp-theme-light], .vscode-light, .vscode-dark, .vscode-high-contrast)"


def _swapped(page: str) -> str:
    return (
        f"{page} .tk-picture > img {{ display: none !important }} "
        f"{page} .tk-picture > img + img {{ display: inline !important }}"
    )


_FOLLOW_THEME = (
    f"<style>{' '.join(map(_swapped, _DARK_PAGES))} "
    f"@media (prefers-color-scheme: dark) {{ {_swapped(_OTHER_PAGES)} }}</style>"
)


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A figure with alternative text; displayed in a notebook, and as that text in a terminal.

    Args:
        figure: matplotlib's, to change or save: `picture.figure.savefig("quota.svg", transparent=True)`.
        alt: what the figure shows, as text.
        theme: the theme that it was drawn for; its background is used on other pages, so that it stays readable.
        dark: the same for dark pages, which show it instead. Default: none, so that all pages show the figure.

    Example:
        >>> picture = tk.plots.quota_bars(tk.quota_usage(cluster), "speech")
        >>> picture.alt[:16]
        'Quota of speech.'
    """

    figure: Figure
    alt: str
    theme: Theme = "light"
    dark: Figure | None = None

    def png(self) -> bytes:
        """The picture as a PNG file with a transparent background, at 1.5 times the usual resolution."""
        return _png(self.figure)

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        return self._html(self.png())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ARG002 (IPython's names)
        png = self.png()
        width, height = _css_size(png)
        # Only HTML holds the alternative text; the PNG is for viewers without HTML.
        data = {"text/html": self._html(png), "image/png": _base64(png), "text/plain": self.alt}
        return data, {"image/png": {"width": width, "height": height, "needs_background": self.theme}}

    def _html(self, png: bytes) -> str:
        shown = _image(png, self.alt, LOOKS[self.theme])
        if self.dark is None:
            return shown
        hidden = _image(_png(self.dark), self.alt, LOOKS["dark"], display="none")
        return f'{_FOLLOW_THEME}<span class="tk-picture">{shown}{hidden}</span>'


def picture_of(draw: Callable[[Look], Figure], alt: str, theme: Theme | None) -> Picture:
    """A picture for one theme, or without one for all pages: drawn for both.

    Args:
        draw: draws it in the colours of a theme.
        alt: what it shows, as text.
        theme: the only theme; None: light pages show one figure, and dark pages the other.

    Raises:
        InvalidSpecError: the theme is unknown.
    """
    if theme is not None:
        return Picture(draw(look_of(theme)), alt, theme)
    return Picture(draw(LOOKS["light"]), alt, "light", draw(LOOKS["dark"]))


def empty_picture(text: str, theme: Theme | None) -> Picture:
    """A picture of one sentence, for frames without anything to draw; `theme` as for `picture_of`."""

    def draw(look: Look) -> Figure:
        sheet = Sheet(4.5, 0.6)
        sheet.text(_SENTENCE_AT, 0.3, text, look.quiet)
        return sheet.figure

    return picture_of(draw, text, theme)


class Sheet:
    """A figure to draw on, in inches from its upper left corner; texts are never parsed as formulas.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    def __init__(self, width: float, height: float) -> None:
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise MissingExtraError('plots need matplotlib: pip install "tenantkit[plots]"') from error
        self.figure = Figure(figsize=(width, height))
        self._axes: Axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        self._axes.set_axis_off()

    def box(self, x: float, y: float, width: float, height: float, **colours: Any) -> None:
        """A rectangle; matplotlib's `facecolor`, `edgecolor` and `hatch` may be passed."""
        from matplotlib.patches import Rectangle

        self._axes.add_patch(Rectangle((x, y), width, height, **{"linewidth": 0, **colours}))

    def line(self, x: float, top: float, bottom: float, colour: str) -> None:
        """A dotted vertical line."""
        self._axes.plot([x, x], [top, bottom], color=colour, linewidth=0.8, linestyle=(0, (1, 2)))

    def text(self, x: float, y: float, text: str, colour: Any, **style: Any) -> None:
        """A line of text, centred at y, without control characters; `style` is passed to matplotlib."""
        style = {"size": 9, "va": "center", "family": "DejaVu Sans", **style}
        self._axes.text(x, y, clean(text), color=colour, parse_math=False, **style)


def check_frame(field: str, frame: object, source: Source, columns: Sequence[str]) -> None:
    """Raise InvalidSpecError where `frame` is not the DataFrame that the public function `source` returns."""
    if not hasattr(frame, "columns"):
        hint = Hint("pass its attribute frame") if hasattr(frame, "frame") else _SOURCES[source]
        raise InvalidSpecError([Problem(field, frame, "is not a DataFrame", hint=hint)])
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        reason = f"does not have the columns {', '.join(missing)}"
        raise InvalidSpecError([Problem(field, list(frame.columns), reason, hint=_SOURCES[source])])


def check_limit(limit: object) -> int:
    """A limit on rows as a number; any other value is an InvalidSpecError."""
    if isinstance(limit, bool) or not isinstance(limit, SupportsIndex):
        raise InvalidSpecError([Problem("limit", limit, "use a whole number of rows, for example 40")])
    return operator.index(limit)


def shortened(text: str) -> str:
    """The text as a label: cut to fit, without control characters."""
    shown = clean(text)
    return shown if len(shown) <= _LABEL_LIMIT else f"{shown[: _LABEL_LIMIT - 1]}…"


def width_of(text: str, size: float = 9) -> float:
    """The width of a text in inches, rather too large than too small."""
    return len(text) * _EM * size / _POINTS


def _png(figure: Figure) -> bytes:
    from PIL import Image

    drawn, out = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI, transparent=True)
    # A notebook stores it as text, twice: with a palette it is a third as long and looks the same.
    Image.open(drawn).quantize(_PALETTE_SIZE, method=Image.Quantize.FASTOCTREE).save(out, "png", optimize=True)
    return out.getvalue()


def _image(png: bytes, alt: str, look: Look, *, display: str = "") -> str:
    width, _ = _css_size(png)
    style = f"width: {width}px; max-width: 100%; height: auto; background: {look.ground}"
    style += f"; display: {display}" if display else ""
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{_base64(png)}" style="{style}">'


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _css_size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", png, _PNG_SIZE_AT)
    return round(width * _CSS_DPI / _DPI), round(height * _CSS_DPI / _DPI)

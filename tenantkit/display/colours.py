"""Colours of states, quotas, devices and themes, and the percentage from which a quota is nearly full.

Pictures use them as they are. Frames use them half transparent, so that they work on light and dark pages. The forms'
own colours come from JupyterLab's theme, in `forms/kit/style.css`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tenantkit.exceptions import InvalidSpecError, Problem

Theme: TypeAlias = Literal["light", "dark"]

NEAR_PCT, FULL_PCT = 80.0, 100.0
OK, NEAR, FULL = "#0072b2", "#efae1f", "#c44e00"  # by Okabe and Ito, or darker for contrast
# Okabe and Ito, "Color Universal Design"; with more tenants colours repeat, letters do not
DEVICE_HUES = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00")
# Values that need attention, by column; others have no colour.
ATTENTION: dict[str, dict[object, str]] = {
    "state": {
        "full": FULL,
        "over": FULL,
        "near": NEAR,
        "pending": NEAR,
        **dict.fromkeys(("Failing", "Failed", "Stalled", "fail"), FULL),
        **dict.fromkeys(("missing", "stale", "blocked", "unknown"), NEAR),
        **dict.fromkeys(("collides", "outside grant"), FULL),
        **dict.fromkeys(("no such class", "not attached"), NEAR),
    },
    "phase": {"Failed": FULL, "Pending": NEAR, "Unknown": FULL, "Terminating": NEAR},
    "severity": {"critical": FULL, "high": FULL, "medium": NEAR},
    "answer": {"no": FULL, "unknown": NEAR},
    "drift": {True: NEAR},
    "ready": {False: NEAR},
    "cordoned": {True: NEAR},
    "type": {"Warning": NEAR},
}
HEALTHY_STATES = ("Running", "Completed", "Succeeded", "Bound", "Active")

_BRIGHT = 0.18  # black has more contrast than white on lighter colours (WCAG)


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a theme. The background is transparent; `least` to `most` is a scale."""

    ground: str
    ink: str
    quiet: str
    track: str
    least: str
    most: str


LOOKS: dict[str, Look] = {
    "light": Look("#ffffff", "#1f2328", "#59636e", "#e4e8ec", "#e3eef7", "#0072b2"),
    "dark": Look("#111111", "#e6edf3", "#a3adb8", "#343b43", "#1c3244", "#56b4e9"),
}


def look_of(theme: str) -> Look:
    """The colours of a theme.

    Raises:
        InvalidSpecError: the theme is unknown.
    """
    if not isinstance(theme, str) or theme not in LOOKS:
        raise InvalidSpecError([Problem("theme", theme, f"use one of {', '.join(map(repr, LOOKS))}")])
    return LOOKS[theme]


def translucent(colour: str, opacity: float) -> str:
    """The colour in CSS, with an opacity from 0 to 1."""
    red, green, blue = (round(255 * channel) for channel in _channels(colour))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def blend(first: str, second: str, share: float) -> str:
    """A colour between two, `share` (0 to 1) of the way."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * share)):02x}" for a, b in pairs)


def ink_on(colour: str) -> str:
    """Black or white, whichever has more contrast (WCAG 2, relative luminance)."""
    red, green, blue = (((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in _channels(colour))  # noqa: PLR2004
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _BRIGHT else "#ffffff"


def _channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]

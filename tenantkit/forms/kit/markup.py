"""Markup that can't forget to escape: a string is text unless it was made here.

What a form shows was written by people and by clusters, so escaping is the rule and markup the exception, by type.
Turned down: a template library, for what are forty lines; f-strings with `escape` in each of a hundred places.
"""

from __future__ import annotations

from html import escape
from typing import TypeAlias

from tenantkit.display.tables import clean


class Html(str):
    """Text that is markup already; only this module makes it of anything but constants."""

    __slots__ = ()


Content: TypeAlias = "str | Html | None"


def element(name: str, /, *content: Content, **attributes: Content) -> Html:
    """One element; text and attribute values are escaped, control characters become blanks.

    Args:
        name: of the element: `div`.
        content: text or markup, one after the other; None is left out.
        attributes: `class_` and `aria_label` are spelled `class` and `aria-label`; None is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(clean(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{joined(*content)}</{name}>")


def joined(*content: Content) -> Html:
    """Text and markup, one after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(clean(part or "")) for part in content))


def lines(text: str) -> Html:
    """Text of several lines, for a `pre`; only its line ends are kept of the control characters."""
    return Html("\n".join(escape(clean(line.expandtabs(4))) for line in text.split("\n")))


# The browser's clipboard wants HTTPS or this machine; elsewhere the text is selected and copied the old way.
_COPY = (
    "var b=this,p=b.parentNode.querySelector('pre');"
    "function told(){b.textContent='Copied';setTimeout(function(){b.textContent='Copy'},2000)}"
    "function old(){var r=document.createRange(),s=getSelection();r.selectNodeContents(p);s.removeAllRanges();"
    "s.addRange(r);if(document.execCommand('copy'))told()}"
    "navigator.clipboard?navigator.clipboard.writeText(p.textContent).then(told,old):old()"
)


def copyable(text: str, *, label: str) -> Html:
    """Preformatted text with a button that copies it.

    Args:
        text: of any number of lines.
        label: what the text is, for who can't see it: `Python`.
    """
    button = element("button", "Copy", type="button", class_="tk-copy", aria_label=f"Copy: {label}", onclick=_COPY)
    return element(
        "div",
        button,
        element("pre", lines(text), tabindex="0", role="region", aria_label=label),
        class_="tk-code",
    )

"""Markup that is always escaped: a string is text unless this module made it.

Forms show strings that people and clusters wrote, so escaping is the rule, and markup is an exception with a type of
its own. Rejected alternatives: a template library instead of forty lines; f-strings with `escape` in a hundred places.
"""

from __future__ import annotations

from html import escape
from typing import TypeAlias

from tenantkit.display.tables import clean


class Html(str):
    """Text that is already markup. Outside this module it is made from constants only."""

    __slots__ = ()


Content: TypeAlias = "str | Html | None"


def element(name: str, /, *content: Content, **attributes: Content) -> Html:
    """One element. Text and attribute values are escaped, and control characters become blanks.

    Args:
        name: of the element: `div`.
        content: text or markup, in order; None is omitted.
        attributes: `class_` and `aria_label` become `class` and `aria-label`; None is omitted.
    """
    attribute_text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(clean(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{attribute_text}>{joined(*content)}</{name}>")


def joined(*content: Content) -> Html:
    """Text and markup, in order."""
    return Html("".join(part if isinstance(part, Html) else escape(clean(part or "")) for part in content))


def lines(text: str) -> Html:
    """Text of several lines, for a `pre`. Line ends are the only control characters that are kept."""
    return Html("\n".join(escape(clean(line.expandtabs(4))) for line in text.split("\n")))


# The clipboard API needs HTTPS or localhost; elsewhere the text is selected and copied by execCommand.
_COPY = (
    "var b=this,p=b.parentNode.querySelector('pre');"
    "function copied(){b.textContent='Copied';setTimeout(function(){b.textContent='Copy'},2000)}"
    "function fallback(){var r=document.createRange(),s=getSelection();r.selectNodeContents(p);s.removeAllRanges();"
    "s.addRange(r);if(document.execCommand('copy'))copied()}"
    "navigator.clipboard?navigator.clipboard.writeText(p.textContent).then(copied,fallback):fallback()"
)


def copyable(text: str, *, label: str) -> Html:
    """Preformatted text with a button that copies it.

    Args:
        text: of any number of lines.
        label: names the text for screen readers: `Python`.
    """
    button = element("button", "Copy", type="button", class_="tk-copy", aria_label=f"Copy: {label}", onclick=_COPY)
    return element(
        "div",
        button,
        element("pre", lines(text), tabindex="0", role="region", aria_label=label),
        class_="tk-code",
    )

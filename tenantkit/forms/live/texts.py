"""Texts of live views: short enough for a table, and lines about the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.display.tables import clean
from tenantkit.forms.kit.markup import element, joined
from tenantkit.forms.kit.panel import notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.forms.kit.markup import Html

_CELL_LIMIT = 300
_CLASS_OF = {
    "live": "tk-live-now",
    "live in part": "tk-in-part",
    "not readable": "tk-in-part",
    "stopped": "tk-ended",
}
_LOST = "reconnecting"


def cell_text(value: Any) -> str:
    """Text short enough for a table."""
    return clean(shortened(str(value), _CELL_LIMIT))


def shortened(text: str, limit: int) -> str:
    """The text, or its start that is at most `limit` long, cut between two words if it has any."""
    if len(text) <= limit:
        return text
    start = text[: limit - 1]
    words = start.rpartition(" ")[0]
    return f"{words if len(words) > limit // 2 else start}…"


def status_content(state: str, as_of: str) -> Html:
    """The state of a view's connections, and what follows from it.

    Args:
        state: of the view.
        as_of: when the view was stopped, as a text.
    """
    name = "tk-lost" if state.startswith(_LOST) else _CLASS_OF.get(state, "")
    line = element("p", state, class_=f"tk-state {name}".strip(), role="status")
    if state == "stopped":
        text = f"The table shows the state at {as_of} and is no longer updated. Click Start again to update it."
        return joined(line, _alert("tk-ended", "Stopped", text))
    if state.startswith(_LOST):
        text = (
            "The table may be out of date. The view reconnects every two seconds. Click Start again to reconnect now."
        )
        return joined(line, _alert("tk-lost", "Connection lost", text))
    return line


def unreadable_content(unreadable: Mapping[tuple[str, str], str]) -> Html:
    """A notice per namespace with kinds that cannot be read; the keys are kind and namespace."""
    return joined(*(notice("warning", text, word="Not readable") for text in _unreadable_lines(unreadable)))


def narrowed_content(narrowed: Mapping[str, Sequence[str]]) -> Html:
    """A notice for all kinds that may be watched in the same namespaces only; the keys are kinds."""
    return joined(*(notice("info", text, word="Partial view") for text in _narrowed_lines(narrowed)))


def own_limit_content(own_count: int, most: int) -> Html | None:
    """A notice if the user has more tenants than are watched."""
    if own_count <= most:
        return None
    text = f"The first {most} of {own_count} of your tenants are watched. To watch others, pass namespaces=[…]."
    return notice("info", text, word="Partial view")


def _alert(name: str, word: str, text: str) -> Html:
    return element("div", element("strong", word), element("p", text), class_=f"tk-notice {name}", role="alert")


def _unreadable_lines(unreadable: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """One line per namespace: the kinds that cannot be read there, and the error for the first of them."""
    for namespace in sorted({namespace for _, namespace in unreadable}):
        kinds = sorted(kind for kind, place in unreadable if place == namespace)
        where = f" in {namespace}" if namespace else ""
        yield f"{', '.join(kinds)}{where}: {unreadable[kinds[0], namespace]}"


def _narrowed_lines(narrowed: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for namespaces in sorted({tuple(names) for names in narrowed.values()}):
        kinds = ", ".join(sorted(kind for kind, names in narrowed.items() if tuple(names) == namespaces))
        where = f"namespace{'s' if len(namespaces) > 1 else ''} {', '.join(namespaces)}"
        yield f"You may watch {kinds} only in {where}. To watch other namespaces, pass namespaces=[…]."

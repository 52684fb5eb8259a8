"""The base of live views: a feed, filters, a line with the state of the connection, and the button Why?.

A view pauses, with no thread and no connection, while no page shows it (see `presence`): its output is cleared, its
cell deleted, its notebook or page closed. It resumes by itself when it is shown again. Rejected alternative: polling by
a timer on the page, which continues when nobody looks and does not report a lost connection.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ipywidgets import HTML, Button, Dropdown, HBox

from tenantkit.display.tables import clean
from tenantkit.exceptions import TenantKitError
from tenantkit.forms.kit.form import BaseForm, shows_errors
from tenantkit.forms.kit.markup import element, joined
from tenantkit.forms.kit.panel import notice, now_text, table, unexpected
from tenantkit.forms.live.feed import Feed
from tenantkit.forms.live.per_cell import close_previous_views
from tenantkit.forms.live.presence import Presence, Timing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Content, Html

ALL = "all"
_OPTION_LIMIT = 500
_CELL_LIMIT = 200


class LiveView(BaseForm):
    """Base of the live views.

    Attributes:
        within: the filters whose options depend on another filter.
        timing: the clock of the view, and when it pauses; a subclass may set another one.

    Args:
        cluster: the cluster.
        title: of the view.
        kinds: to watch.
        filters: names of its drop-downs: `team`, `tenant`, `workload`, `pod`, `kind`, `state`.
        namespaces: the namespaces to watch. Default: as for `Feed`.
    """

    within: ClassVar[Mapping[str, Sequence[str]]] = {}
    timing: ClassVar[Timing] = Timing()

    def __init__(
        self,
        cluster: Cluster,
        *,
        title: str,
        kinds: Sequence[str],
        filters: Sequence[str],
        namespaces: Sequence[str] | None,
    ) -> None:
        super().__init__(cluster, css_class="tk-live")
        close_previous_views(self)
        self._draw_lock = threading.RLock()
        self._feed_lock = threading.Lock()
        self._is_stopped = False
        self.presence = Presence(self._on_presence, self.timing)
        self._kinds, self._namespaces = tuple(kinds), namespaces
        self.feed = self._new_feed()
        self.filters = {name: Dropdown(options=[ALL], value=ALL, description=name.capitalize()) for name in filters}
        for name, each in self.filters.items():
            each.observe(partial(self._on_filter, name), names="value")
        self.status = HTML(value="")
        self.body = HTML(value="")
        self.stop_button = Button(description="Stop", tooltip="Stop updating; keep what is shown")
        self.stop_button.on_click(lambda _: self.stop())
        self.why_button = Button(description="Why?", tooltip="Find out why the selected objects do not run")
        self.why_button.on_click(lambda _: self._on_why())
        row = HBox(list(self.filters.values()))
        row.add_class("tk-filters")
        self._lay_out(
            title,
            sections=[row, self.status, self.body],
            actions=[self.why_button, self.stop_button],
            below=[self.presence.widget],
        )
        if self.widget.comm is not None:
            self.widget.comm.on_close(lambda _: self.stop())
        self._refresh()
        self._draw()
        self.feed.start()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.state})"

    @property
    def state(self) -> str:
        """The state of the connections.

        `connecting`, `live`, `live in part` or `not readable` if some or all kinds may not be read, `reconnecting since
        12:00:00 UTC`, `paused while no page shows it`, or `stopped`.
        """
        return "paused while no page shows it" if self._is_paused else self.feed.state

    def stop(self) -> None:
        """Stop updating: every thread and connection of the view ends, and what is shown stays on the page."""
        with self._feed_lock:
            self._is_stopped = True
            self.feed.stop()
        if not self._is_closed:
            self.stop_button.disabled = True
            self._draw()

    def close(self) -> None:
        """Stop updating, and remove the view from the page."""
        with self._feed_lock:
            self._is_stopped = True
            self.feed.stop()
        self.presence.close()
        super().close()

    def selected(self, name: str) -> str:
        """The selected option of a filter; empty for all."""
        value = str(self.filters[name].value) if name in self.filters else ALL
        return "" if value == ALL else value

    def _new_feed(self) -> Feed:
        return Feed(self.cluster, self._kinds, self._draw, check=self.presence.check, namespaces=self._namespaces)

    @property
    def _is_paused(self) -> bool:
        return self.feed.state == "stopped" and not self._is_stopped

    @shows_errors
    def _on_presence(self) -> None:
        """Pause while no page shows the view, and resume with the first page that does."""
        with self._feed_lock:
            if self._is_stopped:
                return
            if not self.presence.is_shown:
                self.feed.stop()
            elif self._is_paused:
                with self._draw_lock:
                    self.feed = self._new_feed()
                self.feed.start()
        self._draw()

    def _content(self, options: Mapping[str, Sequence[str]]) -> Html | None:
        """The table; `options` are those of the filters. The caller holds the feed's lock."""
        raise NotImplementedError

    def _options(self) -> dict[str, list[str]]:
        """The options of each filter. The caller holds the feed's lock."""
        raise NotImplementedError

    @shows_errors
    def _draw(self) -> None:
        with self._draw_lock:
            with self.feed.lock:
                options = self._options()
                content = self._content(options)
                state, unreadable, narrowed = self.state, dict(self.feed.model.unreadable), dict(self.feed.narrowed)
            if self._is_closed:
                return
            notices = [notice("warning", text, word="Not readable") for text in _unreadable_lines(unreadable)]
            if narrowed:
                notices += [notice("info", text, word="Partial view") for text in _narrowed_lines(narrowed)]
            self.status.value = joined(element("p", state, class_="tk-state", role="status"), *notices)
            self.body.value = content or ""
            for name, values in options.items():
                self._set_options(name, values)

    def _is_unreadable(self, *kinds: str) -> bool:
        """Whether one of these kinds cannot be read in some namespace: then an empty table would be wrong."""
        return any(kind in kinds for kind, _ in self.feed.model.unreadable)

    def _set_options(self, name: str, values: Sequence[str]) -> None:
        box = self.filters[name]
        selected = [box.value] if box.value != ALL else []
        options = [ALL, *sorted({*values[:_OPTION_LIMIT], *selected})]
        if list(box.options) != options:
            with box.hold_trait_notifications():
                value = box.value
                box.options = options
                box.value = value

    @shows_errors
    def _on_filter(self, name: str, _change: object) -> None:
        """Draw the new selection, and reset the filters that depend on this one."""
        for inner in self.within.get(name, ()):
            self.filters[inner].value = ALL
        self._draw()

    @shows_errors
    def _on_why(self) -> None:
        tenant = self.selected("tenant")
        if not tenant and not self.feed.namespaces:
            self.panel.show(notice("info", "Select a tenant first."))
            return
        workload = self.selected("pod") or self.selected("workload")
        self.job.start(lambda: self._explain(tenant, workload), lambda error: self.panel.show(unexpected(error)))

    def _explain(self, tenant: str, workload: str) -> None:
        from tenantkit.findings.why import why

        subject = f"{workload or 'all workloads'} in {tenant or ', '.join(self.feed.namespaces)}"
        self.panel.show(notice("info", f"Looking for problems of {subject}.", word="Reading"))
        try:
            namespaces = None if tenant else self.feed.namespaces or None
            causes = why(self.cluster, tenant or None, workload=workload or None, namespaces=namespaces)
        except TenantKitError as error:
            self.panel.show(notice("error", error.words("form")))
            return
        if self.job.cancelled.is_set():
            self.panel.show(notice("info", f"The problems of {subject} are not shown.", word="Cancelled"))
            return
        self.panel.show(*causes_content(causes, subject))

    def _update_controls(self) -> None:
        super()._update_controls()
        self.why_button.disabled = self.job.is_running


def causes_content(causes: pd.DataFrame, subject: str) -> tuple[Content, ...]:
    """The causes of `why`, and what it could not read, as of now.

    Args:
        causes: from `why`.
        subject: what was asked about: `Job/train in vision`.
    """
    is_unreadable = causes["cause"] == "not readable"
    found = causes[~is_unreadable]
    kinds = ", ".join(dict.fromkeys(causes.loc[is_unreadable, "object"]))
    text = f"{kinds} could not be read, so causes that depend on them are not shown."
    unreadable = notice("warning", text, word="Not readable") if kinds else None
    if found.empty:
        text = f"No problems found for {subject} at {now_text()}. A pod younger than one minute may still be starting."
        return unreadable, notice("info", text)
    caption = f"Problems found for {subject} at {now_text()}: {len(found)} cause{'s' * (len(found) != 1)}"
    columns = ("workload", "cause", "object", "message", "evidence", "next_steps")
    rows = [[cell_text(value) for value in row] for row in found[list(columns)].fillna("").to_numpy()]
    return unreadable, table(columns, rows, caption=caption)


def _unreadable_lines(unreadable: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """One line per namespace: the kinds that cannot be read there, and the error for the first of them."""
    for namespace in sorted({namespace for _, namespace in unreadable}):
        kinds = sorted(kind for kind, place in unreadable if place == namespace)
        where = f" in {namespace}" if namespace else ""
        yield f"{', '.join(kinds)}{where}: {unreadable[kinds[0], namespace]}"


def _narrowed_lines(narrowed: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One line for all kinds that may be watched in the same namespaces only."""
    for namespaces in sorted({tuple(names) for names in narrowed.values()}):
        kinds = ", ".join(sorted(kind for kind, names in narrowed.items() if tuple(names) == namespaces))
        where = f"namespace{'s' if len(namespaces) > 1 else ''} {', '.join(namespaces)}"
        yield f"You may watch {kinds} only in {where}. To watch other namespaces, pass namespaces=[…]."


def cell_text(value: Any) -> str:
    """Text short enough for a table."""
    text = str(value)
    return clean(text) if len(text) <= _CELL_LIMIT else f"{clean(text[: _CELL_LIMIT - 1])}…"

"""The base of live views: a feed, filters, a line with the state of the connection, a table, and the button Why?.

A view pauses, with no thread and no connection, while no page shows it (see `presence`): its output is cleared, its
cell deleted, its notebook or page closed. It resumes by itself when it is shown again. Rejected alternative: polling by
a timer on the page, which continues when nobody looks and does not report a lost connection.
"""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ipywidgets import HTML, Button, Dropdown, HBox, Text

from tenantkit.exceptions import TenantKitError
from tenantkit.forms.kit.form import BaseForm, shows_errors
from tenantkit.forms.kit.markup import Html, element, joined
from tenantkit.forms.kit.panel import notice, now_text, unexpected
from tenantkit.forms.live.causes import causes_content
from tenantkit.forms.live.feed import MOST_NAMESPACES, Feed
from tenantkit.forms.live.grid import Grid
from tenantkit.forms.live.page_support import PageSupport
from tenantkit.forms.live.per_cell import close_previous_views
from tenantkit.forms.live.presence import Presence, Timing
from tenantkit.forms.live.texts import narrowed_content, own_limit_content, status_content, unreadable_content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Content
    from tenantkit.forms.live.grid import TableContent

ALL = "all"
_OPTION_LIMIT = 500
_ROW_LIMIT = 100
_MORE_ROWS = 200


class LiveView(BaseForm):
    """Base of the live views.

    Attributes:
        within: the filters whose options depend on another filter.
        labels: of filters, where the name with a capital letter is not enough.
        timing: the clock of the view, and when it pauses; a subclass may set another one.

    Args:
        cluster: the cluster.
        title: of the view.
        kinds: to watch.
        filters: names of its drop-downs: `team`, `tenant`, `workload`, `pod`, `kind`, `state`, `resource`.
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
        self._stopped_at = ""
        self._row_limit = _ROW_LIMIT
        self.order: tuple[str, bool] | None = None  # a column, and whether it is descending; None: the worst first
        self.presence = Presence(self._on_presence, self.timing)
        self.table = Grid()
        self.page_support = PageSupport(self.table, self.presence, self.timing.clock)
        self._kinds, self._namespaces = tuple(kinds), namespaces
        self.feed = self._new_feed()
        self.filters = {name: Dropdown(options=[ALL], value=ALL, description=name.capitalize()) for name in filters}
        self.search = Text(description="Search", placeholder="in any column", continuous_update=True)
        self.status, self.notes = HTML(value=""), HTML(value="")
        self.stop_button = Button(description="Stop", tooltip="Stop updating; keep what is shown")
        self.start_button = Button(description="Start again", tooltip="Connect again", button_style="primary")
        self.why_button = Button(description="Why?", tooltip="Find out why the selected objects do not run")
        self._connect_handlers()
        row = HBox([*self.filters.values(), self.search])
        row.add_class("tk-filters")
        style = HTML(value=element("style", Html(Path(__file__).with_name("live.css").read_text(encoding="utf-8"))))
        style.add_class("tk-style")
        self._lay_out(
            title,
            sections=[style, row, self.status, self.notes, self.table],
            actions=[self.why_button, self.start_button, self.stop_button],
            below=[self.presence.widget],
        )
        if self.widget.comm is not None:
            self.widget.comm.on_close(lambda _: self.stop())
        self._refresh()
        self._draw()
        self.feed.start()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.state})"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, and a text that is the same in each run of a notebook: the state is on the page."""
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = f"{type(self).__name__}, shown on pages with widgets"
        return bundle

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
            self._stopped_at = self._stopped_at or now_text()
            self._is_stopped = True
            self.feed.stop()
        if not self._is_closed:
            self._draw()

    def start(self) -> None:
        """Connect again, after `stop` or while the view reconnects. The filters stay as they are."""
        with self._feed_lock:
            if self._is_closed:
                return
            self._is_stopped, self._stopped_at = False, ""
            self.feed.stop()
            self._replace_feed()
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

    def select(self, name: str, value: str) -> None:
        """Select an option of a filter; empty for all."""
        box = self.filters[name]
        if value and value not in box.options:
            box.options = [*box.options, value]
        box.value = value or ALL

    def _content(self, options: Mapping[str, Sequence[str]], limit: int) -> tuple[Content, TableContent | None]:
        """What is above the table, and the table; `options` are those of the filters, `limit` is that of the rows.

        The caller holds the feed's lock. No table means that nothing is known yet.
        """
        raise NotImplementedError

    def _options(self) -> dict[str, list[str]]:
        """The options of each filter. The caller holds the feed's lock."""
        raise NotImplementedError

    def _open(self, key: str) -> None:
        """Go down to the row with this key."""
        raise NotImplementedError

    def _path(self) -> list[str]:
        """The filters that lead down, from the outside in."""
        raise NotImplementedError

    def _ask(self, action: str, key: str) -> None:
        """Answer a question about the row with this key, on the panel."""
        raise NotImplementedError

    def _connect_handlers(self) -> None:
        for name, box in self.filters.items():
            box.observe(partial(self._on_filter, name), names="value")
        self.search.observe(self._on_search, names="value")
        self.stop_button.on_click(lambda _: self.stop())
        self.start_button.on_click(lambda _: self._on_start())
        self.why_button.on_click(lambda _: self._on_why())
        self.table.on_action(self._on_action)

    def _new_feed(self) -> Feed:
        return Feed(self.cluster, self._kinds, self._draw, check=self._check, namespaces=self._namespaces)

    def _replace_feed(self) -> None:
        with self._draw_lock:
            self.feed = self._new_feed()
        self.feed.start()

    @property
    def _is_paused(self) -> bool:
        return self.feed.state == "stopped" and not self._is_stopped

    def _check(self) -> None:
        self.presence.check()
        if self.page_support.check():
            self._draw()

    @shows_errors
    def _on_presence(self) -> None:
        """Pause while no page shows the view, and resume with the first page that does."""
        with self._feed_lock:
            if self._is_stopped:
                return
            if not self.presence.is_shown:
                self.feed.stop()
            elif self._is_paused:
                self._replace_feed()
        self._draw()

    @shows_errors
    def _draw(self) -> None:
        with self._draw_lock:
            with self.feed.lock:
                options = self._options()
                above, table = self._content(options, self._row_limit)
                state, unreadable, narrowed = self.state, dict(self.feed.model.unreadable), dict(self.feed.narrowed)
                has_objects = bool(self.feed.model.objects)
            if self._is_closed:
                return
            own_limit = own_limit_content(self.feed.own_count, MOST_NAMESPACES) if narrowed else None
            notices = (unreadable_content(unreadable), narrowed_content(narrowed), own_limit)
            self.status.value = joined(status_content(state, self._stopped_at), *notices)
            self.notes.value = joined(above, self.page_support.content(table))
            self._show_table(table, state, has_objects=has_objects)
            for name, values in options.items():
                self._set_options(name, values)
            self._update_buttons(state)

    def _show_table(self, table: TableContent | None, state: str, *, has_objects: bool) -> None:
        """Show a table; without one, keep what is shown until a new connection has read the first object."""
        is_waiting = state in {"connecting", "paused while no page shows it"} and not has_objects
        self.table.is_stale = not state.startswith("live")
        self.table.is_running = state not in {"stopped", "paused while no page shows it"}
        self.table.sort_column, self.table.is_descending = self.order or ("", False)
        if table is not None:
            self.table.show(table, state=self.selected("state"))
        elif not is_waiting:
            self.table.clear()

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
        (self.filters[name].remove_class if self.filters[name].value == ALL else self.filters[name].add_class)(
            "tk-chosen"
        )
        for inner in self.within.get(name, ()):
            self.filters[inner].value = ALL
        self._row_limit = _ROW_LIMIT
        self._draw()

    @shows_errors
    def _on_search(self, _change: object) -> None:
        self._row_limit = _ROW_LIMIT
        self._draw()

    @shows_errors
    def _on_start(self) -> None:
        self.start()

    @shows_errors
    def _on_action(self, action: str, on: str) -> None:
        """Do what the reader asked for in the table."""
        match action:
            case "sort":
                self.order = _next_order(self.order, on, descends_first=self._descends_first(on))
            case "more":
                self._row_limit += _MORE_ROWS
            case "state":
                self.select("state", "" if on == self.selected("state") else on)
            case "up":
                self._go_up(on)
            case "open":
                self._open(on)
            case "why" | "who":
                self._ask(action, on)
                return
            case _:
                return  # `drawn`, which the support of the page counts
        self._draw()

    def _descends_first(self, column: str) -> bool:
        """Whether the first click on a heading shows the largest values first."""
        return any(name == column and form in {"share", "time"} for name, form, *_ in self.table.columns)

    def _go_up(self, step: str) -> None:
        """Reset the filters of the path after one of its steps; step 0 is everything."""
        shown = [name for name in self._path() if self.selected(name)]
        if step.isdecimal():
            for name in shown[int(step) :]:
                self.filters[name].value = ALL

    def _steps(self, everything: str) -> tuple[str, ...]:
        return (everything, *filter(None, map(self.selected, self._path())))

    @shows_errors
    def _on_why(self) -> None:
        tenant = self.selected("tenant")
        if not tenant and not self.feed.namespaces:
            self.panel.show(notice("info", "Select a tenant first."))
            return
        workload = self.selected("pod") or self.selected("workload")
        namespaces = None if tenant else self.feed.namespaces or None
        self._explain(workload, tenant=tenant, namespaces=namespaces)

    def _explain(self, workload: str, *, tenant: str = "", namespaces: Sequence[str] | None = None) -> None:
        """Show why a workload, or all of a tenant or namespaces, does not run."""
        subject = f"{workload or 'all workloads'} in {tenant or ', '.join(namespaces or ())}"

        def explained() -> tuple[Content, ...]:
            from tenantkit.findings.why import why

            causes = why(self.cluster, tenant or None, workload=workload or None, namespaces=namespaces)
            return causes_content(causes, subject)

        self._answer(f"problems of {subject}", explained)

    def _answer(self, question: str, read: Callable[[], tuple[Content, ...]]) -> None:
        """Read from the cluster beside the cell, and show the answer on the panel."""
        self.job.start(lambda: self._read(question, read), lambda error: self.panel.show(unexpected(error)))

    def _read(self, question: str, read: Callable[[], tuple[Content, ...]]) -> None:
        self.panel.show(notice("info", f"Looking for {question}.", word="Reading"))
        try:
            answer = read()
        except TenantKitError as error:
            self.panel.show(notice("error", error.words("form")))
            return
        if self.job.cancelled.is_set():
            self.panel.show(notice("info", f"The {question} are not shown.", word="Cancelled"))
            return
        self.panel.show(*answer)

    def _update_controls(self) -> None:
        super()._update_controls()
        self.why_button.disabled = self.job.is_running

    def _update_buttons(self, state: str) -> None:
        self.stop_button.disabled = state == "stopped"
        self.start_button.disabled = state not in {"stopped", "not readable"} and not state.startswith("reconnecting")
        self.start_button.layout.display = "none" if self.start_button.disabled else ""


def _next_order(order: tuple[str, bool] | None, column: str, *, descends_first: bool) -> tuple[str, bool] | None:
    """A heading sorts one way, then the other, then not at all."""
    if order is None or order[0] != column:
        return column, descends_first
    return (column, not descends_first) if order[1] == descends_first else None

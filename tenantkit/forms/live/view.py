"""What live views share: a feed, filters, the line that says whether it is live, and why something does not run.

A view rests, with no thread and no connection, while no page shows it (`presence`): its output is cleared, its cell
deleted, its notebook or page closed. Shown again, it begins anew by itself. Turned down: polling by a timer of the
page, which goes on when nobody looks and says nothing of a lost connection.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ipywidgets import HTML, Button, Dropdown, HBox

from tenantkit.display.tables import clean
from tenantkit.exceptions import TenantKitError
from tenantkit.forms.kit.form import Form, guarded
from tenantkit.forms.kit.markup import element, joined
from tenantkit.forms.kit.panel import notice, table, unexpected
from tenantkit.forms.live.feed import Feed
from tenantkit.forms.live.per_cell import take_place
from tenantkit.forms.live.presence import Presence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Html

ALL = "all"
_MOST_CHOICES = 500
_CELL_LIMIT = 200


class LiveView(Form):
    """Base of the live views.

    Attributes:
        within: the filters whose choices lie within that of another.

    Args:
        cluster: where.
        title: of the view.
        kinds: that it follows.
        filters: names of its drop-downs: `team`, `tenant`, `workload`, `pod`, `kind`, `state`.
        namespaces: only these. Default: as for `Feed`.
    """

    within: ClassVar[Mapping[str, Sequence[str]]] = {}

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
        take_place(self)
        self._drawing = threading.RLock()
        self._turning = threading.Lock()
        self._is_stopped = False
        self.presence = Presence(self._on_presence)
        self._kinds, self._namespaces = tuple(kinds), namespaces
        self.feed = self._new_feed()
        self.filters = {name: Dropdown(options=[ALL], value=ALL, description=name.capitalize()) for name in filters}
        for name, each in self.filters.items():
            each.observe(partial(self._on_filter, name), names="value")
        self.status = HTML(value="")
        self.body = HTML(value="")
        self.stop_button = Button(description="Stop", tooltip="Follow no longer; what is shown stays as it is")
        self.stop_button.on_click(lambda _: self.stop())
        self.why_button = Button(description="Why?", tooltip="Why what is chosen does not run")
        self.why_button.on_click(lambda _: self._on_why())
        actions = [self.why_button, self.stop_button]
        row = HBox(list(self.filters.values()))
        row.add_class("tk-filters")
        sections = [row, self.status, self.body]
        self._lay_out(title, sections, actions, [], [self.presence.widget])
        if self.widget.comm is not None:
            self.widget.comm.on_close(lambda _: self.stop())
        self._refresh()
        self._draw()
        self.feed.start()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.state})"

    @property
    def state(self) -> str:
        """The feed's, or that nobody looks."""
        return "paused while no page shows it" if self._is_paused else self.feed.state

    def stop(self) -> None:
        """Follow no longer: every thread and connection of it ends, and what is shown stays."""
        with self._turning:
            self._is_stopped = True
            self.feed.stop()
        if not self._is_closed:
            self.stop_button.disabled = True
            self._draw()

    def close(self) -> None:
        """Stop, and take it from the page."""
        with self._turning:
            self._is_stopped = True
            self.feed.stop()
        self.presence.close()
        super().close()

    def _new_feed(self) -> Feed:
        return Feed(self.cluster, self._kinds, self._draw, look=self.presence.look, namespaces=self._namespaces)

    @property
    def _is_paused(self) -> bool:
        return self.feed.state == "stopped" and not self._is_stopped

    @guarded
    def _on_presence(self) -> None:
        """Rest while no page shows it, and begin anew with the first that does."""
        with self._turning:
            if self._is_stopped:
                return
            if not self.presence.is_shown:
                self.feed.stop()
            elif self._is_paused:
                with self._drawing:
                    self.feed = self._new_feed()
                self.feed.start()
        self._draw()

    def chosen(self, name: str) -> str:
        """What a filter lets through; empty: everything."""
        value = str(self.filters[name].value) if name in self.filters else ALL
        return "" if value == ALL else value

    def _content(self, choices: Mapping[str, Sequence[str]]) -> Html | None:
        """The table, under the feed's lock; told what can be chosen."""
        raise NotImplementedError

    def _choices(self) -> dict[str, list[str]]:
        """What can be chosen in each filter, under the feed's lock."""
        raise NotImplementedError

    @guarded
    def _draw(self) -> None:
        with self._drawing:
            with self.feed.lock:
                choices = self._choices()
                content = self._content(choices)
                state, refused, narrowed = self.state, dict(self.feed.model.refused), sorted(self.feed.narrowed)
            if self._is_closed:
                return
            told = [notice("warning", text, word="Not readable") for text in _refusals(refused)]
            if narrowed:
                told.append(notice("info", self._only_there(narrowed), word="Not all"))
            self.status.value = joined(element("p", state, class_="tk-state", role="status"), *told)
            self.body.value = content or ""
            for name, found in choices.items():
                self._offer(name, found)

    def _is_unread(self, *kinds: str) -> bool:
        """Whether some of these may not be read, in some namespace: then nothing found is not nothing there."""
        return any(kind in kinds for kind, _ in self.feed.model.refused)

    def _only_there(self, kinds: Sequence[str]) -> str:
        only = f"You may watch {', '.join(kinds)} in namespace {self.cluster.namespace} only."
        return f"{only} For others that you may see: namespaces=[…]."

    def _offer(self, name: str, found: Sequence[str]) -> None:
        box = self.filters[name]
        options = [ALL, *sorted({*found[:_MOST_CHOICES], *([box.value] if box.value != ALL else [])})]
        if list(box.options) != options:
            with box.hold_trait_notifications():
                kept = box.value
                box.options = options
                box.value = kept

    @guarded
    def _on_filter(self, name: str, _change: object) -> None:
        """Draw what is chosen now; what was chosen within another tenant or workload is chosen no longer."""
        for inner in self.within.get(name, ()):
            self.filters[inner].value = ALL
        self._draw()

    @guarded
    def _on_why(self) -> None:
        tenant = self.chosen("tenant")
        if not tenant and not self.feed.namespaces:
            self.panel.show(notice("info", "Choose a tenant first."))
            return
        workload = self.chosen("pod") or self.chosen("workload")
        self.work.start(lambda: self._explain(tenant, workload), lambda error: self.panel.show(unexpected(error)))

    def _explain(self, tenant: str, workload: str) -> None:
        from tenantkit.findings.why import why

        try:
            only = None if tenant else self.feed.namespaces or None
            found = why(self.cluster, tenant or None, workload=workload or None, namespaces=only)
        except TenantKitError as error:
            self.panel.show(notice("error", str(error)))
            return
        place = tenant or ", ".join(self.feed.namespaces)
        if found.empty:
            nothing = f"Nothing is found that keeps {workload or 'anything'} of {place} from running"
            self.panel.show(notice("info", f"{nothing}. What began within the last minute is given its time."))
            return
        columns = ("workload", "cause", "object", "message", "evidence", "next_steps")
        cells = found[list(columns)].fillna("").to_numpy()
        rows = [[cell_text(value) for value in row] for row in cells]
        caption = f"Why {workload or 'something'} of {place} does not run: {len(rows)} cause{'s' * (len(rows) != 1)}"
        self.panel.show(table(columns, rows, caption=caption))

    def _show_state(self) -> None:
        super()._show_state()
        self.why_button.disabled = self.work.is_busy


def _refusals(refused: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """What may not be read, in a line for each namespace, with the words for its first kind."""
    for place in sorted({place for _, place in refused}):
        kinds = sorted(kind for kind, where in refused if where == place)
        yield f"{', '.join(kinds)}{f' in {place}' if place else ''}: {refused[kinds[0], place]}"


def cell_text(value: Any) -> str:
    """Text short enough for a table."""
    text = str(value)
    return clean(text) if len(text) <= _CELL_LIMIT else f"{clean(text[: _CELL_LIMIT - 1])}…"

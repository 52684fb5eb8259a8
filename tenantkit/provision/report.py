"""Reports: the result of an apply or a deletion, object by object.

An object is only in `applied` after the server has confirmed the write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.display.tables import clean, cut, html_table, text_table
from tenantkit.exceptions import PartialApplyError, check_surface
from tenantkit.hints import Hint, Message
from tenantkit.provision.reasons import REFUSED, WithReason, joined

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.hints import Surface
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import ObjectRef

_SHOWN = 5
_WARNING_LIMIT = 200
_CONTINUE = {
    "applied": Hint("{apply_again} to continue ({report})"),
    "deleted": Hint("{delete_again} to continue ({report})"),
}
_REPEAT = {
    "applied": Hint("{apply_again} once that is fixed ({report})"),
    "deleted": Hint("{delete_again} once that is fixed ({report})"),
}

COLUMNS = ("result", "tenant", "action", "kind", "namespace", "name", "field", "reason")


@dataclass(frozen=True, slots=True)
class ApplyOutcome(WithReason):
    """The result for one object, or for one of its fields.

    Args:
        ref: the object.
        action: `create`, `update`, `delete`, `unchanged`, `wait` …
        tenant: its owner; None for the platform's own objects.
        field: of a result for one field, such as `spec.hard.pods`.
        why: why it failed; for a created object, the plan's note. None if there is nothing to add.

    Example:
        >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> str(tk.apply(cluster, tk.plan(cluster, vision), progress=False).applied[1])
        "Namespace 'vision'"
    """

    ref: ObjectRef
    action: str
    tenant: str | None = None
    field: str | None = None
    why: Reason | None = None

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}" if self.why else self.subject

    @property
    def subject(self) -> str:
        """The object, with the field if there is one."""
        return f"{self.ref} {self.field}" if self.field else str(self.ref)


@dataclass(frozen=True)
class Report:
    """The result of `apply`, `install_platform`, `delete_tenants` or `uninstall_platform`; displayed as a table.

    Args:
        applied: objects that were written, with the action `create`, `update` or `delete`.
        unchanged: objects that already matched the spec; nothing was written.
        failed: objects or fields that were not changed, with the reason.
        pending: objects that only somebody with more permissions may change, usually the platform team.
        not_attempted: objects after a failure in the same tenant, or after an interruption.
        not_ready: quotas that were not counted in time, so that they are not enforced yet, and namespaces that still
            exist.
        urls: URLs of each tenant's routes, by tenant; only of routes that exist.
        hostnames: the hosts of these routes, by tenant.
        interrupted: whether it was cancelled before its end.
        warnings: what the server warned of, and guardrails that are missing. Nothing failed because of them.
        team: who may make the changes in `pending`: the platform team, or owners for members and routes.
        headlines: what a change of members or routes means: `team-a: sam@example.com becomes editor`.
        request: the text to send to whoever may make the changes in `pending`; empty if nothing is pending.

    Example:
        >>> report = tk.apply(cluster, tk.plan(cluster, tk.get_tenant(cluster, "recsys")), progress=False)
        >>> report
        <Report: 21 unchanged>
        >>> report.is_complete, report.urls
        (True, {'recsys': ['http://recsys.example.ai/rank']})
    """

    applied: tuple[ApplyOutcome, ...] = ()
    unchanged: tuple[ApplyOutcome, ...] = ()
    failed: tuple[ApplyOutcome, ...] = ()
    pending: tuple[ApplyOutcome, ...] = ()
    not_attempted: tuple[ApplyOutcome, ...] = ()
    not_ready: tuple[ApplyOutcome, ...] = ()
    urls: dict[str, list[str]] = field(default_factory=dict)
    hostnames: dict[str, list[str]] = field(default_factory=dict)
    interrupted: bool = False
    warnings: tuple[Reason, ...] = ()
    team: str = "the platform team"
    headlines: tuple[str, ...] = ()
    request: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether everything was done, also what only somebody else may do."""
        return self.is_done and not self.pending

    @property
    def is_done(self) -> bool:
        """Whether everything was done that this user may do."""
        return not (self.failed or self.not_attempted or self.not_ready or self.interrupted)

    @property
    def summary(self) -> str:
        """Number of objects by result: `12 applied, 2 unchanged`."""
        counts = [f"{len(outcomes)} {name}" for name, outcomes in self._groups if outcomes]
        lead = "interrupted: " if self.interrupted else ""
        return lead + (", ".join(counts) or "nothing to do")

    @property
    def frame(self) -> pd.DataFrame:
        """One row per object or field.

        Returns:
            result (`applied`, `unchanged`, `failed`, `pending`, `not attempted`, `not ready`), tenant, action, kind,
            namespace, name, field, reason: all `string`, <NA> where there is no value.
        """
        import pandas as pd

        from tenantkit.display.frame import Frame

        cells = self._cells("python")
        return Frame(
            {name: pd.array([row[index] for row in cells], dtype="string") for index, name in enumerate(COLUMNS)}
        )

    def as_json(self, surface: Surface = "python") -> dict[str, Any]:
        """The report as plain data, for a file or a pipe.

        Args:
            surface: the wording of the reasons: `python`, `shell` or `form`.

        Returns:
            summary, headlines, urls, hostnames, warnings, request, and objects: one mapping per row of `frame`, without
            missing values.

        Example:
            >>> tk.apply(cluster, tk.plan(cluster, tk.get_tenant(cluster, "recsys")), progress=False).as_json()["urls"]
            {'recsys': ['http://recsys.example.ai/rank']}
        """
        check_surface(surface)
        objects = [
            {name: cell for name, cell in zip(COLUMNS, row, strict=True) if cell is not None}
            for row in self._cells(surface)
        ]
        return {
            "summary": self.summary,
            "headlines": list(self.headlines),
            "urls": self.urls,
            "hostnames": self.hostnames,
            "warnings": [warning.words(surface) for warning in self.warnings],
            "request": str(self.request),
            "objects": objects,
        }

    def words(self, surface: Surface) -> str:
        """The headlines, the table, the URLs and the summary as text, with reasons in the words of a surface.

        Args:
            surface: `python`, `shell` or `form`.

        Example:
            >>> print(tk.apply(cluster, tk.plan(cluster, tk.get_tenant(cluster, "forecast"))).words("shell"))
            16 unchanged
        """
        check_surface(surface)
        table = text_table(COLUMNS, self._shown(surface))
        urls = "\n".join(f"{tenant}  {url}" for tenant, urls in self.urls.items() for url in urls)
        warnings = "\n".join(f"warning: {clean(warning.words(surface))}" for warning in self.warnings)
        lines = "\n".join(self.headlines)
        ask = Message("to ask for it, {send_request}").words(surface) if self.request else ""
        return "\n\n".join(part for part in (lines, warnings, table, urls, ask, self._outcome) if part)

    def __str__(self) -> str:
        return self.words("python")

    def __repr__(self) -> str:
        warnings = [f"warning: {cut(warning.words(), _WARNING_LIMIT)}" for warning in self.warnings[:1]]
        more = [f"{len(self.warnings) - 1} more warnings"] if len(self.warnings) > 1 else []
        return f"<Report: {'; '.join((*self.headlines, *warnings, *more, self._outcome))}>"

    def _repr_html_(self) -> str:
        urls = [(tenant, url) for tenant, urls in self.urls.items() for url in urls]
        items = "".join(f"<li>{escape(clean(warning.words()))}</li>" for warning in self.warnings)
        warnings = f'<ul class="mathjax_ignore">{items}</ul>' if items else ""
        lines = "".join(f'<p class="mathjax_ignore"><b>{escape(line)}</b></p>' for line in self.headlines)
        return (
            lines
            + warnings
            + html_table(self._outcome, COLUMNS, self._shown("python"))
            + (html_table("URLs", ("tenant", "url"), urls) if urls else "")
        )

    @property
    def _outcome(self) -> str:
        """The summary; first that nothing was changed, if all that was to be changed is pending."""
        is_all_pending = self.pending and self.is_done and not self.applied
        return clean(f"nothing was changed: only {self.team} may: {self.summary}" if is_all_pending else self.summary)

    @property
    def _groups(self) -> tuple[tuple[str, tuple[ApplyOutcome, ...]], ...]:
        return (
            ("applied", self.applied),
            ("unchanged", self.unchanged),
            ("failed", self.failed),
            ("pending", self.pending),
            ("not attempted", self.not_attempted),
            ("not ready", self.not_ready),
        )

    def _cells(self, surface: Surface) -> list[tuple[str | None, ...]]:
        return [
            (
                name,
                it.tenant,
                it.action,
                it.ref.kind,
                it.ref.namespace,
                it.ref.name,
                it.field,
                it.words(surface) or None,
            )
            for name, outcomes in self._groups
            for it in outcomes
        ]

    def _shown(self, surface: Surface) -> list[tuple[str | None, ...]]:
        """The rows to show: unchanged objects are only counted."""
        return [row for row in self._cells(surface) if row[0] != "unchanged"]


def partial_error(report: Report, *, done: Literal["applied", "deleted"]) -> PartialApplyError:
    """The error for a report that is not complete.

    Args:
        report: of the run.
        done: what the run did to objects.
    """
    hint = _CONTINUE[done]
    if report.applied:
        rest = f"Objects that were {done} stay {done}"
    else:
        # a failed write may have been carried out: its answer was lost, or only its first request succeeded
        is_unsure = any(outcome.action not in REFUSED and outcome.field is None for outcome in report.failed)
        rest = f"Nothing {'else ' if is_unsure else ''}was {'written' if done == 'applied' else done}"
        hint = hint if report.interrupted else _REPEAT[done]
    what = Message(
        "{summary}. {reasons}. {rest}", {"summary": report.summary, "reasons": _reasons(report), "rest": rest}
    )
    return PartialApplyError(what, report=report, hint=hint)


def _reasons(report: Report) -> str | Message:
    """The first outcome of each reason."""
    failed_namespaces = {outcome.ref.name for outcome in report.failed if outcome.ref.kind == "Namespace"}
    first: dict[str, ApplyOutcome] = {}
    for outcome in (*report.failed, *report.not_ready):
        if outcome.ref.namespace not in failed_namespaces:  # objects in it only repeat the reason
            first.setdefault(outcome.reason, outcome)
    if not first:
        return "it was interrupted"
    return joined([_text(outcome) for outcome in list(first.values())[:_SHOWN]])


def _text(outcome: ApplyOutcome) -> str | Message:
    if outcome.why is None:
        return outcome.subject
    return Message("{subject}: {reason}", {"subject": outcome.subject, "reason": outcome.why.text})

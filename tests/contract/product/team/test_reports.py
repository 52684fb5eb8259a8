"""What a report of a change of members or routes says first: what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.provision.apply import apply
from tenantkit.provision.team.members import add_member, plan_add_member, remove_member
from tenantkit.provision.team.routes import add_route, remove_route
from tenantkit.spec.route import Route

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.report import Report


def check_first_line(report: Report, line: str) -> None:
    assert report.headlines == (line,)
    assert report.as_json()["headlines"] == [line]
    assert report.words("shell").splitlines()[0] == line
    warned = "".join(f"; warning: {warning}" for warning in report.warnings)
    assert repr(report) == f"<Report: {line}{warned}; {report.summary}>"
    assert report._repr_html_().startswith(f'<p class="mathjax_ignore"><b>{line}</b></p>')


def test_a_report_begins_with_what_was_done(owner: Cluster, name: str) -> None:
    api = Route(service="api", port=80, path="/api")
    added = add_member(owner, name, "sam@example.com", role="editor", progress=False)
    removed = remove_member(owner, name, "sam@example.com", progress=False)
    exposed = add_route(owner, name, api, progress=False)
    hidden = remove_route(owner, name, "/api", progress=False)

    url = exposed.urls[name][0]
    check_first_line(added, f"{name}: sam@example.com becomes editor")
    check_first_line(removed, f"{name}: sam@example.com loses editor")
    check_first_line(exposed, f"{name}: new URL {url}")
    check_first_line(hidden, f"{name}: removes URL {url}")


def test_a_reviewed_plan_gives_the_same_report(owner: Cluster, name: str) -> None:
    report = apply(owner, plan_add_member(owner, name, ["sam@example.com", "eve@example.com"]), progress=False)

    check_first_line(report, f"{name}: sam@example.com and eve@example.com become viewer")


def test_a_report_of_nothing_has_no_headline(owner: Cluster, name: str) -> None:
    add_member(owner, name, "sam@example.com", progress=False)

    again = add_member(owner, name, "sam@example.com", progress=False)

    assert (again.headlines, repr(again)) == ((), "<Report: 2 unchanged>")

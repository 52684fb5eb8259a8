"""Reports as text, HTML, a frame and JSON."""

from __future__ import annotations

from tenantkit.provision.reasons import Reason
from tenantkit.provision.report import COLUMNS, ApplyOutcome, Report
from tenantkit.rules.manifest import ObjectRef

INGRESS = ObjectRef("networking.k8s.io/v1", "Ingress", "ai", "vision")
QUOTA = ObjectRef("v1", "ResourceQuota", "tenantkit-quota", "vision")
REPORT = Report(
    applied=(ApplyOutcome(INGRESS, "create", "vision"),),
    unchanged=(ApplyOutcome(ObjectRef("v1", "Namespace", "vision"), "unchanged", "vision"),),
    failed=(
        ApplyOutcome(
            QUOTA, "conflict", "vision", "spec.hard.pods", Reason("set-by-other", "not changed: set by '<b>\x1b'")
        ),
    ),
    urls={"vision": ["http://vision.example.ai/ai-service"]},
    hostnames={"vision": ["vision.example.ai"]},
)


def test_a_report_is_complete_only_when_everything_was_done() -> None:
    one = (ApplyOutcome(INGRESS, "create"),)

    assert Report(applied=one, unchanged=one).is_complete
    assert not Report(failed=one).is_complete
    assert not Report(not_attempted=one).is_complete
    assert not Report(not_ready=one).is_complete
    assert not Report(interrupted=True).is_complete


def test_in_a_terminal_unchanged_objects_are_only_counted_and_control_characters_removed() -> None:
    assert str(REPORT) == (
        "result   tenant  action    kind           namespace  name             field           reason\n"
        "applied  vision  create    Ingress        vision     ai\n"
        "failed   vision  conflict  ResourceQuota  vision     tenantkit-quota  spec.hard.pods  "
        "not changed: set by '<b> '\n\n"
        "vision  http://vision.example.ai/ai-service\n\n"
        "1 applied, 1 unchanged, 1 failed"
    )


def test_in_a_notebook_everything_is_escaped() -> None:
    html = REPORT._repr_html_()

    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_a_url_is_shown_as_text_and_not_as_a_link() -> None:
    assert "<a " not in REPORT._repr_html_()


def test_the_frame_has_the_same_columns_and_types_when_empty() -> None:
    full, empty = REPORT.frame, Report().frame

    assert tuple(full.columns) == tuple(empty.columns) == COLUMNS
    assert {str(dtype) for dtype in (*full.dtypes, *empty.dtypes)} == {"string"}
    assert full["result"].tolist() == ["applied", "unchanged", "failed"]


def test_as_json_leaves_out_missing_values() -> None:
    assert REPORT.as_json()["objects"][0] == {
        "result": "applied",
        "tenant": "vision",
        "action": "create",
        "kind": "Ingress",
        "namespace": "vision",
        "name": "ai",
    }


def test_an_empty_report_says_so() -> None:
    assert str(Report()) == "nothing to do"

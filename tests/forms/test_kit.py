"""The parts that all forms share."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tenantkit.exceptions import BusyError, Problem
from tenantkit.forms.kit.background_job import THREAD_NAME, BackgroundJob
from tenantkit.forms.kit.confirm import Confirm
from tenantkit.forms.kit.docs import argument_help
from tenantkit.forms.kit.field import CardsField, FlagField, LinesField, TextField
from tenantkit.forms.kit.moment_field import MomentField
from tenantkit.forms.tenant.generated_code import python_text
from tenantkit.forms.tenant.quota_words import device_text, quota_words
from tenantkit.forms.tenant.results import quota_bars
from tenantkit.frames.quota import quota_frame
from tenantkit.spec.quota import ContainerLimits, Quota, StorageClassQuota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.forms.pages import text


class Recorder:
    """Records the callbacks of a background job."""

    def __init__(self) -> None:
        self.busy: list[bool] = []
        self.errors: list[BaseException] = []
        self.job = BackgroundJob(lambda: self.busy.append(self.job.is_running))


def test_a_job_is_running_when_start_returns_and_not_after_its_end() -> None:
    recorder, opened = Recorder(), threading.Event()

    assert recorder.job.start(opened.wait, recorder.errors.append)
    assert recorder.job.is_running
    opened.set()
    assert recorder.job.wait(10)

    assert recorder.busy == [True, False]
    assert [thread for thread in threading.enumerate() if thread.name == THREAD_NAME] == []


def test_a_second_job_is_refused() -> None:
    recorder, opened = Recorder(), threading.Event()
    recorder.job.start(opened.wait, recorder.errors.append)

    assert not recorder.job.start(lambda: pytest.fail("started"), recorder.errors.append)
    with pytest.raises(BusyError):
        recorder.job.run(lambda: pytest.fail("started"))

    opened.set()
    assert recorder.job.wait(10)


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1)])
def test_an_error_of_a_job_is_reported_and_the_next_job_can_start(error: BaseException) -> None:
    recorder = Recorder()

    def job() -> None:
        raise error

    recorder.job.start(job, recorder.errors.append)
    assert recorder.job.wait(10)

    assert recorder.errors == [error]
    assert not recorder.job.is_running


def test_a_cancellation_does_not_affect_the_next_job() -> None:
    recorder = Recorder()
    recorder.job.cancel()

    assert recorder.job.run(recorder.job.cancelled.is_set) is False


def test_no_job_starts_if_the_form_cannot_show_that_it_is_busy() -> None:
    def broken() -> None:
        raise ValueError("no page")

    job = BackgroundJob(broken)

    with pytest.raises(ValueError, match="no page"):
        job.start(lambda: pytest.fail("started"), lambda _: None)
    assert not job.is_running


def test_confirm_is_disabled_until_the_word_is_typed() -> None:
    clicks: list[str] = []
    confirm = Confirm("vision", label="Delete vision", on_confirm=lambda: clicks.append("yes"))

    for typed in ("", "Vision", "vision "):
        confirm.text.value = typed
        confirm.button.click()
    assert confirm.button.disabled
    assert clicks == []

    confirm.text.value = "vision"
    confirm.button.click()
    assert not confirm.button.disabled
    assert clicks == ["yes"]

    confirm.set_busy(True)
    confirm.button.click()
    assert confirm.button.disabled
    assert clicks == ["yes"]


def test_an_error_names_the_line_as_shown_on_the_page() -> None:
    field = LinesField("owners", "Owners", "Help.")
    field.control.value = "\n dana@example.com \r\n\nsystem:x\n"

    assert field.value == ["dana@example.com", "system:x"]
    assert field.error_text(Problem("owners[1]", "system:x", "no")) == "Line 4, 'system:x': no"
    assert field.error_text(Problem("owners", [], "name one")) == "name one"


def test_a_field_shows_its_errors_why_it_is_read_only_and_its_help() -> None:
    field = TextField("team", "Team", "Help.")
    field.lock("Read-only.")
    field.set_problems([Problem("team", "", "name the team")])

    assert text(field.note.value).splitlines() == ["name the team", "Read-only.", "Help."]
    assert field.control.tooltip == "name the team Read-only. Help."
    assert field.control.disabled
    assert "tk-invalid" in field.widget._dom_classes

    field.lock("")
    assert not field.control.disabled
    assert "tk-invalid" not in field.widget._dom_classes


def test_a_time_keeps_its_zone_until_another_one_is_chosen() -> None:
    field, changes = MomentField("expires", "Expires", ""), []
    field.on_change(lambda: changes.append(field.value))

    field.value = "2027-03-31T18:00:00+02:00"
    assert field.control.value == datetime(2027, 3, 31, 16, tzinfo=UTC)
    field.control.value = datetime(2027, 4, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    field.value = "soon"
    field.value = None

    assert changes == ["2027-03-31T18:00:00+02:00", "2027-04-01T10:30:00+00:00", "soon", None]


def test_a_text_that_is_not_a_time_is_shown_in_its_error() -> None:
    field = MomentField("expires", "Expires", "")

    field.value = "soon"
    field.set_problems([Problem("expires", "soon", "use a date")])

    assert text(field.note.value) == "'soon': use a date"


def test_every_input_has_a_label() -> None:
    fields = [
        TextField("a", "A", ""),
        LinesField("b", "B", ""),
        FlagField("c", "C", ""),
        CardsField("d", "D", "", cards=[]),
        MomentField("e", "E", ""),
    ]

    assert [field.control.description for field in fields] == ["A", "B", "C", "D", "E"]


def test_a_selected_card_stays_selected_unless_it_is_removed() -> None:
    field = CardsField("size", "Size", "", cards=[("small", "s"), ("large", "l")])
    field.value = "l"

    field.offer([("large, with more", "l")])
    assert field.value == "l"
    field.offer([("small", "s")])
    assert field.value is None


def test_help_texts_come_from_the_docstring() -> None:
    texts = argument_help(Tenant)

    assert texts["team"] == "The team that owns it, as a label value: ml-vision. A team may have several tenants."
    assert texts["size"].startswith("One of the platform's sizes.")
    assert set(texts) == set(Tenant.model_fields)
    assert set(argument_help(Route)) == set(Route.model_fields)
    assert argument_help(object()) == {} or isinstance(argument_help(object()), dict)


def test_a_quota_is_shown_in_words() -> None:
    assert device_text("nvidia.com/gpu", 1) == "1 GPU (nvidia.com/gpu)"
    assert device_text("nvidia.com/mig-1g.5gb", 2) == "2 GPU slices (nvidia.com/mig-1g.5gb)"
    assert quota_words(Quota(requests_cpu=1, requests_memory="2Gi", accelerators={"nvidia.com/gpu": 2}, pods=3)) == [
        "1 CPU core",
        "2 GiB of memory",
        "2 GPUs (nvidia.com/gpu)",
        "100 GiB of storage",
        "3 pods",
    ]


FULL = Quota(
    requests_cpu="1500m",
    requests_memory="8Gi",
    limits_cpu="4",
    limits_memory="32Gi",
    accelerators={"nvidia.com/gpu": 1, "nvidia.com/mig-1g.5gb": 2},
    storage_classes={"fast": StorageClassQuota(storage="1Gi", claims=2)},
    max_volume="1Gi",
    containers=ContainerLimits(limit_cpu="1", max_cpu="2"),
)
SPECS: list[Any] = [
    FULL,
    Route(service="a", port=80),
    Route(service="a", port="http", path="/a", path_type="Exact", host="a.example.com", name="x"),
    Tenant(
        name="vision",
        team="cv",
        owners=["o'brien\\n"],
        quota=FULL,
        hosts=["a.example.com"],
        viewers=["ünïcode", "%s"],
        protected=True,
        expires="2027-03-31T18:00:00+02:00",
    ),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: type(spec).__name__)
def test_the_generated_code_of_a_spec_evaluates_to_the_same_spec(spec: Any) -> None:
    import tenantkit as tk

    assert eval(python_text(spec), {"tk": tk}) == spec  # noqa: S307 (tests that it runs)


def _quota(used: dict[str, str] | None, **hard: str) -> dict[str, Any]:
    named = {name.replace("_", "."): value for name, value in hard.items()}
    status = {"hard": named, "used": {name.replace("_", "."): value for name, value in used.items()}} if used else {}
    metadata = {"name": "tenantkit-quota", "namespace": "vision", "labels": {"tenantkit.dev/tenant": "vision"}}
    return {"metadata": metadata, "spec": {"hard": named}, "status": status}


@pytest.mark.parametrize(
    ("quota", "shown"),
    [
        (_quota({"pods": "1"}, pods="20"), ["Pods", "1 of 20 used"]),
        (_quota({"pods": "16"}, pods="20"), ["Pods", "16 of 20 used, near"]),
        (_quota({"pods": "25"}, pods="20"), ["Pods", "25 of 20 used, over"]),
        (_quota({"pods": "2"}, pods="0"), ["Pods", "2 of 0 used, over"]),
        (_quota({"pods": "0"}, pods="0"), []),
        (_quota(None, pods="20"), ["Pods", "of 20: not counted yet"]),
        (
            _quota({"pods": "0", "requests_cpu": "1"}, pods="2", requests_cpu="4"),
            ["CPU", "1 of 4 cores used", "Pods", "0 of 2 used"],
        ),
    ],
)
def test_bars_show_what_is_used_and_never_0_if_it_is_not_counted(quota: dict[str, Any], shown: list[str]) -> None:
    assert [line for line in text(quota_bars(quota_frame([quota]))).splitlines() if line] == shown

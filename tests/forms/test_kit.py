"""What the forms share, piece by piece."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tenantkit.exceptions import BusyError, Problem
from tenantkit.forms.amounts import device_text, quota_words
from tenantkit.forms.generated_code import python_text
from tenantkit.forms.kit.background_job import THREAD_NAME, Work
from tenantkit.forms.kit.confirm import Confirm
from tenantkit.forms.kit.docs import argument_help
from tenantkit.forms.kit.field import CardsField, FlagField, LinesField, TextField
from tenantkit.forms.tenant_results import quota_bars
from tenantkit.frames.quota import quota_frame
from tenantkit.spec.quota import ContainerLimits, Quota, StorageClassQuota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.forms.pages import text


class Seen:
    """Notes what a work's owner is told."""

    def __init__(self) -> None:
        self.busy: list[bool] = []
        self.errors: list[BaseException] = []
        self.work = Work(lambda: self.busy.append(self.work.is_busy))


def test_work_is_busy_before_start_returns_and_free_at_its_end() -> None:
    seen, opened = Seen(), threading.Event()

    assert seen.work.start(opened.wait, seen.errors.append)
    assert seen.work.is_busy
    opened.set()
    assert seen.work.wait(10)

    assert seen.busy == [True, False]
    assert [thread for thread in threading.enumerate() if thread.name == THREAD_NAME] == []


def test_a_second_piece_of_work_is_refused() -> None:
    seen, opened = Seen(), threading.Event()
    seen.work.start(opened.wait, seen.errors.append)

    assert not seen.work.start(lambda: pytest.fail("begun"), seen.errors.append)
    with pytest.raises(BusyError):
        seen.work.run(lambda: pytest.fail("begun"))

    opened.set()
    assert seen.work.wait(10)


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1)])
def test_whatever_work_raises_is_told_and_it_is_free_again(error: BaseException) -> None:
    seen = Seen()

    def job() -> None:
        raise error

    seen.work.start(job, seen.errors.append)
    assert seen.work.wait(10)

    assert seen.errors == [error]
    assert not seen.work.is_busy


def test_a_cancel_is_over_when_the_next_work_begins() -> None:
    seen = Seen()
    seen.work.cancel()

    assert seen.work.run(seen.work.cancelled.is_set) is False


def test_a_form_that_can_not_show_that_it_is_busy_begins_nothing() -> None:
    def broken() -> None:
        raise ValueError("no page")

    work = Work(broken)

    with pytest.raises(ValueError, match="no page"):
        work.start(lambda: pytest.fail("begun"), lambda _: None)
    assert not work.is_busy


def test_confirm_is_off_until_the_word_stands_there() -> None:
    pressed: list[str] = []
    confirm = Confirm("vision", label="Delete vision", confirmed=lambda: pressed.append("yes"))

    for typed in ("", "Vision", "vision "):
        confirm.text.value = typed
        confirm.button.click()
    assert confirm.button.disabled
    assert pressed == []

    confirm.text.value = "vision"
    confirm.button.click()
    assert not confirm.button.disabled
    assert pressed == ["yes"]

    confirm.set_busy(True)
    confirm.button.click()
    assert confirm.button.disabled
    assert pressed == ["yes"]


def test_lines_are_counted_as_the_reader_counts_them() -> None:
    field = LinesField("owners", "Owners", "Help.")
    field.control.value = "\n dana@example.com \r\n\nsystem:x\n"

    assert field.value == ["dana@example.com", "system:x"]
    assert field.tell(Problem("owners[1]", "system:x", "no")) == "Line 4, 'system:x': no"
    assert field.tell(Problem("owners", [], "name one")) == "name one"


def test_a_fields_note_holds_what_is_wrong_why_it_is_locked_and_its_help() -> None:
    field = TextField("team", "Team", "Help.")
    field.lock("Not yours.")
    field.set_problems([Problem("team", "", "name the team")])

    assert text(field.note.value).splitlines() == ["name the team", "Not yours.", "Help."]
    assert field.control.tooltip == "name the team Not yours. Help."
    assert field.control.disabled
    assert "tk-invalid" in field.widget._dom_classes

    field.lock("")
    assert not field.control.disabled
    assert "tk-invalid" not in field.widget._dom_classes


def test_every_input_has_its_label() -> None:
    fields = [
        TextField("a", "A", ""),
        LinesField("b", "B", ""),
        FlagField("c", "C", ""),
        CardsField("d", "D", "", cards=[]),
    ]

    assert [field.control.description for field in fields] == ["A", "B", "C", "D"]


def test_a_card_that_goes_is_not_chosen_any_more_and_one_that_stays_is() -> None:
    field = CardsField("size", "Size", "", cards=[("small", "s"), ("large", "l")])
    field.value = "l"

    field.offer([("large, but more", "l")])
    assert field.value == "l"
    field.offer([("small", "s")])
    assert field.value is None


def test_help_comes_from_the_docstring() -> None:
    texts = argument_help(Tenant)

    assert texts["team"] == "Whose it is; a label value, for example ml-vision. Several tenants may be one team's."
    assert texts["size"] == "One of the platform's sizes."
    assert set(texts) == set(Tenant.model_fields)
    assert set(argument_help(Route)) == set(Route.model_fields)
    assert argument_help(object()) == {} or isinstance(argument_help(object()), dict)


def test_a_quota_is_words() -> None:
    assert device_text("nvidia.com/gpu", 1) == "1 GPU (nvidia.com/gpu)"
    assert device_text("nvidia.com/mig-1g.5gb", 2) == "2 of nvidia.com/mig-1g.5gb"
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
        owners=['o\'brien "x" \\n'],
        quota=FULL,
        hosts=["a.example.com"],
        viewers=["ünïcode", "{braces}", "%s"],
        protected=True,
        expires="2027-03-31T18:00:00+02:00",
    ),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: type(spec).__name__)
def test_a_spec_as_python_is_the_same_spec(spec: Any) -> None:
    import tenantkit as tk

    assert eval(python_text(spec), {"tk": tk}) == spec  # noqa: S307 (that it runs is the point)


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
def test_bars_say_what_is_used_and_never_0_where_nobody_has_counted(quota: dict[str, Any], shown: list[str]) -> None:
    assert [line for line in text(quota_bars(quota_frame([quota]))).splitlines() if line] == shown

"""The creator of an object, from the keys in which common tools write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.frames.kit.creators import CREATOR_KEYS, CREATORS, TRACES, creator_of, why_no_creator

if TYPE_CHECKING:
    from tenantkit.frames.kit.creators import Trace

_USER_INFO = "yunikorn.apache.org/user.info"


@pytest.mark.parametrize("key", [key for key in CREATOR_KEYS if key != _USER_INFO])
def test_a_creator_is_read_from_an_annotation_or_a_label(key: str) -> None:
    assert creator_of({"annotations": {key: "dana@example.com"}}) == "dana@example.com"
    assert creator_of({"labels": {key: "dana"}}) == "dana"


def test_the_creator_of_a_kubeflow_notebook_is_read() -> None:
    assert "notebooks.kubeflow.org/creator" in CREATOR_KEYS


def test_every_key_names_its_tool_and_its_source() -> None:
    assert [each.key for each in (*CREATORS, *TRACES) if not (each.tool and each.source)] == []
    assert len(set(CREATOR_KEYS)) == len(CREATOR_KEYS)


@pytest.mark.parametrize(
    ("info", "creator"),
    [('{"user": "dana", "groups": ["cv"]}', "dana"), ('{"user": 1}', None), ("[]", None), ("dana", None)],
)
def test_the_creator_in_the_user_info_of_yunikorn_is_its_user(info: str, creator: str | None) -> None:
    assert creator_of({"annotations": {_USER_INFO: info}}) == creator


def test_an_address_in_a_label_of_argo_workflows_is_written_as_an_address() -> None:
    assert creator_of({"labels": {"workflows.argoproj.io/creator-email": "dana.at.example.com"}}) == "dana@example.com"


def test_the_scheduler_of_metaflow_is_not_a_person() -> None:
    assert creator_of({"annotations": {"metaflow/user": "argo-workflows"}}) is None
    assert creator_of({"annotations": {"metaflow/user": "argo-workflows", "metaflow/owner": "dana"}}) == "dana"


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.tool)
def test_a_tool_that_writes_no_name_is_the_reason(trace: Trace) -> None:
    reason = f"{trace.tool} writes no person's name: {trace.what} 'x'"
    assert (creator_of({"labels": {trace.key: "x"}}), why_no_creator({"labels": {trace.key: "x"}})) == (None, reason)


def test_an_object_that_names_nobody_says_so() -> None:
    assert why_no_creator({}) == "no metadata names a person"

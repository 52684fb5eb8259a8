"""The creator of an object, from the keys in which common tools write it."""

from __future__ import annotations

import pytest

from tenantkit.frames.kit.creators import CREATOR_KEYS, creator_of


@pytest.mark.parametrize("key", CREATOR_KEYS)
def test_a_creator_is_read_from_an_annotation_or_a_label(key: str) -> None:
    assert creator_of({"annotations": {key: "dana@example.com"}}) == "dana@example.com"
    assert creator_of({"labels": {key: "dana"}}) == "dana"


def test_the_creator_of_a_kubeflow_notebook_is_read() -> None:
    assert "notebooks.kubeflow.org/creator" in CREATOR_KEYS

"""A frame without rows says what was looked for, and where; a frame with rows says nothing of the kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.pods import pods_frame

if TYPE_CHECKING:
    from tenantkit.cluster.visible import Scope


@pytest.mark.parametrize(
    ("scope", "tenant", "labels", "sentence"),
    [
        ("cluster", None, None, "No pods in the cluster."),
        (("vision",), "vision", None, "No pods of tenant vision."),
        (("vision",), None, "app=web", "No pods in vision with labels 'app=web'."),
        (("a", "b", "c"), None, None, "No pods in a, b and c."),
        (("a", "b", "c", "d"), None, None, "No pods in 4 namespaces."),
        ((), None, None, "No pods in the namespaces that you may read."),
    ],
)
def test_the_sentence_names_what_was_looked_for_and_where(
    scope: Scope, tenant: str | None, labels: str | None, sentence: str
) -> None:
    frame = pods_frame([])

    note_empty(frame, "pods", scope, tenant=tenant, label_selector=labels)

    assert repr(frame) == sentence


def test_a_frame_that_is_filtered_to_nothing_does_not_claim_that_nothing_was_found() -> None:
    frame = pods_frame([]).reindex([0])

    note_empty(frame, "pods", "cluster")

    assert repr(frame.head(0)) == "No rows."

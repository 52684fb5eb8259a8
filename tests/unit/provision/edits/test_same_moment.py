"""Which of two objects that were made at the same moment was made later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.edits.same_moment import _is_before

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

OURS = {"manager": "tenantkit", "operation": "Apply"}
STATUS = {"manager": "ingress-controller", "operation": "Update", "subresource": "status"}
EARLY, LATE = "2026-11-25T12:00:00Z", "2026-11-25T12:00:01Z"


def made(version: int, at: str = EARLY, *later: dict[str, Any]) -> Manifest:
    """An Ingress of a version, with who has written to it after it was made."""
    return {"metadata": {"resourceVersion": str(version), "creationTimestamp": at, "managedFields": [OURS, *later]}}


@pytest.mark.parametrize(
    ("first", "second", "is_known"),
    [
        (made(10), made(11), True),
        (made(10, EARLY), made(11, LATE), True),
        (made(12, EARLY, STATUS), made(11, LATE), True),
        (made(12, EARLY, STATUS), made(13, LATE, STATUS), True),
        (made(10, EARLY), made(13, LATE, STATUS), True),
        (made(12, EARLY, STATUS), made(11), False),
        (made(10), made(12, EARLY, STATUS), False),
    ],
    ids=["one second", "two seconds", "status of the first", "of both", "of the second", "unknown", "unknown as well"],
)
def test_the_later_one_of_two_is_the_one_to_act_and_never_the_first(
    first: Manifest, second: Manifest, *, is_known: bool
) -> None:
    assert (_is_before(first, second), _is_before(second, first)) == (is_known, False)


def test_a_status_that_was_written_between_two_looks_does_not_make_both_act() -> None:
    first, second = made(10), made(11)
    with_status = made(12, EARLY, STATUS)

    assert _is_before(first, second)
    assert not _is_before(second, with_status)

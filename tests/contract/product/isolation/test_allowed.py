"""The walls stop nobody's work: each persona does what the role is for, with all guardrails in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.product.isolation.allowed import WORK
from tests.contract.product.isolation.attempt import shown
from tests.contract.product.isolation.kinds import POD, collection, with_pods
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.product.isolation.allowed import Work
    from tests.contract.product.isolation.attempt import Base
    from tests.contract.product.isolation.place import Place
    from tests.contract.product.roles.rights import Served
    from tests.contract.wire import Answer, Wire


@pytest.mark.parametrize(
    ("work", "user"), [pytest.param(row, user, id=f"{user}: {row}") for row in WORK for user in row.who]
)
def test_a_persona_can(  # noqa: PLR0913 (fixtures)
    *,
    work: Work,
    user: str,
    place: Place,
    base: Base,
    served: Served,
    wire_as: Callable[[str], Wire],
) -> None:
    plural, _, group = work.needs.partition(".")
    if work.needs and served.find(group, plural) is None:
        return  # the sandbox does not have this kind

    answers = {request.way: request.send(wire_as(user)) for request in work.requests(place, base)}

    assert {way: shown(answer) for way, answer in answers.items() if not _is_done(answer)} == {}


def _is_done(answer: Answer) -> bool:
    if answer.body.get("kind") == "SelfSubjectAccessReview":
        return bool(answer.body["status"]["allowed"])
    return answer.status in (200, 201)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Job"])
def test_a_workloads_controller_makes_its_pods(kind: str, place: Place, wire_as: Callable[[str], Wire]) -> None:
    editor, name = wire_as("editor"), f"runs-{kind.lower()}"
    wanted = with_pods(kind, name, POD)
    wanted["spec"] |= {"suspend": False} if kind == "Job" else {"replicas": 1}

    answer = editor("POST", collection(kind, place.mine), wanted)

    assert answer.status == 201, shown(answer)
    pods = collection("Pod", place.mine)
    eventually(lambda: editor("GET", pods, query={"labelSelector": f"app={name}"}).body["items"], timeout_s=20)
    gone = editor("DELETE", f"{collection(kind, place.mine)}/{name}", {"propagationPolicy": "Background"})
    assert gone.status == 200, shown(gone)
    eventually(lambda: not editor("GET", pods, query={"labelSelector": f"app={name}"}).body["items"], timeout_s=40)

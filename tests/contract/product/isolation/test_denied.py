"""Every attempt is denied by its wall, in each way that it can be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.product.isolation.rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.product.isolation.attempt import Attempt, Base
    from tests.contract.product.isolation.place import Place
    from tests.contract.product.roles.rights import Served
    from tests.contract.wire import Wire


@pytest.mark.parametrize(
    ("attempt", "user"), [pytest.param(row, user, id=f"{user}: {row}") for row in ROWS for user in row.who]
)
def test_nobody_can(  # noqa: PLR0913 (fixtures)
    *,
    attempt: Attempt,
    user: str,
    place: Place,
    base: Base,
    served: Served,
    wire_as: Callable[[str], Wire],
) -> None:
    plural, _, group = attempt.needs.partition(".")
    if attempt.needs and served.find(group, plural) is None:
        return  # the sandbox does not have this kind, so that nothing of it can be written

    passed = attempt.passed(wire_as(user), place, base)

    assert passed == [], "\n".join(["not denied:", *passed])

"""The texts to send: whom they ask, what they say, and what must not be in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.provision.plan import plan
from tests.unit.provision.memory import Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.spec.tenant import Tenant

_CHECK = (
    "To do so, save this as tenant.yaml, check with `tenantkit plan tenant.yaml` that no tenant of this name exists, "
    "and run `tenantkit apply tenant.yaml`:"
)


def lines(memory: Memory, *wanted: Tenant) -> list[str]:
    """The text for somebody who may change nothing."""
    memory.rights = frozenset()
    return plan(memory, wanted).request.splitlines()


@pytest.mark.parametrize(
    ("memory", "opening"),
    [
        (Memory(), "Please create this tenant:"),
        (
            Memory(refused=("Namespace",), unreadable_names=(None,)),  # type: ignore[arg-type]
            "Please create this tenant, if no tenant of this name exists (the sender may not look):",
        ),
    ],
)
def test_who_may_not_look_whether_a_tenant_exists_says_so(memory: Memory, opening: str) -> None:
    made = lines(memory, tenant())

    assert opening in made
    assert _CHECK in made


def test_a_file_without_members_and_routes_says_that_they_stay() -> None:
    memory = Memory()
    run(memory, tenant(editors=["sam@example.com"]))

    assert (
        lines(memory, tenant(size="medium", editors=["sam@example.com"]))[-1] == "Members and routes stay as they are."
    )
    assert lines(memory, tenant(size="medium", editors=["zoe@example.com"]))[-1] == (
        "The file lists all editors, viewers and routes (only those fields that are in it): who or what is not in it "
        "is removed. Compare with `tenantkit plan` first."
    )

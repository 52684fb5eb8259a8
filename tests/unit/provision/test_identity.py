"""What a user is to tenants: the role that their rules amount to, and the sentence that says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.manifests.roles import rules_by_role
from tenantkit.provision.stored.identity import Identity, Membership, role_by_rules, whoami
from tenantkit.rules.tenant_index import index_rule
from tenantkit.spec.platform import Platform
from tests.unit.cluster.seam import SERVER, Script, answer, cluster

if TYPE_CHECKING:
    from tenantkit.cluster.http.transport import Answer
    from tenantkit.spec.people import Role


@pytest.mark.parametrize("role", ["owner", "editor", "viewer"])
def test_the_rules_of_a_role_amount_to_it(role: Role) -> None:
    assert role_by_rules(rules_by_role(Platform())[role]) == role


def test_rules_that_do_not_show_pods_are_no_role() -> None:
    assert role_by_rules([{"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]}]) is None


NOT_KNOWN = "dana@example.com: not a member of any known tenant"


def identity(**fields: Any) -> Identity:
    """A user of a cluster."""
    return Identity("dana@example.com", (), "lab", SERVER, is_sandbox=False, **fields)


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (
            identity(
                tenants=(Membership("speech", "speech", "viewer"), Membership("vision", "team-vision", "owner")),
                provisioners=("ivy@example.com",),
            ),
            "dana@example.com: viewer of speech, owner of vision; may not create tenants: ask ivy@example.com",
        ),
        (
            identity(tenants=(Membership("vision", "vision"),)),
            "dana@example.com: member of vision; may not create tenants: ask the platform team",
        ),
        (
            identity(provisioners=("a", "b", "group:c", "d", "e")),
            "dana@example.com: not a member of any tenant; may not create tenants: ask a, b, group:c or 2 more",
        ),
        (identity(is_provisioner=True), "dana@example.com: may create, change and delete tenants"),
        (
            identity(is_provisioner=True, is_administrator=True, tenants=(Membership("vision", "vision", "owner"),)),
            "dana@example.com: owner of vision; administrator of this cluster",
        ),
        (
            identity(incomplete=("x",)),
            f"{NOT_KNOWN}; may not create tenants: ask the platform team; incomplete, since x",
        ),
        (
            identity(is_provisioner=True, incomplete=("a proxy denies it",)),
            "dana@example.com: may create, change and delete tenants; incomplete, since a proxy denies it",
        ),
        (
            Identity("\x1b[31mdana\n", (), None, SERVER, is_sandbox=False, is_provisioner=True),
            "?[31mdana?: may create, change and delete tenants",
        ),
    ],
)
def test_an_identity_is_shown_as_a_sentence(shown: Identity, sentence: str) -> None:
    assert repr(shown) == sentence


def test_a_role_of_rules_that_the_server_could_not_list_is_incomplete() -> None:
    def reviewed(rules: list[object], *, incomplete: bool) -> Answer:
        return answer(201, {"status": {"resourceRules": rules, "nonResourceRules": [], "incomplete": incomplete}})

    user, allowed = (
        answer(201, {"status": {"userInfo": {"username": "dana"}}}),
        answer(201, {"status": {"allowed": True}}),
    )
    index = reviewed([index_rule("vision", "vision")], incomplete=False)

    found = whoami(cluster(Script(user, index, allowed, allowed, reviewed([], incomplete=True))))

    assert found.tenants == (Membership("vision", "vision"),)
    assert found.incomplete == ("the server could not list all of your permissions",)

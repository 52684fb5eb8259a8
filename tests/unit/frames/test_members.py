"""The frame of members, from RoleBindings as a server answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tenantkit.frames.members import MEMBERS, Granted, members_frame
from tenantkit.manifests.access import make_bindings
from tenantkit.spec.people import People
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

VISION = Tenant(
    name="vision",
    team="cv",
    owners=["dana@example.com"],
    size="small",
    editors=["group:ml-vision", "eve@example.com"],
    viewers=["sa:hub/jupyter"],
)
GRANTED = {"vision": Granted("vision", frozenset({"dana@example.com"}))}
CREATED = "2026-11-25T12:00:00Z"


def live(tenant: Tenant = VISION, platform: Platform | None = None, *, adder: str = "") -> list[Manifest]:
    """The RoleBindings of a tenant, as the server returns them."""
    found = make_bindings(tenant, platform or Platform())
    for binding in found:
        binding["metadata"] |= {"creationTimestamp": CREATED, "managedFields": [{"manager": "tenantkit"}]}
        binding["metadata"]["annotations"] |= {"tenantkit.dev/added-by": adder} if adder else {}
    return found


def by_hand(role: str, *subjects: Manifest) -> Manifest:
    """A RoleBinding that tenantkit did not make."""
    return {
        "kind": "RoleBinding",
        "metadata": {"name": "by-hand", "namespace": "vision", "managedFields": [{"manager": "kubectl-create"}]},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def test_each_member_is_a_row_with_role_and_kind_owners_first() -> None:
    frame = members_frame(live(adder="dana@example.com"), granted=GRANTED)

    assert frame.dtypes.astype(str).to_dict() == MEMBERS
    assert frame[["person", "person_kind", "role"]].to_numpy().tolist() == [
        ["dana@example.com", "User", "owner"],
        ["eve@example.com", "User", "editor"],
        ["group:ml-vision", "Group", "editor"],
        ["sa:hub/jupyter", "ServiceAccount", "viewer"],
    ]
    rest = frame[["tenant", "namespace", "since", "added_by", "field_manager", "foreign"]].drop_duplicates()
    assert rest.to_dict("records") == [
        {
            "tenant": "vision",
            "namespace": "vision",
            "since": pd.Timestamp(CREATED),
            "added_by": "dana@example.com",
            "field_manager": "tenantkit",
            "foreign": False,
        }
    ]


def test_what_others_bound_is_foreign_with_the_name_of_its_role() -> None:
    group = {"kind": "Group", "name": "system:authenticated", "apiGroup": "rbac.authorization.k8s.io"}
    user = {"kind": "User", "name": "sam@example.com", "apiGroup": "rbac.authorization.k8s.io"}

    frame = members_frame([by_hand("view", group), by_hand("tenantkit-editor", user)], granted=GRANTED)

    assert frame[["person", "role", "field_manager", "foreign"]].to_numpy().tolist() == [
        ["sam@example.com", "editor", "kubectl-create", True],
        ["group:system:authenticated", "view", "kubectl-create", True],
    ]


def test_an_owner_whom_the_grant_does_not_name_is_foreign() -> None:
    [binding] = live(VISION.with_(owners=["mallory@example.com"], editors=[], viewers=[]))

    assert members_frame([binding], granted=GRANTED)["foreign"].tolist() == [True]
    assert members_frame([binding], granted={"vision": Granted("vision")})["foreign"].tolist() == [False]


def test_members_of_a_tenant_frozen_read_only_keep_their_own_role() -> None:
    frame = members_frame(live(VISION.with_(frozen="read-only")), granted=GRANTED)

    assert frame["role"].tolist() == ["owner", "editor", "editor", "viewer"]
    assert not frame["foreign"].any()


def test_prefixes_of_the_platform_are_left_out() -> None:
    people = People(user_prefix="oidc:", group_prefix="oidc:")

    frame = members_frame(
        live(platform=Platform(people=people), adder="oidc:dana@example.com"), granted=GRANTED, people=people
    )

    assert frame["person"].tolist() == ["dana@example.com", "eve@example.com", "group:ml-vision", "sa:hub/jupyter"]
    assert set(frame["added_by"]) == {"dana@example.com"}
    assert not frame["foreign"].any()


def test_an_account_that_added_a_member_is_written_as_a_person() -> None:
    frame = members_frame(live(adder="system:serviceaccount:hub:jupyter-dana"))

    assert set(frame["added_by"]) == {"sa:hub/jupyter-dana"}


def test_bindings_outside_tenants_are_left_out() -> None:
    assert members_frame(live(), granted={"vision": None}).empty


@pytest.mark.parametrize("subjects", [None, [], "x", [{"kind": "User"}], [7]])
def test_odd_subjects_cost_their_own_rows(subjects: object) -> None:
    odd = by_hand("tenantkit-viewer") | {"subjects": subjects}

    assert len(members_frame([odd, *live()], granted=GRANTED)) == len(VISION.people)

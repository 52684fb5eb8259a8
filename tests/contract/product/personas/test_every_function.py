"""What becomes of every public function and form that each person calls, on both engines.

A member of a tenant gets what is theirs in the first call, without naming a namespace; whoever may not do something
gets one error of ours, or a plan and a report that say what others must do.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tests.contract.product.personas.functions import READING, WRITING, outcome_of
from tests.contract.product.personas.stage import PERSONAS, set_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.engines import Engine
    from tests.contract.product.personas.stage import Stage
    from tests.contract.wire import Wire

CALLS = {**READING, **WRITING}
_DENIED = "PermissionDenied"
_IN_PART = "PartialApplyError"
_EVERYBODY = ("works",) * len(PERSONAS)
_NOBODY = (_DENIED,) * len(PERSONAS)
#           provisioner, owner, editor, viewer, stranger, account (a member), pod (not a member)
_MINE = ("all", "mine", "mine", "mine", _DENIED, "mine", _DENIED)
_OF_MINE = ("mine", "mine", "mine", "mine", _DENIED, "mine", _DENIED)
_MEMBERS = ("works", "works", "works", "works", _DENIED, "works", _DENIED)
_MY_INDEX = ("none", "mine", "mine", "mine", "none", "mine", "none")
_PROVISIONER = ("works", *_NOBODY[1:])
_PLATFORMS = ("works", "not yours", "not yours", "not yours", _DENIED, "not yours", _DENIED)
_OWNERS_PLAN = ("works", "works", "not yours", "not yours", _DENIED, "not yours", _DENIED)
_OWNERS = ("works", "works", _DENIED, _DENIED, _DENIED, _DENIED, _DENIED)

EXPECTED: dict[str, tuple[str, ...]] = {
    "Explorer": _MINE,
    "MembersForm": ("works", "works", "works", "works", "NotFound", "works", "NotFound"),
    "MembersForm of mine": _MEMBERS,
    "QuotaDashboard": _MINE,
    "TenantForm": _EVERYBODY,
    "TenantForm of mine": _MEMBERS,
    "access": ("mine", *_NOBODY[1:]),
    "add_member": _OWNERS,
    "add_route": _OWNERS,
    "adopt": (_IN_PART, "not yours", "not yours", "not yours", _IN_PART, "not yours", _IN_PART),
    "api_client": _EVERYBODY,
    "apply": ("works", "works", "not yours", "not yours", _IN_PART, "not yours", _IN_PART),
    "audit": _MINE,
    "audit of mine": _OF_MINE,
    "boost": _PLATFORMS,
    "connectivity": _MINE,
    "copies": ("none", "none", "none", "none", _DENIED, "none", _DENIED),
    "delete_tenants": _PROVISIONER,
    "events": _MINE,
    "fits": _MEMBERS,
    "follow_logs": _MEMBERS,
    "freeze": _PLATFORMS,
    "get_platform": _EVERYBODY,
    "get_tenant": _MEMBERS,
    "get_tenant of others": _PROVISIONER,
    "get_tenants": _MINE,
    "host_owner": ("mine", "mine", "mine", "mine", "none", "mine", "none"),
    "host_owner of others": ("only others'", *("none",) * 6),
    "install_platform": (_IN_PART, *_NOBODY[1:]),
    "logs": _MEMBERS,
    "members": _MINE,
    "my_tenants": _MY_INDEX,
    "nodes": _PROVISIONER,
    "plan": _PLATFORMS,
    "plan_add_member": _OWNERS_PLAN,
    "plan_add_route": _OWNERS_PLAN,
    "plan_adopt": ("works", "works", "works", "works", "unknown", "works", "unknown"),
    "plan_delete_tenants": ("unknown", "unknown", "unknown", "unknown", _DENIED, "unknown", _DENIED),
    "plan_platform": ("works", *("unknown",) * 6),
    "plan_release": ("unknown", "unknown", "unknown", "unknown", _DENIED, "unknown", _DENIED),
    "plan_remove_member": _OWNERS_PLAN,
    "plan_remove_route": _OWNERS_PLAN,
    "pods": _MINE,
    "pods of mine": _OF_MINE,
    "pods of others": ("only others'", *_NOBODY[1:]),
    "quota_holders": _MINE,
    "quota_usage": _MINE,
    "read_plan": ("works", *("StalePlanError",) * 6),
    "release": (_IN_PART, "not yours", "not yours", "not yours", _DENIED, "not yours", _DENIED),
    "remove_member": _OWNERS,
    "remove_route": _OWNERS,
    "request_host": _PLATFORMS,
    "request_quota": _PLATFORMS,
    "resources": _MINE,
    "routes": _MINE,
    "services": _MINE,
    "tenants": _MINE,
    "tenants with drift": _MINE,
    "thaw": _PLATFORMS,
    "uninstall_platform": ("OwnershipError", *_NOBODY[1:]),
    "volumes": _MINE,
    "whoami": _MY_INDEX,
    "why": _MINE,
    "why of mine": _OF_MINE,
    "workloads": _MINE,
}


@pytest.fixture(scope="module")
def stage(
    engine: Engine, wire: Wire, connect_as: Callable[[str], tk.Cluster], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with set_stage(engine, wire, connect_as, tmp_path_factory.mktemp("personas")) as made:
        yield made


def test_every_public_function_and_form_that_takes_a_cluster_is_in_the_table() -> None:
    public = {name: getattr(tk, name) for name in tk.__all__}
    taking = {
        name
        for name, each in public.items()
        if callable(each) and next(iter(inspect.signature(each).parameters), "") == "cluster"
    }

    assert {name.split()[0] for name in CALLS} == taking
    assert set(CALLS) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_function_does_for_each_person_what_the_table_says(name: str, stage: Stage) -> None:
    found = {persona: outcome_of(CALLS[name], stage.connect(persona), stage) for persona in PERSONAS}

    assert found == dict(zip(PERSONAS, EXPECTED[name], strict=True))

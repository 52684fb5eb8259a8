"""The texts to send: whom they ask, what they say, and what must not be in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import ClusterUnavailable, PermissionDenied
from tenantkit.forms.tenant.taken_hosts import HostNotes
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import plan_delete_tenants
from tenantkit.provision.hosts.visible import NOT_VISIBLE
from tenantkit.provision.plan import plan
from tenantkit.spec.boost import Boost
from tests.unit.provision.memory import PLATFORM, Memory, cluster_of, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.tenant import Tenant

_TEAM = "the platform team"
_CHECK = (
    "To do so, save this as tenant.yaml, check with `tenantkit plan tenant.yaml` that no tenant of this name exists, "
    "and run `tenantkit apply tenant.yaml`:"
)


def plan_for(memory: Memory, *wanted: Tenant) -> Plan:
    """The plan of somebody who may change nothing."""
    memory.rights = frozenset()
    return plan(memory, wanted)


def lines(memory: Memory, *wanted: Tenant) -> list[str]:
    """The text for somebody who may change nothing."""
    return plan_for(memory, *wanted).request.splitlines()


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


@pytest.mark.parametrize(
    ("now", "wanted", "to"),
    [
        ({}, {"editors": ["sam@example.com"]}, f"an owner of vision (dana@example.com) or {_TEAM}"),
        ({}, {"routes": []}, f"an owner of vision (dana@example.com) or {_TEAM}"),
        ({}, {"editors": ["sam@example.com"], "size": "medium"}, _TEAM),
        ({}, {"owners": ["dana@example.com", "sam@example.com"]}, _TEAM),
        ({"frozen": "read-only"}, {"frozen": "read-only", "editors": ["sam@example.com"]}, _TEAM),
    ],
)
def test_members_and_routes_alone_are_asked_of_the_owners(now: dict[str, Any], wanted: dict[str, Any], to: str) -> None:
    memory = Memory()
    run(memory, tenant(**now))
    memory.rights = frozenset()

    made = plan(memory, tenant(**wanted))
    report = apply(memory, made, progress=False)

    assert made.request.splitlines()[0] == f"To: {to}"
    assert (report.team, report.request) == (to, made.request)
    assert f"nothing was changed: only {to} may" in str(report)


def test_a_host_is_noted_as_not_checked_only_for_whoever_may_not_list_all_tenants() -> None:
    lister, member = Memory(), Memory(refused=("Namespace",))
    for memory in (lister, member):
        run(memory, tenant())
    wanted = tenant(hosts=["new.example.ai"])
    note = "not checked against tenants that the sender may not read"

    assert note not in "\n".join(lines(lister, wanted))
    assert note in "\n".join(lines(member, wanted))
    pending = [row for row in plan(member, wanted).rows if row.ref.kind == "Namespace" and row.action == "not yours"]
    assert "hosts-not-checked" in {row.code for row in pending}
    assert len(plan(member, wanted).headlines) == 1


@pytest.mark.parametrize(
    ("connection", "command"),
    [
        (
            {"kubeconfig": "/home/da na/config", "context": "a b"},
            "`{} --kubeconfig '/home/da na/config' --context 'a b'`",
        ),
        ({"kubeconfig": "/a:/b", "context": "x"}, "`KUBECONFIG=/a:/b {} --context x`"),
        ({"kubeconfig": None, "context": None}, "`{}` (on memory, as the user of this connection)"),
        ({"kubeconfig": None, "context": "in-cluster"}, "`{}` (on memory, as the user of this connection)"),
    ],
)
def test_who_hands_a_tenant_back_gets_a_command_for_this_connection_that_deletes_no_data(
    connection: dict[str, str | None], command: str
) -> None:
    memory = Memory(**connection)  # type: ignore[arg-type]
    run(memory, tenant())
    for kind in ("PersistentVolumeClaim", "Service"):
        memory.create({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "namespace": "vision"}, "spec": {}})
    memory.rights = frozenset({("delete", "PersistentVolumeClaim"), ("delete", "Service")})

    made = plan_delete_tenants(memory, "vision")

    text = (
        "first save the data and files that are to be kept: volumes are deleted with the tenant. Then you may delete "
        f"what is in namespace vision yourself: {command.format('kubectl delete services --all -n vision')}. This also "
        "deletes other members' work."
    )
    assert [notice.words("shell") for notice in made.notices] == [text]
    assert "kubectl" not in made.request
    assert (
        "Note: the sender may delete workloads and routes in namespace vision first; what is still there is deleted "
        "with the tenant, also volumes and their data"
    ) in made.request.splitlines()


def test_a_deletion_is_confirmed_by_whoever_runs_it() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))
    memory.rights = frozenset()

    request = plan_delete_tenants(memory, ["vision", "speech"]).request

    assert "--confirm" not in request
    assert request.splitlines()[-1] == "To do so, run `tenantkit delete vision speech`, and confirm as it says."


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"pods": 30}, "quota: pods 20 → 30, count/pods 200 → 300, the limits of single containers and volumes"),
        ({}, "quota: the limits of single containers and volumes"),
    ],
)
def test_other_limits_of_containers_are_said_beside_other_amounts(changed: dict[str, Any], line: str) -> None:
    memory = Memory()
    quota = PLATFORM.sizes["small"]
    limits = quota.containers.with_(max_cpu="2")
    run(memory, tenant(size=None, quota=quota))

    assert f"- {line}" in lines(memory, tenant(size=None, quota=quota.with_(containers=limits, **changed)))


def test_other_limits_of_containers_are_said_beside_another_size_and_of_a_boost() -> None:
    quota = PLATFORM.sizes["small"]
    limited = quota.with_(containers=quota.containers.with_(max_cpu="2"))
    memory = Memory()
    run(memory, tenant())

    named = "the limits of single containers and volumes"
    assert f"- size: small → custom quota ({named})" in lines(memory, tenant(size=None, quota=limited))
    [boosted] = [
        line
        for line in lines(memory, tenant(boost=Boost(quota=limited, until="2099-01-01T00:00:00Z")))
        if line.startswith("- boost: ")
    ]
    assert boosted.endswith(f"pods 20, {named})")


def test_what_is_known_of_a_host_is_a_note_below_the_changes() -> None:
    memory = Memory(refused=("Namespace",))
    run(memory, tenant())

    made = lines(memory, tenant(hosts=["new.example.ai"]))

    start = made.index("Please make these changes:")
    assert made[start + 1 : start + 5] == [
        "- additional hosts: none → new.example.ai",
        "",
        "Note: new.example.ai: not checked against tenants that the sender may not read",
        "",
    ]


def test_a_form_on_an_unreachable_server_drafts_a_text_and_reads_again_with_each_plan() -> None:
    memory = Memory()
    run(memory, tenant())
    read, answers = memory.list, [ClusterUnavailable("the server did not answer")]

    def listed(*args: Any, **options: Any) -> Any:
        if answers:
            raise answers.pop()
        return read(*args, **options)

    memory.list = listed  # type: ignore[method-assign]
    notes = HostNotes(cluster_of(memory))

    assert [notes("vision.example.ai"), notes("new.example.ai")] == [NOT_VISIBLE, NOT_VISIBLE]
    notes.read_again()
    assert notes("vision.example.ai") == "it belongs to tenant 'vision': ask its owner (dana@example.com)"
    assert notes("new.example.ai") == ""


def test_the_sender_is_whom_the_server_names_or_left_out() -> None:
    memory = Memory(username="sam@example.com")
    run(memory, tenant())

    assert lines(memory, tenant(size="medium"))[2:5] == [
        f"To: {_TEAM}",
        "From: sam@example.com (not a member of vision; its owner is dana@example.com)",
        "Subject: change tenant vision",
    ]
    memory.username = ""
    assert lines(memory, tenant(size="medium"))[1] == "Subject: change tenant vision"


def test_a_server_that_names_nobody_leaves_the_letter_without_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Memory) -> str:
        raise PermissionDenied("you may not create selfsubjectreviews", status=403)

    memory = Memory()
    run(memory, tenant())
    monkeypatch.setattr(Memory, "own_username", refuse)

    assert lines(memory, tenant(size="medium"))[1] == "Subject: change tenant vision"


def test_who_has_nothing_to_ask_for_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    run(memory, tenant())
    monkeypatch.setattr(Memory, "own_username", None)

    assert plan(memory, tenant(size="medium")).sender == ""


@pytest.mark.parametrize(
    ("verb", "resource", "role"),
    [("list", "pods", ("viewer", "a viewer")), ("create", "pods", ("editor", "an editor")), ("create", "*", ())],
)
def test_who_asks_for_a_tenant_of_others_says_so_and_asks_its_owners_first(
    verb: str, resource: str, role: tuple[str, ...]
) -> None:
    rule = {"apiGroups": ["*"], "resources": [resource], "verbs": [verb]}
    memory = Memory(username="sam@example.com", own_role=(rule,))
    run(memory, tenant(owners=["dana@example.com", "group:cv"]))

    made = plan_for(memory, tenant(owners=["sam@example.com"], size="medium"))
    deletion = plan_delete_tenants(memory, "vision")

    owners = "dana@example.com, group:cv"
    for planned in (made, deletion):
        told = [notice.words() for notice in planned.notices if notice.code == "ask-owners-first"]
        if not role:
            assert (told, planned.sender) == ([], "sam@example.com")
            continue
        assert told == [f"you are {role[1]}: ask its owners ({owners}) before you send the request"]
        assert planned.request.splitlines()[:4] == [
            f"Note: vision: {told[0]}",
            "",
            f"To: {_TEAM}",
            f"From: sam@example.com ({role[0]} of vision; its owners are {owners})",
        ]


def test_who_asks_for_several_tenants_of_others_names_the_owners_of_each() -> None:
    memory = Memory(username="sam@example.com")
    run(memory, tenant(), tenant(name="speech", owners=["sam@example.com"]), tenant(name="search", routes=[]))

    made = plan_for(memory, *(tenant(name=name, size="medium", routes=None) for name in ("vision", "speech", "search")))

    assert made.sender == (
        "sam@example.com (not an owner of vision; its owner is dana@example.com; not an owner of search; its owner is "
        "dana@example.com)"
    )
    assert [notice.tenant for notice in made.notices if notice.code == "ask-owners-first"] == ["vision", "search"]


def test_the_owners_of_a_frozen_tenant_are_not_taken_for_its_viewers() -> None:
    memory = Memory(username="sam@example.com")
    run(memory, tenant(frozen="read-only"))

    assert plan_for(memory, tenant(size="medium", frozen="read-only")).sender == "sam@example.com"

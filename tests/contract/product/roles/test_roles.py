"""Every write that a role allows, then the platform's plan and apply: nobody gains what the spec does not give.

The rights are asked from the server, so a right that is added to a role is tried here without a change of this test.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound, PartialApplyError
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant
from tests.contract.product.roles.attempts import ATTACKS, ROUNDS, Attacker
from tests.contract.product.roles.bodies import EVE, TENANT_ROLES, Place, planted_by_platform
from tests.contract.product.roles.effects import WALLS, bindings, deviations, granted, snapshot
from tests.contract.product.roles.rights import rights_of, writes_of
from tests.contract.tenants import OWNER, ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan
    from tests.contract.product.roles.effects import Binding
    from tests.contract.wire import Wire

EDITOR, VIEWER = "editor@example.com", "viewer@example.com"
TEAM = {"editors": [EDITOR], "viewers": [VIEWER], "routes": [ROUTE]}
# who may manage members and routes, and so gives these rights to others as they like
MANAGERS = ("owner", "provisioner")


@pytest.fixture(scope="module")
def platform(cluster: Cluster) -> Iterator[Platform]:
    """The platform, with a provisioner for the tests of this module."""
    wanted = Platform(provisioners=["provisioner@example.com"])
    install_platform(cluster, wanted, progress=False)
    yield wanted
    install_platform(cluster, Platform(), progress=False)


@dataclass(frozen=True)
class Scene:
    """Two tenants before an attack.

    Args:
        spec: of the first, as the platform has it in its files.
        other: of the second.
        before: what the first one's objects say.
        other_before: what the second one's say.
        bound: every binding of the cluster.
    """

    spec: Tenant
    other: Tenant
    before: dict[str, Any]
    other_before: dict[str, Any]
    bound: frozenset[Binding]

    def plan(self, cluster: Cluster) -> Plan:
        """The platform's plan."""
        return plan(cluster, [self.spec, self.other])

    def bindings(self, admin: Wire) -> frozenset[Binding]:
        """Every binding of the cluster now, but for tenants of tests before, which are being deleted."""
        return bindings(admin, (self.spec.name, self.other.name))


@pytest.fixture(scope="module")
def other(cluster: Cluster, platform: Platform, wire: Wire) -> Iterator[Tenant]:
    """Another tenant, which no attack changes: each test compares it with what it was before."""
    assert platform.provisioners
    with _namespace(cluster, wire) as name:
        tenant = Tenant(name=name, team="nlp", owners=["somebody@example.com"], size="small", routes=[ROUTE])
        apply(cluster, plan(cluster, tenant), progress=False)
        yield tenant


@pytest.fixture(params=["its team listed", "its team left out"])
def scene(request: pytest.FixtureRequest, cluster: Cluster, other: Tenant, wire: Wire) -> Iterator[Scene]:
    """A tenant whose file lists its members and routes, or leaves them out; and another tenant."""
    with _namespace(cluster, wire) as name:
        listed = Tenant(name=name, team="cv", owners=[OWNER], size="small", **TEAM)
        apply(cluster, plan(cluster, listed), progress=False)
        spec = (
            listed if request.param == "its team listed" else Tenant(name=name, team="cv", owners=[OWNER], size="small")
        )
        yield Scene(spec, other, snapshot(wire, name), snapshot(wire, other.name), bindings(wire, (name, other.name)))


@contextmanager
def _namespace(cluster: Cluster, admin: Wire) -> Iterator[str]:
    """A name that nobody has; what it stands for is deleted afterwards, also what has a finalizer."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    yield name
    _unstick(admin, name)
    for namespace in (name, f"{name}-tried"):
        with suppress(NotFound):
            cluster.delete(ObjectRef("v1", "Namespace", namespace))


def _unstick(admin: Wire, namespace: str) -> None:
    """Remove what keeps a namespace from being deleted after a test."""
    for plural in ("rolebindings", "ingresses", "networkpolicies"):
        group = "rbac.authorization.k8s.io" if plural == "rolebindings" else "networking.k8s.io"
        root = f"/apis/{group}/v1/namespaces/{namespace}/{plural}"
        _without_finalizers(admin, root)
    for plural in ("configmaps", "serviceaccounts", "resourcequotas", "limitranges", "secrets", "services", "pods"):
        _without_finalizers(admin, f"/api/v1/namespaces/{namespace}/{plural}")
    _without_finalizers(admin, f"/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes")


def _without_finalizers(admin: Wire, root: str) -> None:
    found = admin("GET", root)
    for item in found.body["items"] if found.status == 200 else ():  # not every server serves HTTPRoutes
        if item["metadata"].get("finalizers"):
            patch = {"metadata": {"finalizers": None}}
            answer = admin(
                "PATCH", f"{root}/{item['metadata']['name']}", patch, content_type="application/merge-patch+json"
            )
            assert answer.status == 200, answer.body


def _attacker(user: str, scene: Scene, wire_as: Callable[[str], Wire], admin: Wire) -> Attacker:
    name, other = scene.spec.name, scene.other.name
    place = Place(name, f"{name}.example.ai", f"{other}.example.ai")
    return Attacker(wire_as(user), admin, place)


def _apply(cluster: Cluster, planned: Plan, **options: Any) -> None:
    """Apply a plan; rows that fail are reported, and the others are done."""
    with suppress(PartialApplyError):
        apply(cluster, planned, progress=False, **options)


def _rows(planned: Plan, name: str) -> dict[str, set[str]]:
    """The actions of the rows of one tenant that are not `unchanged`, by `Kind/name`."""
    found: dict[str, set[str]] = {}
    for row in planned.rows:
        if name in (row.ref.namespace, row.ref.name) and row.action != "unchanged":
            found.setdefault(f"{row.ref.kind}/{row.ref.name}", set()).add(row.action)
    return found


@pytest.mark.parametrize("attack", ATTACKS, ids=" then ".join)
@pytest.mark.parametrize("user", ["owner", "editor", "provisioner"])
def test_after_every_write_of_a_role_the_platforms_apply_gives_nobody_more_than_the_spec(  # noqa: PLR0913 (fixtures)
    *,
    user: str,
    attack: tuple[str, ...],
    scene: Scene,
    cluster: Cluster,
    wire: Wire,
    wire_as: Callable[[str], Wire],
    eventually: Callable[..., object],
) -> None:
    name = scene.spec.name
    eventually(lambda: writes_of(wire_as(user), name))
    attacker = _attacker(user, scene, wire_as, wire)
    if user == "editor":
        planted_by_platform(wire, attacker.place)
    for round_name in attack:
        attacker.run(round_name)
    attacked, gained = snapshot(wire, name), scene.bindings(wire) - scene.bound

    planned = scene.plan(cluster)

    rows = _rows(planned, name)
    assert _rows(planned, scene.other.name) == {}
    assert user in MANAGERS or not gained, f"the role itself gives rights: {gained}"
    if user == "provisioner" and "blocked" in rows.get(f"Namespace/{name}", ()):
        return  # they took the namespace away from tenantkit, as an administrator can: the plan says so, and stops
    shown = deviations(scene.before, attacked) - _teams_own(scene, attacked, user)
    assert shown <= rows.keys(), f"no row for {shown - rows.keys()}"

    _apply(cluster, planned)

    extra = _extra(scene, wire, user)
    unexplained = [binding for binding in extra if f"RoleBinding/{binding[1]}" not in rows]
    assert not unexplained

    _apply(cluster, scene.plan(cluster), force_conflicts="all")

    final = _rows(scene.plan(cluster), name)
    extra = _extra(scene, wire, user)
    assert not [binding for binding in extra if "foreign" not in final.get(f"RoleBinding/{binding[1]}", ())]
    assert not [binding for binding in extra if binding[2].partition("/")[2] in TENANT_ROLES]
    if not extra and not _teams_bindings(scene, wire, user):
        assert rights_of(wire, name, user=EVE) == rights_of(wire, scene.other.name, user=EVE)
    lost = granted(scene.bound) - granted(scene.bindings(wire))
    assert {role for _, role, _ in lost} <= _team_roles(scene, user)
    now = snapshot(wire, name)
    changed = [key for key in scene.before if key.partition("/")[0] in WALLS and now.get(key) != scene.before[key]]
    # a provisioner manages the walls as the platform does, so that what they took over is theirs until it is settled
    assert [key for key in changed if user != "provisioner" or key not in final] == []
    assert snapshot(wire, scene.other.name) == scene.other_before


def _team_roles(scene: Scene, user: str) -> set[str]:
    """The roles that this user gives and takes as they like, since the spec leaves the members as they are."""
    is_free = scene.spec.editors is None and user in MANAGERS
    return {"ClusterRole/tenantkit-editor", "ClusterRole/tenantkit-viewer"} if is_free else set()


def _teams_bindings(scene: Scene, admin: Wire, user: str) -> set[Binding]:
    own = _team_roles(scene, user)
    return {it for it in scene.bindings(admin) - scene.bound if it[0] == scene.spec.name and it[2] in own}


def _extra(scene: Scene, admin: Wire, user: str) -> set[Binding]:
    """The bindings that came with the attack and that are not the team's own decision."""
    before = granted(scene.bound)
    now = {it for it in scene.bindings(admin) if (it[0], it[2], it[3]) not in before}
    return now - _teams_bindings(scene, admin, user)


def _teams_own(scene: Scene, attacked: dict[str, Any], user: str) -> set[str]:
    """Members and routes that a manager added or removed, where the spec leaves them as they are."""
    own = _team_roles(scene, user)
    if not own:
        return set()
    found = set()
    for key in scene.before.keys() | attacked.keys():
        if (key in scene.before) == (key in attacked):
            continue
        manifest = attacked.get(key) or scene.before[key]
        if key.startswith("RoleBinding/") and f"ClusterRole/{manifest['roleRef']['name']}" in own:
            found.add(key)
        if key.startswith("Ingress/") and _hosts(manifest) <= {f"{scene.spec.name}.example.ai"}:
            found.add(key)
    return found


def _hosts(ingress: dict[str, Any]) -> set[str]:
    spec = ingress["spec"]
    hosts = {rule.get("host", "") for rule in spec.get("rules") or [{}]}
    hosts |= {host for entry in spec.get("tls") or () for host in entry.get("hosts") or ()}
    return hosts | ({""} if "defaultBackend" in spec else set())


@pytest.mark.parametrize("user", ["owner", "editor", "provisioner"])
def test_every_right_of_a_role_is_tried(
    user: str, scene: Scene, wire: Wire, wire_as: Callable[[str], Wire], eventually: Callable[..., object]
) -> None:
    eventually(lambda: writes_of(wire_as(user), scene.spec.name))
    attacker = _attacker(user, scene, wire_as, wire)

    for name in ROUNDS:
        if name not in ("deleted", "deleted together"):
            attacker.run(name)
    for name in ("deleted", "deleted together"):
        attacker.run(name)

    assert {*attacker.rights} - attacker.tried == set()
    assert attacker.stored


@pytest.mark.parametrize("user", ["viewer", "stranger"])
def test_a_role_that_only_reads_has_no_right_to_write(
    user: str, scene: Scene, wire_as: Callable[[str], Wire], eventually: Callable[..., object]
) -> None:
    if user == "viewer":
        eventually(lambda: len(rights_of(wire_as(user), scene.spec.name)) > len(rights_of(wire_as(user), "default")))

    assert writes_of(wire_as(user), scene.spec.name) == []

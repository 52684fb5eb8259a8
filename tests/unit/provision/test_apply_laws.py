"""Laws of plan and apply: for any earlier state, any changes of others, and any interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import ContainerLimits, Quota, StorageClassQuota
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Routing
from tenantkit.spec.security import Security
from tenantkit.spec.tenant import Tenant
from tests.unit.provision.memory import PLATFORM, QUOTA, Killed, Memory, run, tenant, with_hard

if TYPE_CHECKING:
    from tenantkit.rules.manifest import ObjectRef


def test_an_apply_killed_at_any_write_and_run_again_has_the_same_result() -> None:
    before, after = tenant(editors=["eve@example.com"]), tenant(size="large", viewers=["ada@example.com"], routes=[])
    undisturbed = Memory()
    run(undisturbed, before)
    run(undisturbed, after)
    total = len(undisturbed.writes)
    assert total == 20

    for last in range(total):
        memory = Memory()

        def kill(_verb: str, _ref: ObjectRef, *, memory: Memory = memory, last: int = last) -> None:
            if len(memory.writes) > last:
                raise Killed

        memory.on_write = kill
        with pytest.raises(Killed):
            _ = run(memory, before), run(memory, after)
        memory.on_write = lambda _verb, _ref: None
        run(memory, before)
        run(memory, after)

        assert memory.state() == undisturbed.state()


people = st.sampled_from(["ada@example.com", "eve@example.com", "group:cv", "sa:hub/jupyter-ada"])


def specs(of: type[Any], **fields: Any) -> st.SearchStrategy[Any]:
    """Specs of exactly these fields; by itself Hypothesis would add the aliases, which are other names of the same."""

    def build(**chosen: Any) -> Any:
        return of(**chosen)

    return st.builds(build, **fields)


routes = st.lists(
    specs(
        Route,
        service=st.sampled_from(["a", "b"]),
        port=st.integers(1, 65535) | st.just("http"),
        path=st.sampled_from(["/", "/a", "/b"]),
        path_type=st.sampled_from(["Prefix", "Exact"]),
    ),
    max_size=3,
    unique_by=lambda route: route.path,
)
containers = specs(
    ContainerLimits,
    request_cpu=st.sampled_from(["100m", "0.25"]),
    limit_cpu=st.sampled_from([None, "1"]),
    max_cpu=st.sampled_from([None, "2"]),
    max_memory=st.sampled_from([None, "1Gi", "2048Mi"]),
)
classes = st.dictionaries(
    st.sampled_from(["fast", "slow.example.org"]),
    specs(StorageClassQuota, storage=st.just("10Gi"), claims=st.none() | st.integers(0, 3)),
)
quotas = specs(
    Quota,
    requests_cpu=st.sampled_from(["1", "1500m", "0.5", "2e3"]),
    requests_memory=st.sampled_from(["1Gi", "1024Mi", "1.5Gi", "3G"]),
    accelerators=st.dictionaries(st.just("nvidia.com/gpu"), st.integers(0, 3)),
    pods=st.integers(0, 50),
    containers=containers,
    storage_classes=classes,
)
tenants = specs(
    Tenant,
    name=st.just("vision"),
    team=st.sampled_from(["cv", "nlp"]),
    owners=st.lists(people, min_size=1, max_size=2, unique=True),
    quota=quotas,
    hosts=st.lists(st.sampled_from(["a.example.org", "b.example.org"]), unique=True),
    editors=st.lists(people, max_size=2, unique=True),
    routes=routes,
    protected=st.booleans(),
)
platforms = specs(
    Platform,
    domain=st.sampled_from(["example.ai", "example.com"]),
    labels=st.dictionaries(st.sampled_from(["a", "example.org/b"]), st.sampled_from(["", "1"])),
    routing=specs(
        Routing,
        ingress_class=st.sampled_from([None, "contour"]),
        tls_secret=st.sampled_from([None, "{name}-tls"]),
        annotations=st.dictionaries(st.just("example.org/issuer"), st.sampled_from(["", "x"])),
    ),
    security=specs(
        Security,
        enforce=st.sampled_from(["baseline", "restricted"]),
        image_pull_secrets=st.lists(st.sampled_from(["a", "b"]), unique=True),
    ),
)
edits = st.lists(
    st.tuples(st.sampled_from(["pods", "services", "count/x.y"]), st.sampled_from(["1", "2", None])), max_size=3
)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(first=tenants, second=tenants, before=platforms, after=platforms)
def test_a_plan_made_after_an_apply_is_empty_whatever_existed_before(
    first: Tenant, second: Tenant, before: Platform, after: Platform
) -> None:
    memory = Memory()
    run(memory, first, platform=before)
    run(memory, second, platform=after)

    assert not plan(memory, second, platform=after).has_changes


@few
@given(first=tenants, second=tenants, before=platforms, after=platforms)
def test_the_earlier_spec_leaves_no_trace(first: Tenant, second: Tenant, before: Platform, after: Platform) -> None:
    changed, fresh = Memory(), Memory()
    changed.install(before)
    fresh.install(after)
    run(changed, first, platform=before)
    run(changed, second, platform=after)
    run(fresh, second, platform=after)

    assert changed.state() == fresh.state()


@few
@given(first=tenants, before=platforms, after=platforms)
def test_members_and_routes_that_a_spec_leaves_as_they_are_follow_the_platform(
    first: Tenant, before: Platform, after: Platform
) -> None:
    changed, fresh = Memory(), Memory()
    changed.install(before)
    fresh.install(after)
    run(changed, first, platform=before)
    run(changed, first.with_(editors=None, routes=None), platform=after)
    run(fresh, first, platform=after)

    assert changed.state() == fresh.state()


@few
@given(wanted=tenants, changed=edits)
def test_after_forcing_all_changes_of_others_to_a_quota_the_plan_is_empty(
    wanted: Tenant, changed: list[tuple[str, str | None]]
) -> None:
    memory = Memory()
    run(memory, wanted)
    for key, value in changed:
        memory.edit(QUOTA, with_hard(**{key: value}))
    planned = plan(memory, wanted, platform=PLATFORM)

    apply(memory, planned, force_conflicts=[row for row in planned.rows if row.action == "conflict"], progress=False)

    assert not plan(memory, wanted, platform=PLATFORM).has_changes

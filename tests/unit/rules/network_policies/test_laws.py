"""Laws of the evaluation, on random worlds."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tenantkit.rules.network_policies.addresses import FAMILIES
from tenantkit.rules.network_policies.endpoints import PodEnd
from tenantkit.rules.network_policies.evaluation import connection
from tenantkit.rules.network_policies.groups import group_pods
from tenantkit.rules.network_policies.policies import read_policy
from tenantkit.rules.network_policies.ports import PROTOCOLS
from tests.unit.odd_objects import FEW, REMOVED
from tests.unit.rules.network_policies.naive import Question, allows
from tests.unit.rules.network_policies.worlds import NAMESPACES, PORTS, draw_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.network_policies.addresses import Family
    from tenantkit.rules.network_policies.endpoints import End
    from tenantkit.rules.network_policies.evaluation import Policies
    from tests.unit.rules.network_policies.worlds import World

worlds = st.builds(draw_world, st.randoms(use_true_random=False))
few = settings(max_examples=100, deadline=None)


def policies_of(world: World) -> Policies:
    read = [read_policy(policy) for policy in world.policies]
    return {name: [policy for policy in read if policy.namespace == name] for name in NAMESPACES}


def pairs(world: World) -> Iterator[tuple[End, End, Family]]:
    ends = world.ends()
    for source in ends:
        for destination in ends:
            for family in FAMILIES:
                if source.address(family) is not None and destination.address(family) is not None:
                    yield source, destination, family


def manifest_of(world: World, end: End) -> Any:
    if not isinstance(end, PodEnd):
        return None
    return next(pod for pod in world.pods if pod["metadata"]["name"] == end.name)


@few
@given(worlds)
def test_every_answer_is_that_of_the_page_read_word_by_word(world: World) -> None:
    policies = policies_of(world)
    for source, destination, family in pairs(world):
        found = connection(source, destination, policies, family)
        about = manifest_of(world, source), manifest_of(world, destination)
        at = str(source.address(family)), str(destination.address(family))
        for protocol, port in product(PROTOCOLS, (*PORTS, 443)):
            asked = Question(*about, protocol, port, *at)
            assert found.allows(protocol, port) is allows(world, asked), asked


@few
@given(worlds)
def test_pods_of_one_group_have_the_same_answers(world: World) -> None:
    policies = policies_of(world)
    # a node always reaches its own pods, and a group is on no particular node
    ends = [replace(pod, node_addresses=()) for pod in world.pod_ends()]
    assert sum(group.count for group in group_pods(ends, policies)) == len(ends)
    for one, other in combinations(ends, 2):
        if len(group_pods([one, other], policies)) > 1:
            continue
        for third, family in product(ends, FAMILIES):
            if third in (one, other) or third.address(family) is None or one.address(family) is None:
                continue
            assert connection(one, third, policies, family) == connection(other, third, policies, family)
            assert connection(third, one, policies, family) == connection(third, other, policies, family)


@few
@given(worlds, st.data())
def test_what_is_unknown_never_makes_an_answer_wrong(world: World, data: st.DataObject) -> None:
    policies = policies_of(world)
    hidden = data.draw(st.sampled_from(("labels", "namespace_labels", "addresses", "ports", "policies")))
    for source, destination, family in pairs(world):
        exact = connection(source, destination, policies, family)
        hide: dict[str, Any] = {} if hidden == "policies" else {hidden: None}
        ends = [replace(end, **hide) if isinstance(end, PodEnd) else end for end in (source, destination)]
        known = policies if hide else {}
        less = connection(ends[0], ends[1], known, family)
        assert not less.allowed - exact.allowed
        assert not exact.allowed - (less.allowed | less.unknown)


@few
@given(worlds, st.data())
def test_an_odd_policy_costs_answers_and_never_all_of_them(world: World, data: st.DataObject) -> None:
    odd = copy.deepcopy(data.draw(st.sampled_from(world.policies)))
    holder, key = data.draw(st.sampled_from([*_places(odd["spec"])]))
    value = data.draw(st.sampled_from(FEW))
    if value is REMOVED:
        del holder[key]
    else:
        holder[key] = value
    read = read_policy(odd)
    policies = {**policies_of(world)}
    policies[read.namespace] = [read if policy.name == read.name else policy for policy in policies[read.namespace]]
    for source, destination, family in pairs(world):
        found = connection(source, destination, policies, family)
        assert not found.allowed & found.unknown
        about_others = all(
            not isinstance(end, PodEnd) or end.namespace != read.namespace for end in (source, destination)
        )
        assert not (about_others and found.unknown)


@few
@given(worlds, st.data())
def test_one_rule_more_never_takes_anything_away(world: World, data: st.DataObject) -> None:
    policy = data.draw(st.sampled_from(world.policies))
    wider = copy.deepcopy(policy)
    for direction in ("ingress", "egress"):
        if direction in policy["spec"]:
            wider["spec"][direction].append({})
    wider["spec"]["policyTypes"] = [kind for kind, applies in read_policy(policy).applies.items() if applies]
    changed = replace(world, policies=[wider if each is policy else each for each in world.policies])
    for source, destination, family in pairs(world):
        before = connection(source, destination, policies_of(world), family)
        after = connection(source, destination, policies_of(changed), family)
        assert not before.allowed - after.allowed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a manifest: what holds it, and its key or index."""
    for key, inner in [*value.items()] if isinstance(value, dict) else [*enumerate(value)]:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)

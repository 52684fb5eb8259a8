"""Valid tenants, and the errors of invalid ones."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import ContainerLimits, Quota
from tenantkit.spec.route import Route
from tenantkit.spec.spellings import FIELDS
from tenantkit.spec.tenant import GRANT_FIELDS, TEAM_FIELDS, Tenant


def tenant(**fields: Any) -> Tenant:
    return Tenant(**{"name": "vision", "team": "cv", "owners": ["dana@example.com"], "size": "small"} | fields)


def refusal(**fields: Any) -> str:
    with pytest.raises(InvalidSpecError) as caught:
        tenant(**fields)
    return str(caught.value)


def test_the_error_of_a_wrong_name_shows_a_right_one() -> None:
    assert refusal(name="Vision Team") == (
        "name='Vision Team': use lower-case letters, digits and '-', at most 63 characters, for example 'vision-team'"
    )


def test_all_wrong_fields_are_reported_at_once() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Tenant(
            name="A", owners=[], size="small", routes=[{"service": "web", "port": 0, "path": "ai-service"}], tem="cv"
        )  # type: ignore[call-arg]

    assert [problem.field for problem in caught.value.problems] == [
        "name",
        "team",
        "owners",
        "routes[0].port",
        "routes[0].path",
        "tem",
    ]
    assert caught.value.problems[-1].reason == "no such field: did you mean 'team'?"


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"name": ""}, "name", "use lower-case letters"),
        ({"name": "a" * 64}, "name", "at most 63 characters"),
        ({"name": 7}, "name", "use text"),
        ({"team": ""}, "team", "set the team"),
        ({"team": "a/b"}, "team", ""),
        ({"owners": []}, "owners", "list at least one owner"),
        ({"owners": "dana@example.com"}, "owners", "use a list"),
        ({"owners": ["dana", "dana"]}, "owners", "more than once"),
        ({"owners": ["group:system:authenticated"]}, "owners[0]", "names that start with 'system:' are reserved"),
        ({"viewers": ["system:anonymous"]}, "viewers[0]", "names that start with 'system:' are reserved"),
        ({"editors": ["sa:dana"]}, "editors[0]", "sa:NAMESPACE/NAME"),
        ({"owners": ["dana "]}, "owners[0]", "remove the spaces around it, for example 'dana'"),
        ({"owners": ["\x1b[31mred"]}, "owners[0]", "write a user"),
        ({"hosts": ["*.example.ai"]}, "hosts[0]", ""),
        ({"hosts": ["Example.AI"]}, "hosts[0]", "example.ai"),
        ({"hosts": [""]}, "hosts[0]", ""),
        ({"size": None}, "Tenant", "set either size or quota (neither is set)"),
        ({"quota": {"requests_cpu": 1, "requests_memory": "1Gi"}}, "Tenant", "(both are set)"),
        ({"expires": "2026-12-24T00:00:00"}, "expires", "use a date, a time and a zone"),
        ({"expires": "2026-12-24"}, "expires", "use a date, a time and a zone"),
        ({"expires": "2027"}, "expires", "use a date, a time and a zone"),  # not 2,027 seconds after 1970
        ({"expires": 2027}, "expires", "use a date, a time and a zone"),
        ({"expires": datetime(2027, 1, 1)}, "expires", "use a date, a time and a zone"),  # noqa: DTZ001 (that is the point)
        ({"protected": "perhaps"}, "protected", "use true or false"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], field: str, part: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        tenant(**fields)

    assert (caught.value.field, part in caught.value.reason) == (field, True), str(caught.value)


@pytest.mark.parametrize("path", ["ai-service", "/a b", "", "/a//b", "/../b", "/%2fb"])
def test_a_path_that_the_server_would_refuse_is_refused(path: str) -> None:
    with pytest.raises(InvalidSpecError, match="path="):
        Route(service="web", port=80, path=path)


@pytest.mark.parametrize("port", [0, -1, 65536, "", "UPPER", "a" * 16, True, 80.5, None])
def test_a_port_that_the_server_would_refuse_is_refused(port: Any) -> None:
    with pytest.raises(InvalidSpecError, match="port="):
        Route(service="web", port=port)


@pytest.mark.parametrize("quantity", ["1K", "-1", " 1Gi", "NaN", "", "1_000", True, None, [], "1Gi "])
def test_a_quantity_that_the_server_would_refuse_is_refused(quantity: Any) -> None:
    with pytest.raises(InvalidSpecError, match="requests_memory="):
        Quota(requests_cpu=1, requests_memory=quantity)


def test_quantities_are_kept_as_the_server_writes_them() -> None:
    quota = Quota(requests_cpu=0.5, requests_memory="1024Mi")

    assert (quota.requests_cpu, quota.requests_memory) == ("500m", "1Gi")


def test_a_limit_below_its_request_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match=r"limits_memory \(1Gi\) is less than requests_memory \(2Gi\)"):
        Quota(requests_cpu=1, requests_memory="2Gi", limits_memory="1Gi")
    with pytest.raises(InvalidSpecError, match=r"request_cpu \(2\) is more than max_cpu \(1\)"):
        ContainerLimits(request_cpu=2, max_cpu=1)


def test_a_cpu_limit_needs_a_default_for_containers_without_one() -> None:
    with pytest.raises(InvalidSpecError, match=r"containers.limit_cpu is not"):
        Quota(requests_cpu=1, requests_memory="2Gi", limits_cpu=2)


def test_two_routes_with_the_same_host_and_path_are_refused() -> None:
    route = {"service": "web", "port": 80, "path": "/web"}

    assert "2 routes have the tenant's own host and path '/web'" in refusal(
        routes=[route, route | {"service": "other"}]
    )
    assert "2 routes are named 'web'" in refusal(
        routes=[route | {"name": "web"}, route | {"name": "web", "path": "/b"}]
    )
    assert len(tenant(routes=[route, route | {"path_type": "Exact"}]).routes or ()) == 2


def test_a_prefix_with_and_without_a_slash_at_its_end_is_one_path() -> None:
    def routes(path_type: str) -> list[Route]:
        paths = ("/a", "/a/")
        return [Route(service="web", port=80, path=path, path_type=path_type) for path in paths]

    for path_type in ("Prefix", "ImplementationSpecific"):
        assert "2 routes have the tenant's own host and path '/a'" in refusal(routes=routes(path_type))
    assert len(tenant(routes=routes("Exact")).routes or ()) == 2


@pytest.mark.parametrize(
    ("spec", "field", "advice"),
    [
        (Quota, "gpus", "use accelerators, for example {'nvidia.com/gpu': 2}"),
        (Quota, "nvidia.com/gpu", "use accelerators, for example {'nvidia.com/gpu': 2}"),
        (Quota, "limits.nvidia.com/gpu", "use accelerators, for example {'nvidia.com/gpu': 2}"),
        (Quota, "cpus", "use requests_cpu, in cores, for example '16'"),
        (Quota, "memory_gb", "use requests_memory, with a unit, for example '64Gi'"),
        (Quota, "mem", "use requests_memory, with a unit, for example '64Gi'"),
        (Quota, "requests.cpu", "did you mean 'requests_cpu'?"),
        (Quota, "requests.ephemeral-storage", "use ephemeral_storage, with a unit, for example '50Gi'"),
        (Quota, "configmaps", "did you mean 'config_maps'?"),
        (Quota, "persistentvolumeclaims", "use volume_claims, a number"),
        (Quota, "services.loadbalancers", "use load_balancers, a number"),
        (Tenant, "members", "use editors, a list"),
        (Tenant, "gpus", "use size, for example 'small', or quota for exact amounts"),
        (Tenant, "owner", "did you mean 'owners'?"),
        (Route, "targetPort", "use port, that of the Service"),
    ],
)
def test_another_name_of_a_field_is_refused_with_the_right_one(spec: Any, field: str, advice: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        spec(**{field: 1})

    assert f"no such field: {advice}" in [problem.reason for problem in caught.value.problems]


def test_each_other_name_of_a_field_stands_for_a_field_and_is_none_itself() -> None:
    specs = {spec.__name__: spec for spec in (Quota, ContainerLimits, Tenant, Route, Platform)}

    assert set(FIELDS) == set(specs)
    for name, others in FIELDS.items():
        fields = specs[name].model_fields
        assert {field for field, _ in others.values()} <= set(fields)
        assert not {field.replace("_", "") for field in fields} & set(others)


@pytest.mark.parametrize("entry", ["requests.nvidia.com/gpu", "limits.nvidia.com/gpu", "count/nvidia.com/gpu"])
def test_an_entry_of_a_quota_is_not_taken_for_an_accelerator(entry: str) -> None:
    prefix = entry.removesuffix("nvidia.com/gpu")
    for make in (
        lambda: Quota(requests_cpu=1, requests_memory="1Gi", accelerators={entry: 1}),
        lambda: Platform(accelerators=[entry]),
    ):
        with pytest.raises(InvalidSpecError, match=f"remove the prefix '{prefix}', .* for example, 'nvidia.com/gpu'"):
            make()


def test_a_tenant_is_frozen_and_compared_by_value() -> None:
    assert tenant() == tenant()
    with pytest.raises(ValueError, match="cannot be changed"):
        tenant().name = "other"  # type: ignore[misc]


def test_the_error_of_a_frozen_field_says_how_to_make_a_changed_copy() -> None:
    vision = tenant()
    reason = "a Tenant cannot be changed: make a copy with tenant.with_(size=...)"

    with pytest.raises(InvalidSpecError, match="size='large': ") as caught:
        vision.size = "large"  # type: ignore[misc]
    assert caught.value.reason == reason
    with pytest.raises(InvalidSpecError, match="size='small': ") as caught:
        del vision.size
    assert (caught.value.reason, vision.size) == (reason, "small")


def test_an_error_about_several_fields_names_the_tenant_and_not_all_of_its_fields() -> None:
    assert refusal(size=None) == (
        "Tenant='vision': set either size or quota (neither is set), for example size='small'"
    )


def test_a_changed_copy_is_validated_and_leaves_the_original() -> None:
    vision = tenant()

    copy = vision.with_(size="large", editors=["eve@example.com"])

    assert copy == tenant(size="large", editors=["eve@example.com"])
    assert vision == tenant()
    assert vision.with_() == vision


def test_a_changed_copy_reports_every_wrong_and_unknown_field() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        tenant().with_(name="A", edtors=["eve@example.com"], owners=[])

    assert [(problem.field, problem.reason.partition(",")[0]) for problem in caught.value.problems] == [
        ("name", "use lower-case letters"),
        ("owners", "list at least one owner"),
        ("edtors", "no such field: did you mean 'editors'?"),
    ]


def test_a_changed_copy_takes_a_quota_in_place_of_a_size() -> None:
    quota = Quota(requests_cpu=1, requests_memory="1Gi")

    assert tenant().with_(size=None, quota=quota).quota == quota
    with pytest.raises(InvalidSpecError, match=r"set either size or quota \(both are set\)"):
        tenant().with_(quota=quota)


def test_a_copy_of_a_route_takes_a_field_in_either_spelling() -> None:
    route = Route(service="web", port=80, path_type="Exact")

    assert route.with_(pathType="Prefix") == route.with_(path_type="Prefix") == Route(service="web", port=80)


def test_positional_values_are_refused() -> None:
    make: Any = Tenant
    with pytest.raises(InvalidSpecError) as caught:
        make("vision")

    assert str(caught.value) == "Tenant='vision': pass fields by name, for example Tenant(name='vision', ...)"


def test_every_field_belongs_to_one_of_the_two_parts() -> None:
    assert sorted(GRANT_FIELDS + TEAM_FIELDS) == sorted(Tenant.model_fields)


def test_a_grant_survives_a_round_trip_and_leaves_the_teams_part_as_it_is() -> None:
    whole = tenant(
        hosts=["vision.example.org"], editors=["group:cv"], routes=[], expires="2027-01-01T00:00:00Z", protected=True
    )

    read = Tenant.from_grant(whole.grant_json(), source="namespace 'vision'")

    assert read == whole.with_(editors=None, routes=None)


def test_nobody_and_as_it_is_are_different_in_files_too() -> None:
    assert tenant(editors=[], routes=[]).to_mapping() == tenant().to_mapping() | {"editors": [], "routes": []}
    assert Tenant.from_mapping(tenant(viewers=[]).to_mapping()) == tenant(viewers=[])
    assert tenant(viewers=[]) != tenant()
    assert tenant(viewers=["group:cv"]).with_(viewers=None) == tenant()


def test_defaults_are_stored_so_that_new_defaults_do_not_change_a_tenant() -> None:
    stored = json.loads(tenant(size=None, quota=Quota(requests_cpu=1, requests_memory="1Gi")).grant_json())

    assert stored["quota"]["pods"] == 30


def test_a_stored_grant_cannot_name_members_and_routes() -> None:
    forged = json.loads(tenant().grant_json()) | {"editors": ["mallory"], "routes": [{"service": "web", "port": 80}]}

    assert Tenant.from_grant(json.dumps(forged), source="namespace 'vision'") == tenant()


def test_an_unknown_stored_field_is_ignored() -> None:
    stored = json.loads(tenant(size=None, quota=Quota(requests_cpu=1, requests_memory="1Gi")).grant_json())
    stored["mesh"] = stored["quota"]["mesh"] = True

    read = Tenant.from_grant(json.dumps(stored), source="namespace 'vision'")

    assert read == tenant(size=None, quota=Quota(requests_cpu=1, requests_memory="1Gi"))


def test_the_error_of_a_newer_stored_spec_names_the_needed_version() -> None:
    stored = tenant().grant_json().replace("v1alpha1", "v1beta1")

    with pytest.raises(
        SpecVersionError, match=r"tenantkit.dev/v1beta1, and this version of tenantkit reads tenantkit.dev/v1alpha1"
    ):
        Tenant.from_grant(stored, source="namespace 'vision'")


@pytest.mark.parametrize(("text", "reason"), [("{", "is not JSON"), ("[" * 100_000, "is nested too deeply")])
def test_a_broken_stored_grant_is_an_error_that_names_it(text: str, reason: str) -> None:
    with pytest.raises(InvalidSpecError, match=r"the grant of namespace 'vision': json=.*: " + reason):
        Tenant.from_grant(text, source="namespace 'vision'")


def test_long_values_are_cut_in_messages() -> None:
    assert len(refusal(name="x" * 10_000)) < 300

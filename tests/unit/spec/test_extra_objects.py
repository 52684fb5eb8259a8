"""Extra objects and copies of a platform: what is refused, and what the fields of a template become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.spec.extra_objects import CopySource, copy_source, expanded
from tenantkit.spec.platform import Platform

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

FIELDS = {"name": "vision", "team": "cv", "namespace": "team-vision", "domain": "example.ai"}


def config_map(**fields: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}} | fields


def problems(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidSpecError) as caught:
        Platform(**fields)
    return {problem.field: problem.reason for problem in caught.value.problems}


def test_every_wrong_field_of_every_template_is_named_at_once() -> None:
    wrong = {
        "apiVersion": "1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "tenantkit-x", "finalizers": [], "labels": {"tenantkit.dev/tenant": "x", "a": 1}},
        "status": {},
    }

    found = problems(extra_objects=[wrong, 3, config_map(data={"a": ["{nmae}"]})], copies=["registry"])

    assert set(found) == {
        "extra_objects[0].apiVersion",
        "extra_objects[0].kind",
        "extra_objects[0].status",
        "extra_objects[0].metadata.finalizers",
        "extra_objects[0].metadata.name",
        "extra_objects[0].metadata.labels['tenantkit.dev/tenant']",
        "extra_objects[0].metadata.labels['a']",
        "extra_objects[1]",
        "extra_objects[2].data.a[0]",
        "copies[0]",
    }
    assert found["extra_objects[2].data.a[0]"].startswith("{nmae} is not known: use {name}, {team}, {namespace} or")


@pytest.mark.parametrize(
    "kind",
    [
        *("ResourceQuota", "LimitRange", "NetworkPolicy", "CiliumNetworkPolicy", "Role", "RoleBinding"),
        *("Ingress", "HTTPRoute", "Gateway", "Secret", "Endpoints", "EndpointSlice"),
    ],
)
def test_kinds_that_would_undo_a_wall_or_show_a_secret_are_refused(kind: str) -> None:
    assert set(problems(extra_objects=[config_map(kind=kind)])) == {"extra_objects[0].kind"}


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (config_map(kind="Namespace"), "is not in a namespace"),
        (config_map(metadata={"name": "kube-root-ca.crt"}), "is reserved"),
        (config_map(kind="ServiceAccount", metadata={"name": "default"}), "is reserved"),
        (config_map(metadata={"name": "settings", "namespace": "team-vision"}), "is each tenant's own"),
        (config_map(metadata={"name": "{domain}/x"}), "use lower-case letters"),
        (config_map(metadata={}), "use a name"),
        (config_map(metadata=[]), "use a mapping with a name"),
    ],
)
def test_a_template_of_something_else_than_a_tenants_own_object_is_refused(template: Manifest, reason: str) -> None:
    assert [text for text in problems(extra_objects=[template]).values() if reason in text]


def test_the_fields_of_a_template_stand_for_the_tenants_and_doubled_braces_for_themselves() -> None:
    template = {
        "a": "{name}-{team}",
        "b": ["{namespace}", {"c": "x.{domain} {{name}} { name } {{ .Values.x }}"}],
        "d": 1,
    }

    assert expanded(template, FIELDS) == {
        "a": "vision-cv",
        "b": ["team-vision", {"c": "x.example.ai {name} { name } {{ .Values.x }}"}],
        "d": 1,
    }


def test_a_copy_is_of_a_secret_unless_it_says_config_map() -> None:
    assert copy_source("secrets/registry") == CopySource("Secret", "secrets", "registry")
    assert copy_source("ConfigMap/certs/ca.crt") == CopySource("ConfigMap", "certs", "ca.crt")


@pytest.mark.parametrize("text", ["", "/", "a/", "a/b/c", "Pod/a/b", "A/b", "a/tenantkit-b", "a/b/c/d", "Secret//a"])
def test_what_is_not_a_source_is_refused(text: str) -> None:
    assert set(problems(copies=[text])) == {"copies[0]"}


@pytest.mark.parametrize(
    "fields",
    [
        {"copies": ["a/registry", "b/registry"]},
        {"copies": ["a/registry", "a/registry"]},
        {"extra_objects": [config_map(), config_map()]},
        {"extra_objects": [config_map()], "copies": ["ConfigMap/a/settings"]},
    ],
)
def test_two_objects_of_one_name_are_refused(fields: dict[str, Any]) -> None:
    assert [reason for reason in problems(**fields).values() if "keep one of them" in reason]


def test_a_platform_with_templates_reads_back_from_what_it_writes() -> None:
    platform = Platform(extra_objects=[config_map(data={"{": "{name}"})], copies=["a/b", "ConfigMap/a/b"])

    assert Platform.from_mapping(platform.to_mapping()) == platform
    assert Platform.from_stored(platform.to_stored()) == platform

"""Pod security rules on manifests: the cases of the contract tests, and manifests that no server would store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.pod_security.levels import LEVELS, Violation, parse_version, violations
from tenantkit.sandbox.apis.defaults import set_defaults
from tenantkit.sandbox.registry.strategies import prepare_create
from tests.contract.api.pod_cases import bare, container, pod
from tests.contract.api.pods_by_level import CASES

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.pod_security.levels import Level
    from tests.contract.api.pod_cases import Case


def message(manifest: Manifest, level: Level, version: str = "latest") -> str:
    return ", ".join(map(str, violations(manifest, level, version)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pod_violates_the_same_checks_as_on_a_real_server(case: Case) -> None:
    on_a_server = prepare_create(set_defaults(case.pod))
    assert message(on_a_server, "baseline") == case.violations("baseline")
    assert message(on_a_server, "restricted") == case.violations("restricted")
    assert message(on_a_server, "privileged") == ""


def test_violations_name_their_checks_and_are_sorted_by_name() -> None:
    found = violations(pod(hostNetwork=True, security={"runAsNonRoot": False}), "restricted")
    assert found == (
        Violation("hostNamespaces", "host namespaces", "hostNetwork=true"),
        Violation("runAsNonRoot", "runAsNonRoot != true", "pod must not set securityContext.runAsNonRoot=false"),
    )


def test_ephemeral_containers_count_last() -> None:
    unsafe = {"privileged": True, "allowPrivilegeEscalation": False}
    manifest = pod(
        container("main", unsafe),
        initContainers=[container("setup", unsafe)],
        ephemeralContainers=[container("debug", unsafe)],
    )
    who = 'containers "setup", "main", "debug"'
    assert message(manifest, "restricted") == f"privileged ({who} must not set securityContext.privileged=true)"


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"name": "a", "newDisk": {}}, 'restricted volume types (volume "a" uses restricted volume type "newDisk")'),
        ({"name": "a", "hostPath": None, "emptyDir": {}}, ""),
        ({"name": "a"}, ""),
    ],
)
def test_a_volume_is_judged_by_its_source(volume: Manifest, expected: str) -> None:
    assert message(pod(volumes=[volume]), "restricted") == expected


@pytest.mark.parametrize("level", LEVELS)
def test_a_pod_with_missing_or_null_fields_can_be_checked(level: Level) -> None:
    nothing: list[Any] = [{}, {"metadata": None, "spec": None}, {"spec": {"containers": None, "securityContext": None}}]
    assert [violations(manifest, level) for manifest in nothing] == [(), (), ()]


def test_the_privileged_level_allows_everything() -> None:
    assert violations(bare(), "privileged") == ()


@pytest.mark.parametrize(("text", "minor"), [("v1.0", 0), ("v1.24", 24), ("v1.999", 999), ("latest", float("inf"))])
def test_a_version_of_the_standards_is_parsed(text: str, minor: float) -> None:
    assert parse_version(text) == minor


@pytest.mark.parametrize("text", ["", "1.24", "v1", "v1.024", "v2.0", "v1.24.1", "v1.x", "Latest", "v1.24\n", "v1.٢"])
def test_an_invalid_version_of_the_standards_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape('must be "latest" or "v1.x"')):
        violations(bare(), "privileged", text)

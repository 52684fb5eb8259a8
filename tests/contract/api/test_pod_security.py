"""Pod security levels: the pods that a namespace's labels refuse, and the messages; the same on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tenantkit.rules.manifest import ObjectRef
from tests.contract.api.kind_samples import GOOD, QUIET
from tests.contract.api.pod_cases import bare, container, pod
from tests.contract.api.pods_by_level import CASES
from tests.contract.namespaces import fresh_name
from tests.contract.wire import APPLY, MERGE_PATCH, STRATEGIC_PATCH
from tests.eventually import eventually
from tests.statuses import forbidden, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.api.pod_cases import Case
    from tests.contract.wire import Answer, Wire

    Namespaces = Callable[..., str]

LABEL = "pod-security.kubernetes.io"
UNSAFE = pod(hostNetwork=True)
UNSAFE_TOLD = "host namespaces (hostNetwork=true)"
BARE_REASONS = "allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile"


@pytest.fixture(scope="module")
def labelled(cluster: Cluster) -> Iterator[Namespaces]:
    """A namespace with those labels, `enforce="baseline"` and so on, ready for pods; deleted after the tests."""
    made: dict[str, str] = {}

    def of(**modes: str) -> str:
        key = json.dumps(modes)
        if key not in made:
            name = fresh_name()
            cluster.create(namespace(name, **modes))
            made[key] = name
            eventually(lambda: cluster.get("ServiceAccount", "default", name))
        return made[key]

    yield of
    for name in made.values():
        cluster.delete(ObjectRef("v1", "Namespace", name))


def namespace(name: str, **modes: str) -> Manifest:
    labels = {f"{LABEL}/{mode.replace('_', '-')}": value for mode, value in modes.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def create(wire: Wire, where: str, manifest: Manifest, dry_run: str = "All") -> Answer:
    return wire("POST", f"/api/v1/namespaces/{where}/pods", manifest, query={"dryRun": dry_run} if dry_run else None)


def warnings(answer: Answer) -> list[str]:
    """The warnings in an answer's headers, except those about annotations, which have other causes."""
    found = [json.loads(text.removeprefix("299 - ")) for text in answer.headers.getlist("Warning")]  # type: ignore[attr-defined]
    return [text for text in found if not text.startswith("metadata.annotations[")]


def refusal(why: str, name: str = "trainer") -> Manifest:
    return forbidden("pods", name, why)


@pytest.mark.parametrize("level", ["baseline", "restricted"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_violations_of_a_level_are_in_the_refusal_or_the_warning(
    wire: Wire, labelled: Namespaces, case: Case, level: str
) -> None:
    violations = case.violations(level)
    enforced = create(wire, labelled(enforce=level), case.pod)
    warned = create(wire, labelled(warn=level), case.pod)
    assert warned.status == 201
    if violations:
        assert enforced.body == refusal(f'violates PodSecurity "{level}:latest": {violations}')
        assert warnings(warned) == [f'would violate PodSecurity "{level}:latest": {violations}']
    else:
        assert (enforced.status, warnings(enforced), warnings(warned)) == (201, [], [])


@pytest.mark.parametrize(
    ("modes", "refused", "warned"),
    [
        ({}, None, None),
        ({"enforce": "privileged", "audit": "restricted"}, None, None),
        ({"enforce_version": "v1.24"}, None, None),
        ({"enforce": "baseline", "warn": "restricted"}, "baseline:latest", None),
        ({"enforce": "baseline", "enforce_version": "v1.99"}, "baseline:v1.99", None),
        ({"warn": "baseline", "warn_version": "v1.0"}, None, "baseline:v1.0"),
        ({"warn": "baseline", "enforce": "privileged"}, None, "baseline:latest"),
    ],
)
def test_each_mode_has_its_own_label_and_version(
    wire: Wire, labelled: Namespaces, modes: dict[str, str], refused: str | None, warned: str | None
) -> None:
    answer = create(wire, labelled(**modes), UNSAFE)
    if refused:
        assert answer.body == refusal(f'violates PodSecurity "{refused}": {UNSAFE_TOLD}')
    assert answer.status == (403 if refused else 201)
    assert warnings(answer) == ([f'would violate PodSecurity "{warned}": {UNSAFE_TOLD}'] if warned else [])


@pytest.mark.parametrize(
    ("version", "manifest", "violations"),
    [
        ("v1.7", pod(container("main", {"allowPrivilegeEscalation": True})), ""),
        ("v1.18", pod(container("main", {"capabilities": None}), security={"seccompProfile": None}), ""),
        (
            "v1.18",
            pod(
                security={"seccompProfile": None, "runAsNonRoot": None},
                annotations={"seccomp.security.alpha.kubernetes.io/pod": "unconfined"},
            ),
            (
                'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined"), '
                'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true)'
            ),
        ),
        ("v1.21", pod(container("main", {"capabilities": None, "runAsUser": 0})), ""),
        ("v1.22", pod(container("main", {"runAsUser": 0})), ""),
        ("v1.23", pod(container("main", {"runAsUser": 0})), 'runAsUser=0 (container "main" must not set runAsUser=0)'),
        (
            "v1.30",
            pod(security={"seLinuxOptions": {"type": "container_engine_t"}}),
            'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
        ),
        (
            "v1.31",
            pod(security={"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}),
            "forbidden sysctls (net.ipv4.tcp_rmem)",
        ),
        ("v1.33", pod(container("main", livenessProbe={"tcpSocket": {"port": 80, "host": "10.0.0.1"}})), ""),
        (
            "v1.34",
            pod(container("main", {"procMount": "Unmasked"}), hostUsers=False),
            'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            "v1.34",
            pod(container("main", {"runAsUser": 0}), hostUsers=False),
            'runAsUser=0 (container "main" must not set runAsUser=0)',
        ),
    ],
)
def test_an_older_version_of_the_standards_has_the_checks_of_its_time(
    wire: Wire, labelled: Namespaces, version: str, manifest: Manifest, violations: str
) -> None:
    answer = create(wire, labelled(warn="restricted", warn_version=version), manifest)
    assert answer.status == 201
    assert warnings(answer) == (
        [f'would violate PodSecurity "restricted:{version}": {violations}'] if violations else []
    )


def test_an_enforced_level_warns_at_the_version_for_warnings(wire: Wire, labelled: Namespaces) -> None:
    where = labelled(enforce="baseline", enforce_version="v1.33", warn_version="latest")
    answer = create(wire, where, pod(container("main", livenessProbe={"tcpSocket": {"port": 80, "host": "10.0.0.1"}})))
    violations = 'probe or lifecycle host (container "main" uses probe or lifecycle host "10.0.0.1")'
    assert (answer.status, warnings(answer)) == (201, [f'would violate PodSecurity "baseline:latest": {violations}'])


def test_a_pod_without_a_name_is_refused_under_its_generated_name(wire: Wire, labelled: Namespaces) -> None:
    unnamed = {**UNSAFE, "metadata": {"generateName": "trainer-"}}
    body = create(wire, labelled(enforce="baseline"), unnamed).body
    assert body == refusal(f'violates PodSecurity "baseline:latest": {UNSAFE_TOLD}', body["details"]["name"])
    assert body["details"]["name"].startswith("trainer-")


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob"])
def test_a_violation_in_a_template_is_a_warning_at_each_write_and_never_a_refusal(
    wire: Wire, labelled: Namespaces, kind: str
) -> None:
    good = GOOD[kind]
    where = labelled(enforce="restricted")
    made = wire("POST", good.path(where), good.named("train", QUIET[kind]))
    change = {"metadata": {"labels": {"a": "b"}}}
    changed = wire("PATCH", f"{good.path(where)}/train", change, content_type=MERGE_PATCH)

    for answer, code in ((made, 201), (changed, 200)):
        assert answer.status == code
        [warning] = warnings(answer)
        assert warning.startswith('would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false')


def test_an_apply_is_refused_like_a_create(wire: Wire, labelled: Namespaces) -> None:
    path = f"/api/v1/namespaces/{labelled(enforce='baseline')}/pods/trainer"
    answer = wire("PATCH", path, UNSAFE, content_type=APPLY, query={"fieldManager": "us"})
    assert answer.body == refusal(f'violates PodSecurity "baseline:latest": {UNSAFE_TOLD}')


def test_a_missing_account_is_reported_before_the_level_and_the_level_before_the_quota(
    wire: Wire, cluster: Cluster, labelled: Namespaces
) -> None:
    where = labelled(enforce="baseline", audit="baseline")
    hard = {"pods": "0"}
    metadata = {"name": "tenantkit-quota", "namespace": where}
    cluster.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}})
    eventually(lambda: cluster.get("ResourceQuota", "tenantkit-quota", where)["status"].get("used") == {"pods": "0"})
    eventually(lambda: "exceeded quota" in create(wire, where, bare()).body.get("message", ""))
    unknown = {**UNSAFE, "spec": {**UNSAFE["spec"], "serviceAccountName": "nope"}}
    assert "error looking up service account" in create(wire, where, unknown).body["message"]
    assert "violates PodSecurity" in create(wire, where, UNSAFE).body["message"]


def test_an_existing_pod_may_be_labelled_but_gets_no_new_image(wire: Wire, namespace: str) -> None:
    where, path = namespace, f"/api/v1/namespaces/{namespace}"
    eventually(lambda: create(wire, where, bare(), dry_run="").status == 201)
    label(wire, where, enforce="restricted")
    violations = next(case for case in CASES if case.name == "a-pod-without-settings").violations("restricted")
    image = {"spec": {"containers": [{"name": "main", "image": "alpine"}]}}

    def new_image() -> Answer:
        return wire("PATCH", f"{path}/pods/trainer", image, content_type=STRATEGIC_PATCH, query={"dryRun": "All"})

    eventually(lambda: new_image().status == 403)
    assert new_image().body == refusal(f'violates PodSecurity "restricted:latest": {violations}')
    labels = {"metadata": {"labels": {"team": "cv"}}}
    assert wire("PATCH", f"{path}/pods/trainer", labels, content_type=MERGE_PATCH).status == 200
    status = {"status": {"phase": "Running"}}
    assert wire("PATCH", f"{path}/pods/trainer/status", status, content_type=MERGE_PATCH).status == 200


@pytest.mark.parametrize("mode", ["enforce", "warn"])
@pytest.mark.parametrize(
    "debug",
    [
        ({}, ""),
        (
            {"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}, "runAsUser": 0},
            (
                'unrestricted capabilities (container "debug" must not include "SYS_PTRACE" in '
                'securityContext.capabilities.add), runAsUser=0 (container "debug" must not set runAsUser=0)'
            ),
        ),
        (
            {"allowPrivilegeEscalation": None},
            (
                'allowPrivilegeEscalation != false (container "debug" must set '
                "securityContext.allowPrivilegeEscalation=false)"
            ),
        ),
    ],
)
def test_the_level_applies_to_ephemeral_containers_too(
    wire: Wire, namespace: str, mode: str, debug: tuple[Manifest, str]
) -> None:
    security, violations = debug
    label(wire, namespace, **{mode: "restricted"})

    def is_known() -> bool:
        answer = create(wire, namespace, bare())
        return "PodSecurity" in answer.body.get("message", "") or bool(warnings(answer))

    eventually(is_known)
    assert create(wire, namespace, pod(), dry_run="").status == 201
    path = f"/api/v1/namespaces/{namespace}/pods/trainer/ephemeralcontainers"
    added = {"spec": {"ephemeralContainers": [container("debug", security)]}}
    answer = wire("PATCH", path, added, content_type=STRATEGIC_PATCH)
    if violations and mode == "enforce":
        assert answer.body == refusal(f'violates PodSecurity "restricted:latest": {violations}')
    else:
        assert (answer.status, warnings(answer)) == (
            200,
            [f'would violate PodSecurity "restricted:latest": {violations}'] if violations else [],
        )
        assert [item["name"] for item in answer.body["spec"]["ephemeralContainers"]] == ["debug"]


def label(wire: Wire, name: str, **modes: str | None) -> Answer:
    """Set a namespace's labels; None removes one."""
    path = f"/api/v1/namespaces/{name}"
    # without a version, a real server first tries the patch on its cached object, and warns about that result too
    version = wire("GET", path).body["metadata"]["resourceVersion"]
    labels = {f"{LABEL}/{mode.replace('_', '-')}": value for mode, value in modes.items()}
    body = {"metadata": {"labels": labels, "resourceVersion": version}}
    return wire("PATCH", path, body, content_type=MERGE_PATCH)


def test_a_stricter_level_names_the_existing_pods_that_violate_it(wire: Wire, namespace: str) -> None:
    eventually(lambda: create(wire, namespace, bare("c"), dry_run="").status == 201)
    for name in ("a", "b"):
        assert create(wire, namespace, bare(name), dry_run="").status == 201
    for name in ("d", "e"):
        unsafe = pod(hostNetwork=True)
        assert create(wire, namespace, {**unsafe, "metadata": {"name": name}}, dry_run="").status == 201
    assert create(wire, namespace, {**pod(), "metadata": {"name": "f"}}, dry_run="").status == 201

    def violations(level: str) -> str:
        return f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{level}"'

    def relabelled(**modes: str | None) -> list[str]:
        answer = label(wire, namespace, **modes)
        assert answer.status == 200
        return warnings(answer)

    # a real server reads from a cache, which may not have the last pod yet
    hosts = "d (and 1 other pod): host namespaces"
    eventually(
        lambda: [relabelled(enforce=None), relabelled(enforce="baseline")][1] == [violations("baseline:latest"), hosts]
    )
    bares = f"a (and 2 other pods): {BARE_REASONS}"
    assert relabelled(enforce="restricted") == [violations("restricted:latest"), bares, hosts]
    assert relabelled(enforce="restricted", team="cv") == []
    assert relabelled(enforce="baseline") == []
    assert relabelled(enforce_version="v1.20") == [violations("baseline:v1.20"), hosts]
    assert relabelled(enforce="privileged") == []
    assert relabelled(warn="restricted") == []


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_namespace_without_pods_accepts_any_level_without_a_warning(wire: Wire, namespace: str, level: str) -> None:
    answer = label(wire, namespace, enforce=level)
    assert (answer.status, warnings(answer)) == (200, [])


WRONG = {
    "enforce": "strict",
    "enforce_version": "1.24",
    "audit": "Baseline",
    "audit_version": "v1.024",
    "warn": "",
    "warn_version": "newest",
}


def invalid_labels(name: str) -> Manifest:
    levels = "must be one of privileged, baseline, restricted"
    causes = [
        {
            "reason": "FieldValueInvalid",
            "message": f'Invalid value: "{value}": '
            + ('must be "latest" or "v1.x"' if mode.endswith("version") else levels),
            "field": f"metadata.labels[{LABEL}/{mode.replace('_', '-')}]",
        }
        for mode, value in WRONG.items()
    ]
    violations = ", ".join(f"{cause['field']}: {cause['message']}" for cause in causes)
    details = {"kind": "Namespace", "name": name, "causes": causes}
    return status(422, "Invalid", f'Namespace "{name}" is invalid: [{violations}]', details)


def test_a_namespace_is_not_created_with_labels_that_name_no_level(wire: Wire) -> None:
    answer = wire("POST", "/api/v1/namespaces", namespace("contract-wrong-labels", **WRONG), query={"dryRun": "All"})
    assert answer.body == invalid_labels("contract-wrong-labels")


def test_a_namespace_is_not_changed_to_labels_that_name_no_level(wire: Wire, namespace: str) -> None:
    assert label(wire, namespace, **WRONG).body == invalid_labels(namespace)

"""kubectl, as a platform engineer uses it, works as on any other server."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.contract.namespaces import fresh_name
from tests.contract.wire import kubectl, kubectl_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.engines import Engine


@pytest.fixture
def run(engine: Engine) -> Callable[..., str]:
    """Run kubectl as a user: `run("get", "ns", user="owner")`."""

    def call(*words: str, user: str = "admin", stdin: str | None = None) -> str:
        login = engine.login(user)
        context = ["--context", login.context] if login.context else []
        return kubectl(login.kubeconfig, *context, *words, stdin=stdin)

    return call


def ingress(namespace: str, host: str) -> str:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
    return json.dumps(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"rules": [{"host": host, "http": {"paths": [path]}}]},
        }
    )


def service(namespace: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 80}]},
        }
    )


def quota(namespace: str, pods: int) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "team", "namespace": namespace},
            "spec": {"hard": {"pods": str(pods)}},
        }
    )


def test_get_lists_several_kinds_of_all_namespaces(run: Callable[..., str], namespace: str) -> None:
    run("apply", "--server-side", "-f", "-", stdin=ingress(namespace, "web.example.ai"))
    run("apply", "--server-side", "-f", "-", stdin=quota(namespace, 3))

    listed = run("get", "ns,ingress,resourcequota", "-A", "-o", "name").split()

    assert {f"namespace/{namespace}", "ingress.networking.k8s.io/web", "resourcequota/team"} <= set(listed)


@pytest.mark.parametrize(
    ("words", "header", "row"),
    [
        (("ingress",), "NAME CLASS HOSTS ADDRESS PORTS AGE", "web <none> web.example.ai 80 AGE"),
        (("quota",), "NAME REQUEST LIMIT AGE", "team pods: 0/3 AGE"),
        (("quota", "-o", "wide", "--show-labels"), "NAME REQUEST LIMIT AGE LABELS", "team pods: 0/3 AGE <none>"),
        (("quota", "--no-headers"), "team pods: 0/3 AGE", "team pods: 0/3 AGE"),
        (("quota", "-A"), "NAMESPACE NAME REQUEST LIMIT AGE", "{namespace} team pods: 0/3 AGE"),
        (("sa", "default"), "NAME AGE", "default AGE"),
        (("svc",), "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE", "web ClusterIP None <none> 80/TCP AGE"),
        (
            ("svc", "-o", "wide"),
            "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR",
            "web ClusterIP None <none> 80/TCP AGE app=web",
        ),
    ],
)
def test_get_prints_the_columns_of_a_kind(
    run: Callable[..., str], namespace: str, words: tuple[str, ...], header: str, row: str
) -> None:
    for manifest in (ingress(namespace, "web.example.ai"), quota(namespace, 3), service(namespace)):
        run("create", "-f", "-", stdin=manifest)
    run("wait", "--for=jsonpath={.status.used.pods}=0", "quota/team", "-n", namespace, "--timeout=20s")
    run("wait", "--for=create", "sa/default", "-n", namespace, "--timeout=20s")

    printed = [" ".join(line.split()) for line in run("get", *words, "-n", namespace).splitlines()]

    aged = [re.sub(r"\b\d+s\b", "AGE", line) for line in printed]
    assert aged[0] == header
    assert row.format(namespace=namespace) in aged


def test_get_watches_in_the_columns_of_a_kind(engine: Engine, run: Callable[..., str], namespace: str) -> None:
    run("create", "-f", "-", stdin=service(namespace))
    login = engine.login("admin")
    context = ["--context", login.context] if login.context else []
    words = ("get", "svc", "-n", namespace, "--watch", "--output-watch-events")

    with subprocess.Popen(
        kubectl_command(login.kubeconfig, *context, *words), stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        try:
            added = [watching.stdout.readline().split() for _ in range(2)]
            run("delete", "svc", "web", "-n", namespace)
            deleted = watching.stdout.readline().split()
        finally:
            watching.kill()

    assert added[0] == ["EVENT", "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    assert [row[:6] for row in (added[1], deleted)] == [
        [event, "web", "ClusterIP", "None", "<none>", "80/TCP"] for event in ("ADDED", "DELETED")
    ]


def test_apply_prints_what_it_did_and_diff_what_it_would_do(run: Callable[..., str], namespace: str) -> None:
    words = ("apply", "--server-side", "-f", "-")

    assert run(*words, stdin=quota(namespace, 3)) == "resourcequota/team serverside-applied\n"
    assert run("diff", "--server-side", "-f", "-", stdin=quota(namespace, 3)) == ""
    with pytest.raises(RuntimeError, match="diff"):  # kubectl diff exits with 1 if there are differences
        run("diff", "--server-side", "-f", "-", stdin=quota(namespace, 4))


def test_apply_of_another_manager_reports_the_conflict(run: Callable[..., str], namespace: str) -> None:
    run("apply", "--server-side", "-f", "-", stdin=quota(namespace, 3))

    with pytest.raises(RuntimeError, match=r'conflict with "kubectl": \.spec\.hard\.pods'):
        run("apply", "--server-side", "--field-manager", "other", "-f", "-", stdin=quota(namespace, 4))


def test_a_misspelt_field_is_reported_by_name(run: Callable[..., str], namespace: str) -> None:
    misspelt = quota(namespace, 3).replace('"hard"', '"hrad"')

    with pytest.raises(RuntimeError, match=r"hrad"):
        run("create", "-f", "-", stdin=misspelt)


def test_patch_and_replace_change_an_object(run: Callable[..., str], namespace: str) -> None:
    run("create", "-f", "-", stdin=quota(namespace, 3))

    run("patch", "quota", "team", "-n", namespace, "--type", "merge", "-p", '{"spec":{"hard":{"pods":"5"}}}')
    live = yaml.safe_load(run("get", "quota", "team", "-n", namespace, "-o", "yaml"))
    live["spec"]["hard"]["services"] = "2"
    run("replace", "-f", "-", stdin=yaml.safe_dump(live))

    after = json.loads(run("get", "quota", "team", "-n", namespace, "-o", "json"))
    assert after["spec"]["hard"] == {"pods": "5", "services": "2"}


def test_describe_shows_a_namespace_with_its_quota(run: Callable[..., str], namespace: str) -> None:
    run("create", "-f", "-", stdin=quota(namespace, 3))
    run("wait", "--for=jsonpath={.status.hard.pods}=3", "quota/team", "-n", namespace, "--timeout=20s")

    printed = run("describe", "ns", namespace)

    assert f"Name:         {namespace}" in printed
    assert "Status:       Active" in printed
    assert "pods      0     3" in printed


def test_describe_shows_an_ingress_and_a_quota(run: Callable[..., str], namespace: str) -> None:
    run("create", "-f", "-", stdin=ingress(namespace, "web.example.ai"))
    run("create", "-f", "-", stdin=quota(namespace, 3))

    assert "web.example.ai" in run("describe", "ingress", "web", "-n", namespace)
    assert "pods" in run("describe", "resourcequota", "team", "-n", namespace)


def test_can_i_reports_what_each_user_may_do(run: Callable[..., str]) -> None:
    assert run("auth", "can-i", "create", "namespaces") == "yes\n"
    with pytest.raises(RuntimeError):
        run("auth", "can-i", "create", "namespaces", user="stranger")


def test_can_i_lists_the_rules(run: Callable[..., str]) -> None:
    everything = run("auth", "can-i", "--list")
    little = run("auth", "can-i", "--list", user="stranger")

    assert "*.*" in everything
    assert "*.*" not in little
    assert "selfsubjectreviews.authentication.k8s.io" in little


def test_whoami_names_the_user(run: Callable[..., str]) -> None:
    assert "owner@example.com" in run("auth", "whoami", user="owner")


def test_explain_and_api_resources_list_the_served_kinds(run: Callable[..., str]) -> None:
    assert "resourcequotas" in run("api-resources", "--namespaced=true", "-o", "name")
    assert "hard" in run("explain", "resourcequota.spec")


def test_a_missing_object_and_a_missing_kind_have_different_errors(run: Callable[..., str], namespace: str) -> None:
    with pytest.raises(RuntimeError, match=r'\(NotFound\): resourcequotas "none" not found'):
        run("get", "resourcequota", "none", "-n", namespace)
    with pytest.raises(RuntimeError, match="doesn't have a resource type"):
        run("get", "unicorns")


def test_a_label_is_set_and_used_in_a_selector(run: Callable[..., str], namespace: str) -> None:
    run("label", "namespace", namespace, "purpose=contract")

    listed = run("get", "ns", "-l", f"purpose=contract,kubernetes.io/metadata.name={namespace}", "-o", "name")

    assert listed == f"namespace/{namespace}\n"


def test_delete_waits_until_a_namespace_is_deleted(run: Callable[..., str]) -> None:
    name = fresh_name()
    run("create", "namespace", name)
    run("create", "configmap", "one", "-n", name, "--from-literal=a=b")

    run("delete", "ns", name, "--timeout=60s")

    with pytest.raises(RuntimeError, match="NotFound"):
        run("get", "ns", name)

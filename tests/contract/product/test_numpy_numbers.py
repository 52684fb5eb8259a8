"""Numbers of numpy, such as a table's cells, count as Python's wherever tenantkit takes a number."""

from __future__ import annotations

import inspect
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import tenantkit as tk
from tenantkit import plots
from tenantkit.spec.base import Spec
from tests.contract.namespaces import fresh_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.engines import Engine

_NUMBER = re.compile(r"\b(int|float)\b")
_RESULTS = ("Fit.", "FitCheck.")  # classes that are made by tenantkit alone


def _parameters() -> Iterator[str]:
    """The parameters of public functions that take numbers."""
    for name in dir(tk):
        public = getattr(tk, name)
        methods = {f"{name}.{each}": it for each, it in vars(public).items()} if inspect.isclass(public) else {}
        functions = (
            {name: public, **methods} if public is not plots else {f"plots.{n}": f for n, f in vars(plots).items()}
        )
        for called, function in functions.items():
            own = called.rpartition(".")[2]
            if inspect.isfunction(function) and (own == "__init__" or not own.startswith("_")):
                for parameter in inspect.signature(function).parameters.values():
                    if _NUMBER.search(str(parameter.annotation)) and not called.startswith(_RESULTS):
                        yield f"{called}({parameter.name})"


def _specs() -> list[type[Spec]]:
    return [it for name in dir(tk) if inspect.isclass(it := getattr(tk, name)) and issubclass(it, Spec)]


def _outcome(make: Callable[[], object]) -> str:
    try:
        return repr(make())
    except tk.exceptions.InvalidSpecError as error:
        return str(error)


@pytest.mark.parametrize(
    ("mine", "plain"),
    [
        (np.int64(8), 8),
        (np.uint8(8), 8),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.bool_(1), True),
        (np.str_("x"), "x"),
        (np.array(["x", "y"]), ["x", "y"]),
        (pd.Series([8])[0], 8),
        (pd.Series([8], dtype="Int64").max(), 8),
    ],
    ids=repr,
)
def test_every_field_of_every_spec_takes_them_as_pythons_own(mine: object, plain: object) -> None:
    for kind in _specs():
        for field in kind.model_fields:
            assert _outcome(lambda: kind(**{field: mine})) == _outcome(lambda: kind(**{field: plain})), (kind, field)  # noqa: B023 (called at once)


def test_a_spec_with_them_is_written_as_one_with_pythons_own() -> None:
    route = {"service": np.str_("web"), "port": np.int64(80), "path": "/"}
    quota = {"requests_cpu": np.int64(8), "requests_memory": "32Gi", "pods": np.int64(5)}
    tenant = tk.Tenant(name=np.str_("a"), team="t", owners=np.array(["o@example.com"]), quota=quota, routes=[route])

    assert "port: 80" in tenant.to_yaml()
    assert tenant.quota == tk.Quota(requests_cpu=8, requests_memory="32Gi", pods=5)


@pytest.mark.parametrize("missing", [pd.NA, pd.NaT, float("nan"), np.float64("nan")], ids=repr)
def test_a_missing_value_is_refused_with_the_right_form(missing: Any) -> None:
    with pytest.raises(tk.exceptions.InvalidSpecError, match=r"pods=\S+: use "):
        tk.Quota(requests_cpu=8, requests_memory="32Gi", pods=missing)


def test_every_number_of_every_function_may_be_numpys(engine: Engine) -> None:
    login, name = engine.login("admin"), fresh_name()
    one: Any = np.int64(1)
    four: Any = np.uint8(4)
    half: Any = np.float32(0.5)
    minute: Any = np.int64(60)
    with tk.connect(kubeconfig=login.kubeconfig, context=login.context, timeout_s=minute) as cluster:
        tk.install_platform(cluster)
        tenant = tk.Tenant(name=name, team="t", owners=["o@example.com"], size="small")
        tk.apply(cluster, tk.plan(cluster, tenant), max_concurrency=four, timeout_s=minute, progress=False)
        options: dict[str, Any] = {"max_concurrency": four, "progress": False}
        try:
            tk.freeze(cluster, name, **options)
            tk.thaw(cluster, name, **options)
            tk.boost(cluster, name, size="medium", until="2099-01-01T00:00:00Z", **options)
            tk.release(cluster, name, **options)
            tk.adopt(cluster, tenant, **options)
            events = list(cluster.watch("Namespace", name=name, timeout_s=half))
            fit = tk.fits(cluster, name, pods=one, cpu=half, memory=np.int64(1 << 28), gpus=one)  # type: ignore[arg-type]
            bytes_: Any = np.int64(1 << 34)
            tk.request_quota(cluster, name, cpu=four, memory=bytes_, storage=bytes_, gpus=one, pods=four)
            cluster.create(_without_pods(name))
            logged = tk.logs(cluster, "Deployment/api", name, tail=one, max_pods=one, limit_bytes=minute)
            with tk.follow_logs(cluster, "Deployment/api", name, tail=one, max_pods=one, timeout_s=half) as stream:
                lines = list(stream)
            plots.gpus(tk.nodes(cluster), tk.pods(cluster), limit=one)
            plots.quota_heatmap(tk.quota_usage(cluster), limit=one)
            plots.connectivity(tk.connectivity(cluster, tenant=name), limit=one)
        finally:
            report = tk.delete_tenants(cluster, name, confirm=name, timeout_s=minute, **options)
    tried = {
        "connect(timeout_s)",
        "apply(max_concurrency)",
        "apply(timeout_s)",
        "Cluster.watch(timeout_s)",
        *(f"fits({each})" for each in ("pods", "cpu", "memory", "gpus")),
        *(f"request_quota({each})" for each in ("cpu", "memory", "storage", "gpus", "pods")),
        *(f"logs({each})" for each in ("tail", "max_pods", "limit_bytes")),
        *(f"follow_logs({each})" for each in ("tail", "max_pods", "timeout_s")),
        "LogStream.__init__(timeout_s)",  # by follow_logs
        *(f"plots.{each}(limit)" for each in ("gpus", "quota_heatmap", "connectivity")),
        *(f"{each}(max_concurrency)" for each in ("freeze", "thaw", "boost", "release", "adopt", "delete_tenants")),
        "delete_tenants(timeout_s)",
        "Sandbox.__init__(port)",  # below
        "uninstall_platform(timeout_s)",  # below
    }

    assert {*_parameters()} <= tried
    assert [event.type for event in events] == ["ADDED"]
    assert (fit.wanted, len(report.failed), logged.text, lines) == (1, 0, "", [])


def _without_pods(namespace: str) -> dict[str, Any]:
    """A Deployment of no pods."""
    containers = [{"name": "main", "image": "registry/api"}]
    template = {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": containers}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "api"}}, "template": template}
    metadata = {"name": "api", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def test_a_sandbox_takes_them_and_no_warning_escapes_from_it_or_its_client() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with tk.Sandbox(port=np.int64(0)) as box, tk.connect(kubeconfig=box.kubeconfig) as cluster:  # type: ignore[arg-type]
            tk.install_platform(cluster)
            tk.uninstall_platform(cluster, confirm="tenantkit-system", timeout_s=np.int64(30))  # type: ignore[arg-type]


def test_an_object_may_hold_them(cluster: tk.Cluster, namespace: str) -> None:
    metadata = {"name": "numbers", "namespace": namespace}
    ports = [{"port": np.int64(80), "targetPort": np.int32(8080)}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}}

    assert cluster.apply(service)["spec"]["ports"][0]["targetPort"] == 8080


@pytest.mark.parametrize("timeout_s", [pd.NA, float("nan"), "5", True])
def test_a_time_that_is_not_a_number_is_refused(cluster: tk.Cluster, timeout_s: Any) -> None:
    with pytest.raises(tk.exceptions.InvalidSpecError, match="timeout_s="):
        cluster.watch("Namespace", timeout_s=timeout_s)

"""Guardrails that only warn or write to the audit log, and the words in which tenantkit reports denials."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import PartialApplyError, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tests.contract.product.guardrails import cases
from tests.contract.product.guardrails.conftest import DRY_RUN, denied, settings
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.product.guardrails.conftest import Place
    from tests.contract.wire import Answer, Wire

FOREIGN = "the account of another namespace, {}/default is not allowed in tenants' namespaces"
CASE = cases.PEOPLE["the account of another tenant"]


def tried(wire: Wire, place: Place) -> Answer:
    """A RoleBinding that the guardrail `people` denies."""
    return wire("POST", CASE.path(place.name), place.fill(CASE.body()), query=DRY_RUN)


@contextmanager
def people(mode: str, cluster: Cluster, place: Place, anyone: Wire) -> Iterator[None]:
    """The guardrail `people` in another mode, once it holds."""
    install_platform(cluster, settings(people=mode), force_conflicts="all", progress=False)
    try:
        eventually(lambda: tried(anyone, place).status == 201, timeout_s=15)
        yield
    finally:
        install_platform(cluster, settings(), force_conflicts="all", progress=False)
        eventually(lambda: denied(tried(anyone, place)), timeout_s=15)


def test_a_guardrail_that_warns_accepts_with_a_warning(place: Place, cluster: Cluster, anyone: Wire) -> None:
    with people("warn", cluster, place, anyone):
        warning = tried(anyone, place).headers["Warning"]

    assert "Validation failed for ValidatingAdmissionPolicy 'tenantkit-people'" in warning
    assert FOREIGN.format(place.other) in warning


@pytest.mark.parametrize("mode", ["audit", "off"])
def test_a_guardrail_that_is_not_to_deny_accepts_in_silence(
    mode: str, place: Place, cluster: Cluster, anyone: Wire
) -> None:
    with people(mode, cluster, place, anyone):
        assert "Warning" not in tried(anyone, place).headers


def test_a_report_and_a_plan_have_the_warning_in_their_own_words(
    place: Place, cluster: Cluster, anyone: Wire, connect_as: Callable[[str], Cluster]
) -> None:
    owner = connect_as("owner")
    spec = get_tenant(cluster, place.name)
    members = [*(spec.viewers or ()), f"sa:{place.other}/default"]
    words = (
        f"a RoleBinding to {FOREIGN.format(place.other)}, and is only accepted until the platform denies it: "
        f"use an account of this namespace, or ask the platform team to add it"
    )
    with people("warn", cluster, place, anyone):
        planned = plan(owner, spec.with_(viewers=members), dry_run="server")
        report = apply(owner, plan(owner, spec.with_(viewers=members)), progress=False)
        apply(cluster, plan(cluster, spec.with_(viewers=list(spec.viewers or ()))), progress=False)

    assert words in {row.reason for row in planned.rows}
    [warning] = report.warnings
    assert warning.code == "warned"
    assert str(warning).endswith(words)
    assert f"warning: {warning}" in report.words("shell")
    assert report.as_json("shell")["warnings"] == [str(warning)]


def test_a_denial_is_reported_in_its_own_words(
    place: Place, cluster: Cluster, connect_as: Callable[[str], Cluster]
) -> None:
    owner = connect_as("owner")
    spec = get_tenant(cluster, place.name)
    wanted = spec.with_(viewers=[*(spec.viewers or ()), f"sa:{place.other}/default"])

    [row] = [it for it in plan(owner, wanted, dry_run="server").rows if it.action == "blocked"]
    with pytest.raises(PartialApplyError) as caught:
        apply(owner, plan(owner, wanted), progress=False)

    [failure] = caught.value.report.failed
    name = failure.ref.name
    for reason in (row.reason, failure.words("shell")):
        assert reason == (
            f"may not apply RoleBinding {name!r} in {place.name!r}: a RoleBinding to {FOREIGN.format(place.other)}; "
            f"use an account of this namespace, or ask the platform team to add it"
        )


def test_an_error_of_the_client_says_what_and_what_to_do_instead(
    place: Place, connect_as: Callable[[str], Cluster]
) -> None:
    service: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "tried", "namespace": place.name},
        "spec": {"type": "ExternalName", "externalName": "example.com"},
    }

    with pytest.raises(PermissionDenied) as caught:
        connect_as("owner").create(service, dry_run=True)

    error = caught.value
    assert error.what == (
        f"may not create Service 'tried' in {place.name!r}: a Service of type ExternalName is not allowed in tenants' "
        f"namespaces"
    )
    assert str(error.hint) == "use ClusterIP, or ask the platform team to grant it"


def test_a_plan_of_the_platform_says_which_guardrails_do_not_deny(place: Place, cluster: Cluster) -> None:
    assert place.name
    planned = plan_platform(cluster, settings(hosts="warn", pods="off"))

    said = [str(notice) for notice in planned.notices if notice.code == "guardrail-open"]
    assert said == [
        "guardrail 'hosts' only warns: what it would deny is accepted, and the answer has a warning",
        "guardrail 'pods' is off: nothing is denied",
    ]
    deleted = {row.ref.name for row in planned.rows if row.action == "delete"}
    assert deleted == {
        "tenantkit-pods",
        "tenantkit-pods-placement",
        "tenantkit-pods-revisions",
        "tenantkit-pods-claims",
        "tenantkit-pods-budgets",
    }


def test_a_change_of_a_list_changes_one_config_map(place: Place, cluster: Cluster) -> None:
    assert place.name
    planned = plan_platform(cluster, settings(roles=["view", "edit"]))

    changed = {str(row.ref): (row.before, row.after) for row in planned.rows if row.action == "update"}
    assert changed.pop("ConfigMap 'guardrails' in 'tenantkit-system'") == ("view", "view\nedit")
    assert list(changed) == ["ConfigMap 'platform' in 'tenantkit-system'"]

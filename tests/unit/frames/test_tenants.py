"""The frame of tenants, from Namespaces as a server answers them, and whether they have drifted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.frames.kit.drift import Drift, add_drift, drift_of
from tenantkit.frames.tenants import TENANTS, tenants_frame
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.manifests.namespace import make_namespace
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.live import live_state
from tenantkit.provision.reasons import Reason
from tenantkit.spec.boost import Boost
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

PLATFORM = Platform()
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
VISION = Tenant(
    name="vision",
    team="cv",
    owners=["dana@example.com", "group:CN=ml,OU=vision"],
    size="small",
    hosts=["eyes.example.org"],
    protected=True,
    expires=datetime(2027, 1, 31, 12, tzinfo=UTC),
    routes=[Route(service="web", port=80)],
)
SPEECH = Tenant(
    name="speech", team="nlp", owners=["kim@example.com"], quota=Quota(requests_cpu="1", requests_memory="1Gi")
)


def live(tenant: Tenant, **status: str) -> Manifest:
    """A tenant's Namespace as the server answers it."""
    manifest = make_namespace(tenant, PLATFORM)
    manifest["metadata"]["creationTimestamp"] = "2026-11-25T13:08:27Z"
    return manifest | {"status": status or {"phase": "Active"}}


def stored(*tenants: Tenant) -> list[Manifest]:
    """Every object of some tenants, as if they had just been applied."""
    return [manifest for tenant in tenants for manifest in make_tenant(tenant, PLATFORM)]


def with_grant(text: str | None) -> Manifest:
    namespace = live(VISION)
    if text is None:
        del namespace["metadata"]["annotations"]
    else:
        namespace["metadata"]["annotations"] = {GRANT_ANNOTATION: text}
    return namespace


def test_one_row_per_tenant_with_its_grant() -> None:
    frame = tenants_frame([live(VISION), live(SPEECH, phase="Terminating")], isolated={"vision"}, now=NOW)

    expected = pd.DataFrame(
        {
            "tenant": ["speech", "vision"],
            "team": ["nlp", "cv"],
            "namespace": ["speech", "vision"],
            "phase": ["Terminating", "Active"],
            "size": [None, "small"],
            "owners": ["kim@example.com", "dana@example.com, group:CN=ml,OU=vision"],
            "hosts": ["speech.example.ai", "vision.example.ai, eyes.example.org"],
            "created": [pd.Timestamp("2026-11-25T13:08:27Z")] * 2,
            "expires": [pd.NaT, pd.Timestamp("2027-01-31T12:00:00Z")],
            "protected": [False, True],
            "isolated": [False, True],
            "drift": [None, None],
            "frozen": [None, None],
            "boost_until": [None, None],
            "warning": [None, None],
        }
    ).astype(TENANTS)
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs == {"incomplete": {}}


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    expected = pd.DataFrame({name: [] for name in TENANTS}).astype(TENANTS)

    pd.testing.assert_frame_equal(tenants_frame([]), expected)


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        (
            '{"apiVersion":"tenantkit.dev/v7","name":"vision"}',
            (
                "the grant of namespace 'vision' has apiVersion tenantkit.dev/v7, and this version of tenantkit reads "
                "tenantkit.dev/v1alpha1: install a version that reads tenantkit.dev/v7. Nothing was changed"
            ),
        ),
        (
            "[]",
            "the grant of namespace 'vision': json=[]: is not a JSON object: plan and apply the tenant again",
        ),
        (
            None,
            (
                "the grant of namespace 'vision': json='': is not JSON (Expecting value: line 1 column 1 (char 0)): "
                "plan and apply the tenant again"
            ),
        ),
    ],
)
def test_an_unreadable_grant_has_missing_cells_and_a_reason(grant: str | None, reason: str) -> None:
    frame = tenants_frame([with_grant(grant), live(SPEECH)])

    assert frame.attrs == {"incomplete": {"vision": reason}}
    speech, vision = frame.iloc[0], frame.iloc[1]
    assert vision[["size", "owners", "hosts", "expires", "protected"]].isna().all()
    assert vision[["team", "namespace", "phase"]].tolist() == ["cv", "vision", "Active"]
    assert speech["owners"] == "kim@example.com"


def test_an_expiry_may_be_in_the_last_year_that_kubernetes_has() -> None:
    eternal = Tenant(name="a", team="b", owners=["c"], size="small", expires=datetime(9999, 12, 31, tzinfo=UTC))

    assert tenants_frame([live(eternal)])["expires"].tolist() == [pd.Timestamp("9999-12-31T00:00:00Z")]


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"expires": "2027-01-31T12:00:00Z"}, None),
        (
            {"expires": "2026-12-04T18:00:00Z"},
            (
                "its grant expires in 3 days, at 2026-12-04 18:00+00:00: "
                "nothing happens by itself, so set another time or delete the tenant"
            ),
        ),
        (
            {"expires": "2026-12-01T18:00:00Z"},
            (
                "its grant expires within a day, at 2026-12-01 18:00+00:00: "
                "nothing happens by itself, so set another time or delete the tenant"
            ),
        ),
        (
            {"expires": "2026-11-30T18:00:00Z"},
            (
                "its grant expired at 2026-11-30 18:00+00:00: "
                "nothing happens by itself, so set another time or delete the tenant"
            ),
        ),
        (
            {"frozen": "pods"},
            "it is frozen: what runs goes on, but no new pods start, until the platform team thaws it",
        ),
        (
            {"frozen": "read-only", "boost": Boost(size="large", until="2026-12-24T00:00:00Z")},
            (
                "it is frozen: what runs goes on, but no new pods start and everyone may only read, until the platform "
                "team thaws it; its quota is boosted until 2026-12-24 00:00+00:00"
            ),
        ),
        (
            {"boost": Boost(size="large", until="2026-11-24T00:00:00Z")},
            "its boost ended at 2026-11-24 00:00+00:00: the next plan takes it back",
        ),
    ],
)
def test_the_life_of_a_tenant_is_warned_of(fields: dict[str, Any], warning: str | None) -> None:
    row = tenants_frame([live(SPEECH.with_(**fields))], now=NOW).iloc[0]

    assert (row["warning"] if pd.notna(row["warning"]) else None) == warning
    assert (row["frozen"] if pd.notna(row["frozen"]) else None) == fields.get("frozen")


def test_a_namespace_that_is_not_deleted_says_what_it_waits_for() -> None:
    message = "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
    condition = {"type": "NamespaceFinalizersRemaining", "status": "True", "message": message}
    namespace = live(SPEECH, phase="Terminating") | {"status": {"phase": "Terminating", "conditions": [condition]}}
    namespace["metadata"]["deletionTimestamp"] = "2026-12-01T11:00:00Z"

    warning = tenants_frame([namespace], now=NOW)["warning"][0]

    assert warning.startswith(
        "it is being deleted, and waits for this: finalizer 'example.com/hold' holds 1 object; the controller that set"
    )


def test_hostile_texts_are_kept_as_data() -> None:
    hostile = "<img src=x onerror=alert(1)>=1+1"
    namespace = live(Tenant(name="vision", team="cv", owners=["=1+1"], size="small"))
    namespace["metadata"]["labels"]["tenantkit.dev/team"] = f"{hostile}\x1b[2J"

    row = tenants_frame([namespace]).iloc[0]

    assert (row["owners"], row["team"]) == ("=1+1", f"{hostile}\x1b[2J")


def test_a_tenant_that_matches_its_stored_spec_has_not_drifted() -> None:
    objects = stored(VISION, SPEECH)

    assert drift_of([live(VISION), live(SPEECH)], PLATFORM, live_state(objects)) == Drift(
        drifted={"vision": False, "speech": False}
    )


@pytest.mark.parametrize("asked", [["vision"], ["vision", "audio"]])
def test_a_host_that_two_tenants_have_is_not_drift(asked: list[str]) -> None:
    audio = Tenant(
        name="audio", team="ml-audio", owners=["dana@example.com"], size="small", hosts=PLATFORM.hosts(VISION)
    )
    objects = stored(VISION, audio)
    namespaces = [live(tenant) for tenant in (VISION, audio) if tenant.name in asked]

    assert drift_of(namespaces, PLATFORM, live_state(objects)) == Drift(drifted=dict.fromkeys(asked, False))


@pytest.mark.parametrize("kind", ["ResourceQuota", "LimitRange", "ServiceAccount"])
def test_a_tenant_with_a_missing_object_has_drifted(kind: str) -> None:
    objects = [each for each in stored(VISION, SPEECH) if (each["kind"], _namespace(each)) != (kind, "vision")]

    assert drift_of([live(VISION), live(SPEECH)], PLATFORM, live_state(objects)) == Drift(
        drifted={"vision": True, "speech": False}
    )


def test_drift_is_unknown_where_objects_may_not_be_read() -> None:
    objects = [each for each in stored(VISION) if each["kind"] != "LimitRange"]
    snapshot = live_state(objects, unknown={("LimitRange", "vision"): Reason("not-readable", "may not list them")})

    assert drift_of([live(VISION)], PLATFORM, snapshot) == Drift(unknown={"vision": "may not list them"})


def test_one_object_that_differs_is_drift_even_if_others_are_unknown() -> None:
    objects = [each for each in stored(VISION) if each["kind"] not in ("LimitRange", "ServiceAccount")]
    snapshot = live_state(objects, unknown={("LimitRange", "vision"): Reason("not-readable", "may not list them")})

    drift = drift_of([live(VISION)], PLATFORM, snapshot)

    assert drift.drifted == {"vision": True}


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        ('{"apiVersion":"tenantkit.dev/v7"}', "the grant of namespace 'vision' has apiVersion tenantkit.dev/v7"),
        ("no json", "the grant of namespace 'vision': json='no json': is not JSON"),
        ("[" * 100_000, "the grant of namespace 'vision': json="),
    ],
)
def test_one_unreadable_tenant_does_not_hide_the_others(grant: str, reason: str) -> None:
    objects = stored(VISION, SPEECH)

    drift = drift_of([with_grant(grant), live(SPEECH)], PLATFORM, live_state(objects))

    assert drift.drifted == {"speech": False}
    assert drift.unknown["vision"].startswith(reason)


def test_a_tenant_that_no_longer_fits_its_platform_has_a_reason() -> None:
    platform = Platform(sizes={"tiny": Quota(requests_cpu="1", requests_memory="1Gi")})

    drift = drift_of([live(VISION)], platform, live_state(stored(VISION)))

    assert drift == Drift(unknown={"vision": "vision.size='small': the platform's sizes are tiny"})


def test_a_tenant_in_another_namespace_than_the_platform_expects_has_a_reason() -> None:
    drift = drift_of([live(VISION)], Platform(namespace_prefix="ml-"), live_state(stored(VISION)))

    reason = "the platform expects tenant 'vision' in namespace 'ml-vision', not 'vision'"
    assert drift == Drift(unknown={"vision": reason})


def test_drift_fills_its_column_and_nothing_else() -> None:
    frame = tenants_frame([live(VISION), live(SPEECH), with_grant("[]") | {"metadata": {"name": "x"}}])
    reasons: dict[str, Any] = frame.attrs["incomplete"]

    filled = add_drift(frame, Drift(drifted={"vision": True}, unknown={"speech": "may not list", "x": "later"}))

    assert filled["drift"].tolist() == [pd.NA, True, pd.NA]
    assert filled.attrs == {"incomplete": {"speech": "may not list", "x": reasons["x"]}}
    pd.testing.assert_frame_equal(filled.drop(columns="drift"), frame.drop(columns="drift"))
    assert filled.dtypes.to_dict() == frame.dtypes.to_dict()


def _namespace(manifest: Manifest) -> str | None:
    namespace: str | None = manifest["metadata"].get("namespace")
    return namespace

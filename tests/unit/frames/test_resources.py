"""Any kind by the server's own columns: how it is spelled, what becomes of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.cluster.requests.discovery import ServedKind, kind_named
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied
from tenantkit.frames.resources import resources
from tenantkit.rules.kinds import Kind
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.frames.frame_pods import CREATED, HOSTILE

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

COLUMNS = (
    ("Name", "string"),
    ("Up-to-date", "integer"),
    ("Load", "number"),
    ("Suspend", "boolean"),
    ("Created", "date"),
    ("Labels", "string"),
    ("Labels", "string"),
    ("Age", "date"),
)


def kind(name: str, plural: str, group: str = "", version: str = "v1", *short: str, **more: Any) -> ServedKind:
    spellings = frozenset(text.lower() for text in (name, plural, *short))
    return ServedKind(Kind(name, group, version, plural, namespaced=True), spellings, more.get("can_list", True))


SERVED = [
    kind("Event", "events", "", "v1", "ev"),
    kind("Binding", "bindings", can_list=False),
    kind("Event", "events", "events.k8s.io", "v1", "ev"),
    kind("RayCluster", "rayclusters", "ray.io", "v1", "raycluster"),
    kind("RayCluster", "rayclusters", "ray.io", "v1alpha1"),
]


def discovered(scope: str = "Namespaced") -> list[Any]:
    resource = {
        "resource": "rayclusters",
        "singularResource": "raycluster",
        "shortNames": ["rc"],
        "responseKind": {"group": "", "kind": "RayCluster", "version": ""},
        "scope": scope,
        "verbs": ["get", "list"],
    }
    group = {"metadata": {"name": "ray.io"}, "versions": [{"version": "v1", "resources": [resource]}]}
    return [answer(body={"kind": "APIGroupDiscoveryList", "items": items}) for items in ([], [group])]


def table(*rows: tuple[str, list[Any]], token: str = "", columns: Any = COLUMNS) -> Any:
    definitions = [{"name": name, "type": dtype, "format": "", "priority": 0} for name, dtype in columns]
    metadata = {"namespace": "vision", "creationTimestamp": CREATED}
    made = [{"cells": cells, "object": {"metadata": {"name": name, **metadata}}} for name, cells in rows]
    body: Manifest = {"kind": "Table", "metadata": {"continue": token}, "columnDefinitions": definitions, "rows": made}
    return answer(body=body)


def test_columns_and_dtypes_come_from_the_server() -> None:
    cells = ["b", 3, 0.5, True, "5d", "a=1", "x", "7d"]
    owned = {"metadata": {"name": "vision", "labels": {"tenantkit.dev/tenant": "v", "tenantkit.dev/team": "cv"}}}
    script = Script(
        *discovered(),
        table(("b", cells), ("a", [None, "many", None, None, None, "<none>"])),
        answer(body={"items": [owned]}),
    )

    frame = resources(cluster(script), "rc")

    expected = pd.DataFrame(
        {
            "tenant": pd.array(["v", "v"], "string"),
            "team": pd.array(["cv", "cv"], "string"),
            "namespace": pd.array(["vision", "vision"], "string"),
            "name": pd.array(["a", "b"], "string"),
            "up_to_date": pd.array([None, 3], "Int64"),
            "load": pd.array([None, 0.5], "Float64"),
            "suspend": pd.array([None, True], "boolean"),
            "created_": pd.array([None, "5d"], "string"),
            "labels": pd.array([None, "a=1"], "string"),
            "labels_": pd.array([None, "x"], "string"),
            "created": pd.to_datetime([CREATED, CREATED], utc=True).as_unit("us"),
        }
    )
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs == {"scope": "cluster", "kind": "rayclusters.ray.io", "incomplete": {}}


def test_an_empty_frame_has_the_same_columns_and_dtypes() -> None:
    some = resources(cluster(Script(*discovered(), table(("a", ["a", 1])), answer(body={"items": []}))), "RayCluster")
    none = resources(cluster(Script(*discovered(), table(), answer(body={"items": []}))), "RayCluster")

    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    assert len(none) == 0


def test_pages_are_joined_and_an_expired_list_is_restarted() -> None:
    script = Script(
        *discovered("Cluster"),
        table(("a", ["a"]), token="next"),
        status(410, "Expired", "too old"),
        table(("a", ["a"]), token="next"),
        table(("b", ["b"])),
    )

    assert resources(cluster(script), "rayclusters")["name"].tolist() == ["a", "b"]


def test_a_server_without_tables_is_shown_by_names() -> None:
    items = [{"metadata": {"name": "a", "namespace": "vision", "creationTimestamp": CREATED}}]
    script = Script(*discovered(), answer(body={"kind": "RayClusterList", "items": items}), answer(body={"items": []}))

    frame = resources(cluster(script), "raycluster")

    assert list(frame) == ["tenant", "team", "namespace", "name", "created"]
    assert frame["name"].tolist() == ["a"]


def test_a_named_namespace_is_read() -> None:
    script = Script(*discovered(), table(("x", ["x"])), status(403, "Forbidden", "namespaces is forbidden"))

    frame = resources(cluster(script), "rc", namespaces=["a"])

    assert script.requests[2].path.startswith("/apis/ray.io/v1/namespaces/a/rayclusters?")
    assert (frame.attrs["scope"], frame["name"].tolist()) == (("a",), ["x"])


def test_a_user_who_may_not_list_the_kind_gets_an_error() -> None:
    denied = status(403, "Forbidden", "forbidden")

    with pytest.raises(PermissionDenied, match="may not list RayCluster"):
        resources(cluster(Script(*discovered(), denied, denied)), "rc")


def test_hostile_texts_are_kept_as_data() -> None:
    script = Script(*discovered("Cluster"), table((HOSTILE, ["", 1, 1.0, False, "", HOSTILE])))

    row = resources(cluster(script), "rc").iloc[0]

    assert row[["name", "labels"]].tolist() == [HOSTILE, HOSTILE]


@pytest.mark.parametrize(
    ("spoken", "found"),
    [
        ("Event", "events v1"),
        ("ev", "events v1"),
        ("v1/Event", "events v1"),
        ("events.events.k8s.io", "events.events.k8s.io v1"),
        ("events.k8s.io/v1/Event", "events.events.k8s.io v1"),
        ("raycluster", "rayclusters.ray.io v1"),
        ("RAYCLUSTERS", "rayclusters.ray.io v1"),
        ("rayclusters.ray.io", "rayclusters.ray.io v1"),
        ("ray.io/v1alpha1/RayCluster", "rayclusters.ray.io v1alpha1"),
        ("rayclusters.v1alpha1.ray.io", "rayclusters.ray.io v1alpha1"),
    ],
)
def test_a_kind_may_be_spelled_as_in_kubectl(spoken: str, found: str) -> None:
    place = kind_named(spoken, SERVED)

    assert f"{place.qualified} {place.version}" == found


@pytest.mark.parametrize(
    ("spoken", "hint"),
    [("rayclustr", "it has raycluster"), ("Binding", "it has"), ("zzz", "see `kubectl api-resources`")],
)
def test_an_unknown_kind_is_refused_with_a_suggestion(spoken: str, hint: str) -> None:
    with pytest.raises(
        InvalidSpecError, match="the server does not serve a kind of this name that can be listed"
    ) as caught:
        kind_named(spoken, SERVED)
    assert hint in str(caught.value)


def test_a_server_without_aggregated_discovery_has_its_own_error() -> None:
    with pytest.raises(NotFound, match=r"needs Kubernetes 1\.27 or newer"):
        resources(cluster(Script(answer(body={"kind": "APIVersions", "versions": ["v1"]}))), "pods")

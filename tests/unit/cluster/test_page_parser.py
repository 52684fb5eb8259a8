"""Pages of which only some fields are parsed, also if they do not fit the types."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from typing_extensions import TypedDict

from tenantkit.cluster.requests.page_parser import page_parser
from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import ClusterError, PermissionDenied
from tests.unit.cluster.seam import Script, answer, cluster, status

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


class Metadata(TypedDict, total=False):
    name: str
    labels: dict[str, str]


class Parts(TypedDict, total=False):
    metadata: Metadata


def item(name: str, **labels: str | None) -> Manifest:
    return {"metadata": {"name": name, "labels": labels, "managedFields": [{"manager": "x"}]}, "spec": {"a": 1}}


def page(*items: Manifest, token: str = "") -> Manifest:
    return {"kind": "PodList", "metadata": {"resourceVersion": "7", "continue": token}, "items": list(items)}


def test_only_the_requested_fields_are_parsed() -> None:
    body = answer(body=page(item("a", app="x"), {"spec": {}})).body

    assert page_parser(Parts)(body) == {
        "metadata": {"resourceVersion": "7", "continue": ""},
        "items": [{"metadata": {"name": "a", "labels": {"app": "x"}}}, {}],
    }


@pytest.mark.parametrize(
    ("labels", "read"),
    [(None, {}), ([], {}), ({"app": None}, {"labels": {}}), ({"app": 1, "b": "c"}, {"labels": {"b": "c"}})],
)
def test_a_value_that_does_not_fit_the_types_is_left_out_and_nothing_else(labels: object, read: Manifest) -> None:
    found = page(item("a"), {"metadata": {"name": "b", "labels": labels}}, {"spec": 1})

    expected = page(item("a"), {"metadata": {"name": "b", **read}}, {"spec": 1})
    assert page_parser(Parts)(answer(body=found).body) == expected


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"items": "\\ud800"}'])
def test_a_page_that_is_not_a_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        page_parser(Parts)(body)


def test_the_projection_is_called_for_all_pages() -> None:
    script = Script(answer(body=page(item("a"), token="next")), answer(body=page(item("b"))))
    seen: list[Manifest] = []

    def keep(manifest: Manifest) -> str:
        seen.append(manifest)
        return str(manifest["metadata"]["name"])

    assert project_visible(cluster(script), "Pod", keep, fields=Parts) == (["a", "b"], "cluster")
    assert seen == [{"metadata": {"name": name, "labels": {}}} for name in "ab"]


def test_whole_objects_have_their_kind() -> None:
    kept, _ = project_visible(cluster(Script(answer(body=page(item("a"))))), "Pod", lambda manifest: manifest)

    assert kept == [{"apiVersion": "v1", "kind": "Pod", **item("a")}]


def test_a_user_who_listed_no_namespaces_learns_how_to() -> None:
    denied = status(403, "Forbidden", "pods is forbidden")
    hint = "list your namespaces in namespaces=[…], here or in tk.connect(), or in $TENANTKIT_NAMESPACES"

    with pytest.raises(PermissionDenied) as caught:
        project_visible(cluster(Script(denied, denied, denied), namespace="own"), "Pod", len)
    assert str(caught.value).endswith(f"; you are not a member of any known tenant: {hint}")
    assert (caught.value.status, caught.value.kind, caught.value.namespace) == (403, "Pod", "own")

    with pytest.raises(PermissionDenied) as caught:
        project_visible(cluster(Script(denied)), "Pod", len, namespaces=["own"])
    assert hint not in str(caught.value)


def test_an_answer_that_is_not_a_list_is_an_error() -> None:
    reply = answer()
    broken = type(reply)(200, reply.headers, b"<html>")

    with pytest.raises(ClusterError, match="answered 200 with application/json, which is not a Kubernetes status"):
        project_visible(cluster(Script(broken)), "Pod", len, fields=Parts)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_paused_for_the_list_and_left_as_it_was(is_enabled: bool) -> None:  # noqa: FBT001
    (gc.enable if is_enabled else gc.disable)()
    try:
        kept, _ = project_visible(cluster(Script(answer(body=page(item("a"))))), "Pod", lambda _: gc.isenabled())
        assert (kept, gc.isenabled()) == ([False], is_enabled)
    finally:
        gc.enable()

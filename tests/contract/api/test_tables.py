"""Answers as tables, which `kubectl get` requests, or as metadata alone; the same on both engines.

The rules: page "Kubernetes API Concepts", sections "Receiving resources as Tables" and "Metadata-only fetches".
"""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tenantkit.sandbox.apimachinery.apiextensions import GROUP
from tenantkit.sandbox.apimachinery.resources import RESOURCES
from tenantkit.sandbox.apimachinery.schema import load
from tenantkit.sandbox.printers.tables import table_of
from tests.contract.api.table_samples import SAMPLES
from tests.contract.api.workload_table_samples import WORKLOAD_SAMPLES
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.tables import TABLE, check_rows_are_the_sandboxs_own, comparable
from tests.contract.wire import JSON, MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tests.contract.api.table_samples import Sample
    from tests.contract.wire import Wire

ALL_SAMPLES = SAMPLES | WORKLOAD_SAMPLES
METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
# a real server has the Gateway API's kinds only if a test installs them: test_gateway_api.py
LISTED = [resource for resource in RESOURCES if "list" in resource.verbs and resource.group != GROUP]
WITHOUT_PRINTER = {"limitranges", "roles", "clusterroles"}
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
QUESTION = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/version"}}}


def everywhere(resource: Resource) -> str:
    root = f"/apis/{resource.group}" if resource.group else "/api"
    return f"{root}/{resource.version}/{resource.plural}"


def columns(resource: str) -> list[Manifest]:
    found: list[Manifest] = load("tables.json")["columns"][resource]
    return found


def metadata_of(manifest: Manifest) -> Manifest:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": manifest["metadata"]}


def names(table: Manifest) -> list[str]:
    return [row["cells"][0] for row in table["rows"]]


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[str]:
    """A namespace for samples with different names."""
    with own_namespace(cluster, fresh_name()) as name:
        eventually(lambda: cluster.get("ServiceAccount", "default", name))
        yield name


@pytest.mark.parametrize("resource", LISTED, ids=lambda resource: resource.qualified)
def test_an_empty_list_has_the_columns_of_its_kind(wire: Wire, resource: Resource) -> None:
    answer = wire("GET", everywhere(resource), accept=TABLE, query={"labelSelector": "nobody=has"})

    assert (answer.status, answer.headers["Content-Type"]) == (200, JSON)
    assert answer.body == {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": answer.body["metadata"]["resourceVersion"]},
        "columnDefinitions": columns(resource.qualified),
        "rows": None if resource.plural in WITHOUT_PRINTER else [],
    }


@pytest.mark.parametrize(("name", "sample"), ALL_SAMPLES.items(), ids=ALL_SAMPLES)
def test_the_cells_of_an_object_are_those_of_its_kind(wire: Wire, shared: str, name: str, sample: Sample) -> None:
    path, body = (json.loads(json.dumps(part).replace("{namespace}", shared)) for part in (sample.path, sample.body))
    metadata = {"name": name, "annotations": sample.annotations}
    dry_run = {} if sample.status else {"dryRun": "All"}
    query = {"includeObject": "Object", **dry_run}

    answer = wire("POST", path, {"metadata": metadata, **body}, accept=TABLE, query=query)
    assert answer.status == 201, answer.body
    if sample.status:
        status = {"status": sample.status}
        answer = wire("PATCH", f"{path}/{name}/status", status, content_type=MERGE_PATCH, accept=TABLE, query=query)
        wire("DELETE", f"{path}/{name}")

    expected = [cell.replace("sample", name) if isinstance(cell, str) else cell for cell in sample.cells]
    assert comparable(answer.body) == [expected]
    [resource] = [item for item in LISTED if everywhere(item) == path.replace(f"/namespaces/{shared}", "")]
    check_rows_are_the_sandboxs_own(answer, resource)


@pytest.mark.parametrize("resource", LISTED, ids=lambda resource: resource.qualified)
def test_every_row_on_the_server_equals_the_sandboxs_row(wire: Wire, resource: Resource) -> None:
    answer = wire("GET", everywhere(resource), accept=TABLE, query={"includeObject": "Object"})

    check_rows_are_the_sandboxs_own(answer, resource)


def test_one_object_is_a_table_of_one_row_at_its_version(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    live = wire("GET", path).body

    for part in ("", "/status"):
        answer = wire("GET", path + part, accept=TABLE)

        assert comparable(answer.body) == [[namespace, "Active", "AGE"]]
        assert answer.body == {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"resourceVersion": live["metadata"]["resourceVersion"]},
            "columnDefinitions": columns("namespaces"),
            "rows": [{"cells": answer.body["rows"][0]["cells"], "object": metadata_of(live)}],
        }


def test_a_row_has_as_much_of_its_object_as_requested(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    live = wire("GET", path).body
    expected = {"None": None, "Metadata": metadata_of(live), "Object": live, "": metadata_of(live)}

    for include, held in expected.items():
        one = wire("GET", path, accept=TABLE, query={"includeObject": include})
        query = {"fieldSelector": f"metadata.name={namespace}", "includeObject": include}
        many = wire("GET", "/api/v1/namespaces", accept=TABLE, query=query)
        assert [row["object"] for row in (*one.body["rows"], *many.body["rows"])] == [held, held]


@pytest.mark.parametrize("more", [{}, {"watch": "true"}], ids=["list", "watch"])
def test_any_other_include_object_is_refused(wire: Wire, more: dict[str, str]) -> None:
    answer = wire("GET", "/api/v1/namespaces", accept=TABLE, query={"includeObject": "Half", **more})

    why = """includeObject: Invalid value: "Half": must be 'Metadata', 'Object', 'None', or empty"""
    assert answer.status == 400
    assert answer.body["message"] == f"Unable to convert to Table as requested: {why}"
    assert wire("GET", "/api/v1/namespaces", query={"includeObject": "Half", "limit": "1"}).status == 200


def test_pages_of_a_table_continue_where_the_previous_one_ended(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    for name in "abc":
        wire("POST", path, {"metadata": {"name": name}})

    first = wire("GET", path, accept=TABLE, query={"limit": "2"}).body
    rest = wire("GET", path, accept=TABLE, query={"limit": "2", "continue": first["metadata"]["continue"]}).body

    assert (names(first), names(rest)) == (["a", "b"], ["c"])
    assert first["metadata"].keys() == {"resourceVersion", "continue", "remainingItemCount"}
    assert first["metadata"]["remainingItemCount"] == 1
    assert rest["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}
    assert first["columnDefinitions"] == rest["columnDefinitions"] == columns("secrets")


def test_a_watch_sends_the_columns_once(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    since = wire("GET", path).body["metadata"]["resourceVersion"]
    made = wire("POST", path, {"metadata": {"name": "a"}}).body
    changed = wire("PATCH", f"{path}/a", {"data": {"k": "YQ=="}}, content_type=MERGE_PATCH).body
    wire("DELETE", f"{path}/a")

    events = wire.watch(path, count=3, accept=TABLE, query={"resourceVersion": since})

    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    tables = [event["object"] for event in events]
    assert [table["columnDefinitions"] for table in tables] == [columns("secrets"), None, None]
    assert [table["rows"][0]["cells"][:3] for table in tables] == [["a", "Opaque", count] for count in (0, 1, 1)]
    assert [table["rows"][0]["object"] for table in tables[:2]] == [metadata_of(made), metadata_of(changed)]
    last = tables[2]["rows"][0]["object"]["metadata"]["resourceVersion"]
    assert tables[2]["metadata"] == {"resourceVersion": last}


INITIAL = {"sendInitialEvents": "true", "allowWatchBookmarks": "true", "resourceVersionMatch": "NotOlderThan"}


@pytest.mark.parametrize("include", ["Metadata", "None"])
@pytest.mark.parametrize("resource", LISTED, ids=lambda resource: resource.qualified)
def test_a_bookmark_is_an_empty_row(wire: Wire, resource: Resource, include: str) -> None:
    query = {**INITIAL, "labelSelector": "nobody=has", "includeObject": include}

    [event] = wire.watch(everywhere(resource), count=1, accept=TABLE, query=query)

    assert event["type"] == "BOOKMARK"
    [row] = event["object"]["rows"]
    assert row["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert event["object"]["metadata"] == {"resourceVersion": row["object"]["metadata"]["resourceVersion"]}
    empty: Manifest = {"metadata": {}, "items": [{"metadata": {}}]}
    date = parsedate_to_datetime("Thu, 01 Jan 2026 00:00:00 GMT")
    assert [{"cells": row["cells"]}] == [
        {"cells": made["cells"]} for made in table_of(resource, empty, date, object_of=lambda _: None)["rows"]
    ]


def test_errors_and_statuses_are_not_sent_as_tables(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    wire("POST", path, {"metadata": {"name": "a"}})

    assert wire("GET", f"{path}/none", accept=TABLE).body["reason"] == "NotFound"
    assert wire("POST", path, {"metadata": {"name": "a"}}, accept=TABLE).body["reason"] == "AlreadyExists"
    assert wire("DELETE", f"{path}/a", accept=TABLE).body["status"] == "Success"


def test_deleting_a_collection_returns_a_table(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    for name in "ab":
        wire("POST", path, {"metadata": {"name": name}})

    assert names(wire("DELETE", path, accept=TABLE).body) == ["a", "b"]


def test_an_answer_without_a_table_comes_in_the_next_form(wire: Wire, namespace: str) -> None:
    both = f"{TABLE},application/json;as=Table;v=v1beta1;g=meta.k8s.io,{JSON}"
    token = f"/api/v1/namespaces/{namespace}/serviceaccounts/own/token"
    wire("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "own"}})
    live = wire("GET", f"/api/v1/namespaces/{namespace}").body

    for method, path, body, kind in (
        ("POST", REVIEWS, QUESTION, "SelfSubjectAccessReview"),
        ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, "SelfSubjectReview"),
        ("POST", token, {"spec": {}}, "TokenRequest"),
        ("PUT", f"/api/v1/namespaces/{namespace}/finalize", live, "Namespace"),
    ):
        assert wire(method, path, body, accept=both).body["kind"] == kind
        refused = wire(method, path, body, accept=TABLE)
        assert (refused.status, refused.body["reason"]) == (406, "NotAcceptable")
        assert refused.body["message"].startswith("only the following media types are accepted: application/json")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (f"{TABLE},{JSON}", "Table"),
        (f"{JSON},{TABLE}", "NamespaceList"),
        (f"{JSON};q=0.4, {TABLE};q=0.5", "Table"),
        (f"*/*, {TABLE}", "Table"),
        ("*/*;as=Table;v=v1;g=meta.k8s.io", "Table"),
        ("application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "NamespaceList"),
        ("application/json;as=Chart;v=v1;g=meta.k8s.io,application/json", "NamespaceList"),
        ("text/html, application/json;stream=watch", "NamespaceList"),
        (METADATA_LIST, "PartialObjectMetadataList"),
    ],
)
def test_the_preferred_form_is_returned(wire: Wire, accept: str, kind: str) -> None:
    assert wire("GET", "/api/v1/namespaces", accept=accept, query={"limit": "1"}).body["kind"] == kind


@pytest.mark.parametrize(
    ("accept", "words"),
    [
        ("text/html", "406: Not Acceptable\n\nAvailable representations: application/json"),
        ("application/json;as=Table", "only the following media types are accepted: application/json"),
        ("text/html,application/json;g=meta.k8s.io", "only the following media types are accepted: application/json"),
        (METADATA, "you requested PartialObjectMetadata, but the requested object is a list (*core.NamespaceList)"),
    ],
)
def test_an_unsupported_form_is_refused(wire: Wire, accept: str, words: str) -> None:
    answer = wire("GET", "/api/v1/namespaces", accept=accept)

    assert (answer.status, answer.body["reason"]) == (406, "NotAcceptable")
    assert answer.body["message"].startswith(words)


def test_tables_and_metadata_come_in_the_requested_version(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    live = wire("GET", path).body
    older = wire("GET", path, accept=TABLE.replace("v1", "v1beta1")).body

    assert (older["apiVersion"], older["rows"][0]["object"]) == (
        "meta.k8s.io/v1beta1",
        {**metadata_of(live), "apiVersion": "meta.k8s.io/v1beta1"},
    )


def test_metadata_alone_is_returned_for_one_for_a_list_and_in_a_watch(wire: Wire, namespace: str) -> None:
    live = wire("GET", f"/api/v1/namespaces/{namespace}").body
    chosen = {"fieldSelector": f"metadata.name={namespace}"}

    listed = wire("GET", "/api/v1/namespaces", accept=METADATA_LIST, query=chosen).body
    [event] = wire.watch("/api/v1/namespaces", count=1, accept=METADATA, query=chosen)

    assert wire("GET", f"/api/v1/namespaces/{namespace}", accept=METADATA).body == metadata_of(live)
    assert event == {"type": "ADDED", "object": metadata_of(live)}
    assert listed == {
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": listed["metadata"],
        "items": [metadata_of(live)],
    }
    one = wire("GET", f"/api/v1/namespaces/{namespace}", accept=METADATA_LIST)
    words = "you requested PartialObjectMetadataList, but the requested object is not a list (*core.Namespace)"
    assert (one.status, one.body["message"]) == (406, words)


def test_lists_show_the_newest_default_storage_class_as_the_default(wire: Wire) -> None:
    path, mark = "/apis/storage.k8s.io/v1/storageclasses", "storageclass.kubernetes.io/is-default-class"
    first, second = sorted([fresh_name(), fresh_name()])
    try:
        for name in (first, second):
            metadata = {"name": name, "annotations": {mark: "true"}}
            assert wire("POST", path, {"metadata": metadata, "provisioner": "example.com/disk"}).status == 201
        made = [wire("GET", f"{path}/{name}").body["metadata"] for name in (first, second)]
        newest = max(made, key=lambda metadata: metadata["creationTimestamp"])["name"]  # if equal: the first

        shown = names(wire("GET", path, accept=TABLE).body)

        assert [name for name in shown if name.endswith("(default)")] == [f"{newest} (default)"]
        assert names(wire("GET", f"{path}/{newest}", accept=TABLE).body) == [newest]
    finally:
        for name in (first, second):
            wire("DELETE", f"{path}/{name}")

"""Objects that cannot be parsed: each is named and skipped, in lists, tables, reads, writes and watches."""

from __future__ import annotations

import copy
import pickle
import threading
import time
from typing import TYPE_CHECKING

import orjson
import pytest
from typing_extensions import TypedDict

from tenantkit.cluster.http.retries import Retries
from tenantkit.cluster.http.transport import Answer
from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.requests import watch as watching
from tenantkit.cluster.requests.list import Selection
from tenantkit.cluster.requests.tables import list_table
from tenantkit.cluster.requests.unreadable import ObjectList, UnreadableObject, unreadable_in
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import ClusterError, Unreadable
from tenantkit.rules.kinds import kind_of
from tests.unit.cluster.seam import Lines, Script, cluster, session

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

DEEP = "is nested deeper than 1,024 levels"


class Fields(TypedDict, total=False):
    metadata: dict[str, object]


def nested(levels: int) -> bytes:
    return b'{"f:a":' * levels + b"{}" + b"}" * levels


def config_map(name: str, *, data: bytes = b'{"k":"v"}', managed: bytes = b"{}") -> bytes:
    return (
        b'{"metadata":{"name":"%s","namespace":"vision","uid":"u","resourceVersion":"7",'
        b'"managedFields":[{"fieldsV1":%s}]},"data":%s}' % (name.encode(), managed, data)
    )


def page(*items: bytes, token: str = "") -> Answer:
    body = b'{"kind":"ConfigMapList","metadata":{"resourceVersion":"9","continue":"%s"},"items":[%s]}'
    return Answer(200, {"content-type": "application/json"}, body % (token.encode(), b",".join(items)))


def names(found: list[Manifest]) -> list[str]:
    return [each["metadata"]["name"] for each in found]


@pytest.mark.parametrize("levels", [1_100, 100_000])
@pytest.mark.parametrize("place", ["managed", "data"])
def test_a_list_names_an_object_that_cannot_be_parsed_and_has_all_others(levels: int, place: str) -> None:
    odd = config_map("odd", **{place: nested(levels)})
    script = Script(page(config_map("a"), odd, config_map("b"), token="next"), page(config_map("c")))

    found = cluster(script).list("ConfigMap")

    assert names(found) == ["a", "b", "c"]
    assert found.unreadable == (UnreadableObject("ConfigMap", "vision", "odd", DEEP),)
    assert len(script.requests) == 2  # none besides the two pages


def test_readers_that_need_no_managed_fields_read_an_object_in_spite_of_them() -> None:
    odd = config_map("odd", managed=nested(100_000))

    found, _ = list_visible(cluster(Script(page(config_map("a"), odd))), "ConfigMap")
    projected = list_projected(
        cluster(Script(page(config_map("a"), odd))), "ConfigMap", lambda each: each["metadata"]["name"], fields=Fields
    )

    assert (names(found), found.unreadable) == (["a", "odd"], ())
    assert found[1]["metadata"]["managedFields"] == []
    assert (projected, projected.unreadable) == (["a", "odd"], ())


def test_a_nesting_that_only_one_parser_refuses_changes_nothing() -> None:
    odd = config_map("odd", managed=nested(1_000))

    found = list_projected(
        cluster(Script(page(odd))), "ConfigMap", lambda each: each["metadata"]["name"], fields=Fields
    )

    assert (found, found.unreadable) == (["odd"], ())


@pytest.mark.parametrize(
    ("item", "name", "reason"),
    [
        (b'{"metadata":{"name":"x"},"data":{"a":"\\ud800"}}', "x", "is not valid JSON of a Kubernetes object"),
        (b'{"metadata":{"name":"x"},"data":{"a":"\xff"}}', "x", "is not valid JSON of a Kubernetes object"),
        (b'{"data":"}]\\"{[","metadata":{"name":"x\\"y"},"n":01}', 'x"y', "is not valid JSON of a Kubernetes object"),
        (b"null", None, "has no metadata"),
        (b'"text"', None, "has no metadata"),
        (b"{}", None, "has no metadata"),
        (b'{"metadata":[]}', None, "has no metadata"),
        (b'{"metadata":{"name":5}}', None, "has no metadata"),
    ],
)
def test_an_odd_item_costs_itself_and_not_the_list(item: bytes, name: str | None, reason: str) -> None:
    found = cluster(Script(page(config_map("a"), item, config_map("b")))).list("ConfigMap")

    assert names(found) == ["a", "b"]
    assert found.unreadable == (UnreadableObject("ConfigMap", None, name, reason),)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"items":{}}',
        b'{"items":5}',
        b'{"items":[],"metadata":[]}',
        b'{"items":[',
        b'{"items":[{]}',
        b'{"items":[1 2]}',
        b"[" * 100_000,
        b"<html>",
        b"",
    ],
)
def test_an_answer_that_is_not_a_list_is_one_error(body: bytes) -> None:
    with pytest.raises(ClusterError, match=r"could not list ConfigMap: .* answered") as caught:
        cluster(Script(Answer(200, {}, body))).list("ConfigMap")

    assert caught.value.hint is not None


def test_a_large_page_is_split_in_about_linear_time() -> None:
    many = [config_map(f"c{number}", data=b'{"k":"%s"}' % (b"x" * 4_000)) for number in range(2_000)]
    start = time.monotonic()

    found = cluster(Script(page(*many, config_map("odd", data=nested(100_000))))).list("ConfigMap")

    assert (len(found), len(found.unreadable)) == (2_000, 1)
    assert time.monotonic() - start < 5


def test_an_object_that_cannot_be_parsed_is_an_error_of_its_own_when_it_is_read() -> None:
    body = config_map("odd", data=nested(1_100))

    with pytest.raises(Unreadable) as caught:
        cluster(Script(Answer(200, {}, body))).get("ConfigMap", "odd", "vision")

    assert (caught.value.status, caught.value.kind, caught.value.name) == (200, "ConfigMap", "odd")
    assert str(caught.value) == (
        "could not get ConfigMap 'odd' in 'vision': https://api.example.ai:6443 answered with an object that "
        "is nested deeper than 1,024 levels; remove the nested field, or delete the object"
    )


def test_a_write_whose_answer_cannot_be_parsed_says_that_it_was_carried_out() -> None:
    body = config_map("odd", managed=nested(1_100))
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd", "namespace": "vision"}}

    with pytest.raises(Unreadable, match="the server has carried out the request, and only its answer is not readable"):
        cluster(Script(Answer(200, {}, body))).apply(manifest)


@pytest.mark.parametrize("body", [b"{}", b"null", b"[]", b'{"metadata":[]}', b'{"metadata":{}}', b'{"kind":"Status"}'])
def test_an_answer_that_is_not_an_object_is_one_error(body: bytes) -> None:
    with pytest.raises(ClusterError, match=r"could not get ConfigMap 'a' in 'vision': .* answered 200"):
        cluster(Script(Answer(200, {}, body))).get("ConfigMap", "a", "vision")


def test_the_list_of_objects_is_a_list_that_can_be_copied_and_pickled() -> None:
    unreadable = (UnreadableObject("Pod", None, "x", "because"),)
    found = ObjectList([{"a": 1}], unreadable=unreadable)

    assert found == [{"a": 1}]
    for other in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):  # noqa: S301 (our own)
        assert (other, other.unreadable) == (found, unreadable)
    assert (unreadable_in(found), unreadable_in([1])) == (unreadable, ())


def test_a_watch_goes_on_behind_an_event_that_cannot_be_parsed() -> None:
    stop = threading.Event()
    odd = config_map("odd", data=nested(100_000)).replace(b'"7"', b'"8"')
    stream: list[object] = [b'{"type":"MODIFIED","object":%s}' % odd]
    stream += [{"type": "ADDED", "object": orjson.loads(config_map("b").replace(b'"7"', b'"9"'))}, stop.set]
    script = Script(page(config_map("a")), Lines(stream))
    selection = Selection(kind_of("ConfigMap"), "vision")

    events = list(watching.watch(session(script), selection, stop=stop))

    unreadable = UnreadableObject("ConfigMap", "vision", "odd", DEEP)
    assert [(event.type, event.manifest["metadata"]["name"], event.unreadable) for event in events] == [
        ("ADDED", "a", None),
        ("MODIFIED", "odd", unreadable),
        ("ADDED", "b", None),
    ]
    assert events[1].manifest == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "odd", "namespace": "vision", "uid": "u", "resourceVersion": "8"},
    }


def test_a_watch_reads_an_object_in_spite_of_its_managed_fields() -> None:
    stop = threading.Event()
    line = b'{"type":"ADDED","object":%s}' % config_map("odd", managed=nested(100_000))
    script = Script(page(), Lines([line, stop.set]))

    [event] = watching.watch(session(script), Selection(kind_of("ConfigMap"), "vision"), stop=stop)

    assert (event.unreadable, event.manifest["data"]) == (None, {"k": "v"})


def test_a_known_object_that_becomes_unreadable_is_not_reported_as_deleted() -> None:
    stop = threading.Event()
    too_old = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}
    odd = config_map("a", data=nested(1_100))
    script = Script(page(config_map("a")), Lines([too_old]), page(odd), Lines([stop.set]))

    events = list(watching.watch(session(script), Selection(kind_of("ConfigMap"), "vision"), stop=stop))

    assert [(event.type, event.unreadable is None) for event in events] == [("ADDED", True), ("MODIFIED", False)]


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"null", b'{"type":"ADDED","object":[]}', b'{"type":5,"object":{}}', b'{"type":"ADDED"}']
)
def test_a_watch_lists_again_behind_a_line_that_is_twice_not_an_event(
    line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RESUMES", Retries(attempts=9, first_pause_s=0.001, longest_pause_s=0.001))
    stop = threading.Event()
    script = Script(
        page(config_map("a")), Lines([line]), Lines([line]), page(config_map("a"), config_map("b")), Lines([stop.set])
    )

    events = list(watching.watch(session(script), Selection(kind_of("ConfigMap"), "vision"), stop=stop))

    assert [event.manifest["metadata"]["name"] for event in events] == ["a", "b"]


def row(name: str, managed: bytes = b"{}", cells: bytes = b'["a"]') -> bytes:
    return b'{"cells":%s,"object":%s}' % (cells, config_map(name, managed=managed))


def table(*rows: bytes, columns: bytes = b'[{"name":"Name","type":"string"}]') -> Answer:
    body = b'{"kind":"Table","metadata":{},"columnDefinitions":%s,"rows":[%s]}' % (columns, b",".join(rows))
    return Answer(200, {}, body)


def test_a_table_has_the_rows_of_objects_in_spite_of_their_managed_fields() -> None:
    odd = row("odd", managed=nested(100_000))
    broken = row("broken", cells=b"[" * 2_000 + b"]" * 2_000)

    found = list_table(session(Script(table(row("a"), odd, broken))), kind_of("ConfigMap"), None)

    assert [metadata["name"] for _, metadata in found.rows] == ["a", "odd"]
    assert found.unreadable == (UnreadableObject("ConfigMap", "vision", "broken", DEEP),)


def test_an_odd_row_of_a_table_costs_itself() -> None:
    found = list_table(session(Script(table(row("a"), b"5", b'{"cells":7}'))), kind_of("ConfigMap"), None)

    assert (len(found.rows), len(found.unreadable)) == (1, 2)


@pytest.mark.parametrize("answered", [table(columns=b"5"), table(columns=b"[5]"), Answer(200, {}, b'{"kind":"Table"}')])
def test_an_answer_that_is_not_a_table_is_one_error(answered: Answer) -> None:
    with pytest.raises(ClusterError, match="answered 200"):
        list_table(session(Script(answered)), kind_of("ConfigMap"), None)

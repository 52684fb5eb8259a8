"""Pages of a list: requested ahead, returned in order, and none left in flight."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.pages import read_pages, token_in
from tenantkit.exceptions import Expired
from tests.unit.cluster.seam import Script, answer, cluster, status

if TYPE_CHECKING:
    from tenantkit.cluster.http.transport import Answer

DOING = Operation("list", "Pod")


def call_of(token: str | None) -> Call:
    return Call("GET", f"/pods?continue={token or ''}", DOING, is_repeatable=True)


def page(name: str, token: str = "") -> Answer:
    return answer(body={"kind": "PodList", "metadata": {"continue": token}, "items": [{"name": name}]})


def names(script: Script) -> list[str]:
    return [item["name"] for found in read_pages(cluster(script)._session, call_of) for item in found["items"]]


def test_pages_come_in_order() -> None:
    script = Script(page("a", "1"), page("b", "2"), page("c"))

    assert names(script) == ["a", "b", "c"]
    assert [request.path for request in script.requests] == [f"/pods?continue={token}" for token in ("", "1", "2")]


def test_the_next_page_is_requested_while_one_is_parsed() -> None:
    was_asked = threading.Event()

    def second() -> Answer:
        was_asked.set()
        return page("b")

    pages = read_pages(cluster(Script(page("a", "1"), second))._session, call_of)

    assert next(pages)["items"] == [{"name": "a"}]
    assert was_asked.wait(5)
    assert next(pages)["items"] == [{"name": "b"}]


def test_a_token_after_the_items_is_found_once_they_are_parsed() -> None:
    last = answer(body={"items": [{"name": "a"}], "metadata": {"continue": "1"}})

    assert names(Script(last, page("b"))) == ["a", "b"]


def test_an_expired_page_is_reported_in_its_turn() -> None:
    pages = read_pages(cluster(Script(page("a", "1"), status(410, "Expired", "too old")))._session, call_of)

    assert next(pages)["items"] == [{"name": "a"}]
    with pytest.raises(Expired):
        next(pages)


def test_a_reader_that_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    pages = read_pages(cluster(Script(page("a", "1"), page("b", "2")))._session, call_of)

    next(pages)
    pages.close()  # type: ignore[attr-defined]  # it is a generator

    for thread in threading.enumerate():
        if thread.name.startswith("tenantkit"):
            thread.join(5)
    assert threading.active_count() <= before


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (b'{"metadata":{"resourceVersion":"7","continue":"eyJ2-_="},"items":[]}', "eyJ2-_="),
        (b'{"metadata": {"continue": "x"}, "items": []}', "x"),
        (b'{"metadata":{"resourceVersion":"7"},"items":[{"continue":"no"}]}', None),
        (b'{"items":[],"metadata":{"continue":"x"}}', None),
        (b'{"metadata":{"continue":"a\\"b"},"items":[]}', None),
        (b"", None),
    ],
)
def test_only_a_certain_token_is_used(body: bytes, token: Any) -> None:
    assert token_in(body) == token

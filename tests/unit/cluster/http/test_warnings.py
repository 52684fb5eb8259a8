"""The server's warnings, as headers and as texts."""

from __future__ import annotations

import threading

import pytest

from tenantkit.cluster.http.warnings import collected_warnings, keep_warnings


@pytest.mark.parametrize(
    ("header", "texts"),
    [
        ('299 - "old version"', ["old version"]),
        ('299 - "first", 299 - "second, with a comma"', ["first", "second, with a comma"]),
        ('299 - "first", 299 - "first"', ["first"]),
        (r'299 - "says \"no\" and a \\"', ['says "no" and a \\']),
        ('299 - "two\tlines\x1b[31m"', ["two lines?[31m"]),
        ('199 - "from a cache"', []),
        ("not a warning", []),
        ("", []),
    ],
)
def test_warnings_of_kubernetes_are_read(header: str, texts: list[str]) -> None:
    with collected_warnings() as found:
        keep_warnings({"warning": header})

    assert found == texts


def test_a_long_warning_is_cut() -> None:
    with collected_warnings() as found:
        keep_warnings({"warning": f'299 - "{"x" * 5000}"'})

    assert [len(text) for text in found] == [601]


def test_without_a_collector_nothing_is_kept() -> None:
    keep_warnings({"warning": '299 - "lost"'})
    with collected_warnings() as found:
        keep_warnings({})

    assert found == []


def test_each_thread_collects_its_own() -> None:
    def other() -> None:
        keep_warnings({"warning": '299 - "of another thread"'})

    with collected_warnings() as found:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert found == []


def test_a_collector_inside_another_keeps_its_own_warnings() -> None:
    with collected_warnings() as outer:
        with collected_warnings() as inner:
            keep_warnings({"warning": '299 - "inner"'})
        keep_warnings({"warning": '299 - "outer"'})

    assert (inner, outer) == (["inner"], ["outer"])

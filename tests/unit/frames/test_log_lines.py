"""Lines of a log as text alone, and the bounds of what is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.exceptions import InvalidSpecError
from tenantkit.frames.log.limits import LogLimits
from tenantkit.frames.log.lines import parse_line, parse_lines, plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://example.ai\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07after", "after"),
        ("before \x1b]0;title without an end", "before 0;title without an end"),
        ("\x1b]0;no end \x1b[31mred\x1b[0m", "0;no end red"),
        ("10\u00a0000 steps\u3000of\u202f3\u2028lines", "10 000 steps of 3 lines"),
        ("\x1b(Bsets a character set", "sets a character set"),
        ("a\tb", "a    b"),
        (" 10%\r 50%\r100%", "100%"),
        ("ends with a return\r", "ends with a return"),
        ("zero\x00width\u200b and \u202eorder", "zerowidth and order"),
        ("Grüße, 世界", "Grüße, 世界"),
    ],
)
def test_a_line_is_shown_without_control_characters(written: str, shown: str) -> None:
    assert plain(written) == shown


@given(st.text())
def test_whatever_is_written_nothing_but_printable_characters_is_shown(text: str) -> None:
    assert plain(text).isprintable()


def test_the_time_in_front_of_a_line_is_read_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)
    assert parse_line(b"2026-11-25T12:00:00.123456789Z text") == (moment, "text")


def test_a_line_without_a_time_and_bytes_that_are_not_utf_8_are_kept() -> None:
    assert parse_line(b"caf\xe9 au lait") == (None, "caf\N{REPLACEMENT CHARACTER} au lait")


def test_empty_lines_are_lines_and_an_empty_log_has_none() -> None:
    texts = [[text for _, text in parse_lines(content)] for content in (b"a\n\nb\n", b"\n", b"")]
    assert texts == [["a", "", "b"], [""], []]


@pytest.mark.parametrize(
    ("since", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("2d", 172800), (timedelta(seconds=0.5), 1), (None, None)],
)
def test_a_time_is_written_as_a_duration(since: str | timedelta | None, seconds: int | None) -> None:
    assert LogLimits(since=since).since_s == seconds


def test_all_wrong_bounds_are_reported_at_once() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        LogLimits(tail=-1, since="5 hours", limit_bytes=0, max_pods=0)
    assert [problem.field for problem in caught.value.problems] == ["tail", "limit_bytes", "max_pods", "since"]

"""How the tests read what a lab prints."""

from __future__ import annotations

from tests.browser.lab_process import PAGE_CLOSED, exceptions_in

CLOSED = """[E ServerApp] Uncaught exception in zmqstream callback
    Traceback (most recent call last):
      File "channels.py", line 634, in _on_zmq_reply
        self.write_message(bin_msg, binary=True)
    tornado.websocket.WebSocketClosedError
[W ServerApp] Notebook x.ipynb is not trusted
"""
FAILED = """Traceback (most recent call last):
  File "form.py", line 1, in plan
    raise ValueError("no")
ValueError: no
"""


def test_every_exception_of_a_log_is_found() -> None:
    assert exceptions_in(CLOSED + FAILED) == {"tornado.websocket.WebSocketClosedError", "ValueError: no"}


def test_a_closed_page_is_the_only_exception_that_a_lab_may_log() -> None:
    assert exceptions_in(CLOSED) <= PAGE_CLOSED
    assert not exceptions_in(FAILED) <= PAGE_CLOSED


def test_a_traceback_that_is_not_complete_is_not_overlooked() -> None:
    assert exceptions_in("Traceback (most recent call last):\n  File") == {"(not complete)"}


def test_an_empty_line_does_not_end_a_traceback() -> None:
    assert exceptions_in(FAILED.replace("ValueError:", "\nValueError:")) == {"ValueError: no"}

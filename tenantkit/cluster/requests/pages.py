"""The pages of a list, in order; the next page is requested while one is parsed.

The token of the next page is at the head of a page, before the items, so that it is known before the page is parsed.
Server and client then work in parallel, and a long list takes as long as the slower of the two. At most one page waits,
so that memory stays bounded. Rejected alternative: parsing in threads, which Python runs one at a time.

A list ends: a token that comes twice, more than LONGEST_CALLS times the time of one call, or more than LIST_BYTES of
JSON is an error. A server keeps the version that the pages are of for five minutes, so that no longer list succeeds.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tenantkit.cluster.http.errors import error_of_contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.http.session import Call, Session
    from tenantkit.rules.manifest import Manifest

LONGEST_CALLS = 10
LIST_BYTES = 1 << 31
_HEAD_BYTES = 4096
_TOKEN = re.compile(rb'"continue":\s*"([A-Za-z0-9+/_=.:-]+)"')


def read_pages(session: Session, call_of: Callable[[str | None], Call]) -> Iterator[Manifest]:
    """Each page of a list.

    Args:
        session: where.
        call_of: the call for the page of a token; None is the first page.

    Raises:
        ClusterError: the server answered an error, or not at all, or its pages do not end.
    """
    call = call_of(None)
    bounds = _Bounds(session, call)
    answer = session.fetch(call)
    pool = ThreadPoolExecutor(1, thread_name_prefix="tenantkit")  # its thread starts with the second page
    try:
        while True:
            ahead, size = token_in(answer.body), len(answer.body)
            following = pool.submit(session.fetch, call_of(ahead)) if ahead else None
            page = session.read(call, answer)
            del answer  # its bytes, while the page is used
            token = (page.get("metadata") or {}).get("continue")
            bounds.check(token, size)
            yield page
            del page
            if not token:
                return
            call = call_of(token)
            answer = following.result() if following is not None and token == ahead else session.fetch(call)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Bounds:
    """Ends a list that would not end by itself."""

    def __init__(self, session: Session, call: Call) -> None:
        self._session, self._operation = session, call.operation
        self._limit_s = LONGEST_CALLS * session.timeout_s
        self._deadline = time.monotonic() + self._limit_s
        self._tokens: set[str] = set()
        self._bytes = 0

    def check(self, token: object, size: int) -> None:
        """Refuse the next page if there must not be one."""
        self._bytes += size
        reason = None
        if token and not isinstance(token, str):
            reason = "the token of its next page is not text"
        elif token in self._tokens:
            reason = "the same page of the list comes again and again"
        elif token and time.monotonic() > self._deadline:
            reason = f"the list has no end after {self._limit_s:g} s"
        elif self._bytes > LIST_BYTES:
            reason = f"the list is larger than {LIST_BYTES >> 30} GiB"
        if reason is not None:
            raise error_of_contents(reason, self._operation, self._session.server)
        if isinstance(token, str):
            self._tokens.add(token)


def token_in(body: bytes | bytearray) -> str | None:
    """The token of the next page, if it is before the items, where servers write it."""
    head, items, _ = bytes(body[:_HEAD_BYTES]).partition(b'"items"')
    found = _TOKEN.search(head) if items else None
    return found[1].decode() if found else None

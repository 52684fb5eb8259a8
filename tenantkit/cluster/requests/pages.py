"""The pages of a list, in order; the next page is requested while one is parsed.

The token of the next page is at the head of a page, before the items, so that it is known before the page is parsed.
Server and client then work in parallel, and a long list takes as long as the slower of the two. At most one page waits,
so that memory stays bounded. Rejected alternative: parsing in threads, which Python runs one at a time.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.http.session import Call, Session
    from tenantkit.rules.manifest import Manifest

_HEAD_BYTES = 4096
_TOKEN = re.compile(rb'"continue":\s*"([A-Za-z0-9+/_=.:-]+)"')


def read_pages(session: Session, call_of: Callable[[str | None], Call]) -> Iterator[Manifest]:
    """Each page of a list.

    Args:
        session: where.
        call_of: the call for the page of a token; None is the first page.

    Raises:
        ClusterError: the server answered an error, or not at all.
    """
    call = call_of(None)
    answer = session.fetch(call)
    pool = ThreadPoolExecutor(1, thread_name_prefix="tenantkit")  # its thread starts with the second page
    try:
        while True:
            ahead = token_in(answer.body)
            following = pool.submit(session.fetch, call_of(ahead)) if ahead else None
            page = session.read(call, answer)
            del answer  # its bytes, while the page is used
            token = (page.get("metadata") or {}).get("continue")
            yield page
            del page
            if not token:
                return
            call = call_of(token)
            answer = following.result() if following is not None and token == ahead else session.fetch(call)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def token_in(body: bytes | bytearray) -> str | None:
    """The token of the next page, if it is before the items, where servers write it."""
    head, items, _ = bytes(body[:_HEAD_BYTES]).partition(b'"items"')
    found = _TOKEN.search(head) if items else None
    return found[1].decode() if found else None

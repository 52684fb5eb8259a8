"""The query's `timeout`, which is checked before anything else of a request.

Source: apiserver's pkg/endpoints/filters/request_deadline.go, 1.37; Go's time.ParseDuration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import bad_request
from tenantkit.sandbox.apimachinery.go_text import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.sandbox.auth.request_info import RequestInfo

_PART = r"(\d+\.?\d*|\.\d+)"
_UNIT = r"(ns|us|µs|μs|ms|s|m|h)"
_DURATION = re.compile(rf"[+-]?(0|({_PART}{_UNIT})+)", re.ASCII)
_NUMBERS = re.compile(rf"[+-]?({_PART}{_UNIT})*{_PART}", re.ASCII)
_LONG_RUNNING = frozenset({"attach", "exec", "proxy", "log", "portforward"})


def check_timeout(info: RequestInfo, query: Mapping[str, str]) -> None:
    """Raise ApiError 400 if the query has a timeout that is not a duration in Go's form; watches and logs have none."""
    text = query.get("timeout", "")
    if not text or info.verb in {"watch", "proxy"} or info.subresource in _LONG_RUNNING or _DURATION.fullmatch(text):
        return
    why = "missing unit in duration" if _NUMBERS.fullmatch(text) else "invalid duration"
    raise bad_request(f"invalid timeout specified in the request URL - time: {why} {quoted(text)}")

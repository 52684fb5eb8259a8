"""One request of the fuzzer, with names of live objects still to be filled in, and its text for a report."""

from __future__ import annotations

import gzip
import shlex
import zlib
from dataclasses import dataclass

# stand for the name of the kind's sample object and of a new one; as long as those names, so that a length before one
SAMPLE_NAME, CREATED_NAME = "fx-NUMBER", "fn-NUMBER"
RV, UID, CONTINUE, TOKEN = "@RV@", "@UID@", "@CONTINUE@", "@TOKEN@"  # of each engine's own
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Request:
    """A request as both engines get it.

    Args:
        number: its number in the sequence of its seed; with the seed it is enough to draw it again.
        method: the HTTP method.
        target: the path and the query, encoded as they are sent.
        plural: the resource whose sample object it may change; empty for none.
        user: whose token it carries, unless it has an Authorization header of its own; empty for none.
        headers: names and values, in order.
        body: the body before it is compressed; None for none.
        packing: how the body is compressed: a key of PACKINGS.
    """

    number: int
    method: str
    target: str
    plural: str = ""
    user: str = "admin"
    headers: tuple[tuple[str, bytes], ...] = ()
    body: bytes | None = None
    packing: str = ""

    @property
    def is_watch(self) -> bool:
        """Whether the answer may be a stream without an end."""
        return self.method not in {"POST", "PUT", "PATCH", "DELETE"} and (
            "watch" in self.target or "follow" in self.target
        )

    def filled(self, values: dict[str, str]) -> Request:
        """The request with values of live objects instead of their placeholders."""
        target, body = self.target, self.body
        headers = list(self.headers)
        for name, value in values.items():
            target = target.replace(name, value)
            body = body.replace(name.encode(), value.encode()) if body is not None else None
            headers = [(key, text.replace(name.encode(), value.encode())) for key, text in headers]
        return Request(self.number, self.method, target, self.plural, self.user, tuple(headers), body, self.packing)

    def needs(self, placeholder: str) -> bool:
        """Whether the placeholder occurs anywhere."""
        return placeholder in self.target or (self.body is not None and placeholder.encode() in self.body)

    def as_curl(self) -> str:
        """The request as a command, with its body cut after 2000 bytes."""
        words = ["curl", "-X", self.method, f"https://SERVER{self.target}"]
        for name, value in self.headers:
            words += ["-H", f"{name}: {_shown(value)}"]
        if self.user:
            words += ["-H", f"Authorization: Bearer ({self.user}'s token)"]
        if self.body is not None:
            words += ["--data-binary", _shown(self.body) + (f"  # packed: {self.packing}" if self.packing else "")]
        return shlex.join(words)


def _shown(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(data)} bytes)"


def packed(body: bytes, packing: str) -> bytes:
    """The body, compressed in one of the ways in PACKINGS."""
    match packing:
        case "gzip":
            return gzip.compress(body, mtime=0)
        case "gzip cut off":
            return gzip.compress(body, mtime=0)[:-6]
        case "gzip with a wrong checksum":
            whole = bytearray(gzip.compress(body, mtime=0))
            whole[-6] ^= 0xFF
            return bytes(whole)
        case "gzip twice":
            return gzip.compress(body, mtime=0) * 2
        case "deflate":
            return zlib.compress(body)
        case _:
            return body


PACKINGS = ("gzip", "gzip cut off", "gzip with a wrong checksum", "gzip twice", "deflate")

"""Sends steps to one engine as a user, with values of live objects filled in, and returns the answers."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import urllib3

from tests.contract.tokens import tokens_of
from tests.contract.wire import JSON
from tests.differential.kinds import RUN, put

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.contract.engines import Engine
    from tests.differential.steps import Step

_TIMEOUT_S = 30.0
_AGENT = "differential/1"  # becomes the field manager of requests that name none
_NO_UID, _NO_VERSION = "00000000-0000-4000-8000-000000000000", "1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sent; the body as parsed JSON if possible, else as text."""

    status: int
    warnings: tuple[str, ...]
    body: Any

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return self.status < 300


@dataclass(slots=True)
class Exchange:
    """A connection to one engine for the steps of one run."""

    server: str
    tokens: Mapping[str, str]
    pool: urllib3.PoolManager
    run: str = RUN
    page: str = ""

    @classmethod
    def to(cls, engine: Engine, users: Iterable[str]) -> Self:
        """Read the logins of an engine that the tests started."""
        server, ca, tokens = tokens_of(engine, users)
        pool = urllib3.PoolManager(ca_cert_data=ca, timeout=_TIMEOUT_S, retries=False)
        return cls(server, tokens, pool)

    def begin(self, run: str) -> None:
        """Use the names of that run from now on."""
        self.run, self.page = run, ""

    def send(self, step: Step) -> Answer:
        """The answer to a step."""
        query = {key: self._filled(step.path, value) for key, value in step.query.items()}
        path, body = step.path, step.body
        if step.edits is not None:
            body = self._edited(path, step.edits)
        elif isinstance(body, dict):
            body = self._filled(path, body)
        answer = self.ask(step.method, path, query, body, step.user, step.content_type, step.accept)
        if step.operation == "list" and answer.ok:
            self.page = answer.body["metadata"].get("continue") or self.page
        return answer

    def ask(  # noqa: PLR0913, PLR0917 (what a request has)
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        user: str = "admin",
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Answer:
        """The answer to one request."""
        asked = path + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.tokens[user]}", "User-Agent": _AGENT, "Accept": accept}
        text = None
        if body is not None:
            headers["Content-Type"] = content_type
            text = (body if isinstance(body, str) else json.dumps(body)).replace(RUN, self.run).encode()
        got = self.pool.request(method, self.server + asked.replace(RUN, self.run), headers=headers, body=text)
        is_json = got.headers.get("Content-Type", "").startswith(JSON)
        shown = got.data.decode().replace(self.run, RUN)
        warnings = tuple(item.replace(self.run, RUN) for item in got.headers.getlist("Warning"))
        return Answer(got.status, warnings, json.loads(shown) if is_json and shown else shown)

    def _filled(self, path: str, value: Any) -> Any:
        """The value, with `$rv`, `$uid` and `$continue` replaced by those of live objects."""
        if isinstance(value, dict):
            return {key: self._filled(path, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(path, item) for item in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        what, _, other = value.partition(":")
        if what == "$continue":
            return self.page
        metadata = self._live(other or path).get("metadata") or {}
        if what == "$rv":
            return metadata.get("resourceVersion", _NO_VERSION)
        return metadata.get("uid", _NO_UID) if what == "$uid" else value

    def _live(self, path: str) -> Any:
        answer = self.ask("GET", path)
        return answer.body if answer.ok else {}

    def _edited(self, path: str, edits: Iterable[tuple[str, Any]]) -> Any:
        """The live object at a path, edited."""
        body = copy.deepcopy(self._live(path))
        for where, value in edits:
            put(body, where, self._filled(path, value))
        return json.loads(json.dumps(body, sort_keys=True))  # each engine answers in its own order

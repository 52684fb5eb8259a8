"""The address, the authority and the tokens of an engine, for tests that write their own requests."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.contract.engines import Engine


class Tokens(NamedTuple):
    """An engine's server, its authority as PEM, and the tokens of some users."""

    server: str
    ca: str
    tokens: Mapping[str, str]


def tokens_of(engine: Engine, users: Iterable[str]) -> Tokens:
    """Read the logins of users of an engine that the tests started."""
    tokens: dict[str, str] = {}
    cluster: dict[str, str] = {}
    for name in users:
        login = engine.login(name)
        config = yaml.safe_load(Path(login.kubeconfig).read_text(encoding="utf-8"))
        context = next(item["context"] for item in config["contexts"] if item["name"] == login.context)
        user = next(item["user"] for item in config["users"] if item["name"] == context["user"])
        tokens[name], cluster = user["token"], config["clusters"][0]["cluster"]
    inline = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
    ca = inline or Path(cluster["certificate-authority"]).read_text(encoding="utf-8")
    return Tokens(cluster["server"], ca, tokens)

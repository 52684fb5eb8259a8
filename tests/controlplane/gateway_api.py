"""Puts the Gateway API's kinds on a control plane, and takes them off again: its CRDs, of the standard channel.

They lie in the Go module that Contour requires; `go mod download` in contour/ fetches it. Only what the sandbox has as
built-in kinds is put there.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    # a method, a path without its first slash, a body: the status and the JSON that is answered
    Ask = Callable[[str, str, Any], tuple[int, Any]]

VERSION = "v1.3.0"
GROUP = "gateway.networking.k8s.io"
PLURALS = ("gatewayclasses", "gateways", "httproutes", "referencegrants")
_CRDS = "apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_READY_S = 30.0
_POLL_S = 0.1
_OK, _CREATED, _CONFLICT, _NOT_FOUND = 200, 201, 409, 404


class NotServedError(Exception):
    """The control plane does not serve these kinds; the message says what it answered last."""


def definitions(go_modules: Path) -> list[Any]:
    """The CRDs; `go_modules` is Go's module cache, or a folder in it such as `k8s.io`."""
    folder = next(
        found
        for root in (go_modules, go_modules.parent)
        if (found := root / "sigs.k8s.io" / f"gateway-api@{VERSION}" / "config" / "crd" / "standard").is_dir()
    )
    return [yaml.safe_load((folder / f"{GROUP}_{plural}.yaml").read_text()) for plural in PLURALS]


def put_on(ask: Ask, go_modules: Path) -> list[str]:
    """Put the CRDs there, and wait until all of their kinds are served and their schemas told.

    Returns:
        The names of those that were not there yet, for `take_off`.

    Raises:
        NotServedError: they still are not after half a minute.
    """
    made = []
    for definition in definitions(go_modules):
        status, body = ask("POST", _CRDS, definition)
        if status not in {_CREATED, _CONFLICT}:
            raise NotServedError(f"POST of {definition['metadata']['name']}: {body}")
        made += [definition["metadata"]["name"]] if status == _CREATED else []
    deadline = time.monotonic() + _READY_S
    while (why_not := _missing(ask)) is not None:
        if time.monotonic() > deadline:
            raise NotServedError(f"not served after {_READY_S:.0f} s: {why_not}")
        time.sleep(_POLL_S)
    return made


def take_off(ask: Ask, names: list[str]) -> None:
    """Delete these CRDs, and with them all objects of their kinds, and wait until they are gone."""
    for name in names:
        ask("DELETE", f"{_CRDS}/{name}", None)
    deadline = time.monotonic() + _READY_S
    while any(ask("GET", f"{_CRDS}/{name}", None)[0] != _NOT_FOUND for name in names):
        if time.monotonic() > deadline:
            raise NotServedError(f"{names} are still there after {_READY_S:.0f} s")
        time.sleep(_POLL_S)


def _missing(ask: Ask) -> str | None:
    """What is not there yet."""
    for version, plurals in (("v1", PLURALS[:3]), ("v1beta1", PLURALS[3:])):
        schemas = str(ask("GET", f"openapi/v3/apis/{GROUP}/{version}", None))
        for plural in plurals:
            status, body = ask("GET", f"apis/{GROUP}/{version}/{plural}", None)
            if status != _OK:
                return f"{plural}: {body}"
            if f"/{version}/{plural}" not in schemas and f"/{{namespace}}/{plural}" not in schemas:
                return f"{plural}: no schema"
    return None

"""Installs the Gateway API's CRDs of the standard channel on a control plane, and removes them again.

They are in the Go module that Envoy Gateway requires; `go mod download` in envoy-gateway/ fetches it. Only the kinds
that the sandbox has are installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    # from a method, a path without its first slash and a body to the status and the JSON of the answer
    Ask = Callable[[str, str, Any], tuple[int, Any]]

VERSION = "v1.6.1"
GROUP = "gateway.networking.k8s.io"
PLURALS = ("gatewayclasses", "gateways", "httproutes", "listenersets", "referencegrants")
OLDER_PLURALS = PLURALS[-1:]  # also of v1beta1, which older manifests name
_CRDS = "apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_READY_S = 30.0
_OK, _CREATED, _CONFLICT, _NOT_FOUND = 200, 201, 409, 404


class NotServedError(AssertionError):
    """The control plane does not serve these kinds; the message has its last answer."""


def definitions(go_modules: Path) -> list[Any]:
    """The CRDs; `go_modules` is Go's module cache, or a folder in it such as `k8s.io`."""
    folder = next(
        found
        for root in (go_modules, go_modules.parent)
        if (found := root / "sigs.k8s.io" / f"gateway-api@{VERSION}" / "config" / "crd" / "standard").is_dir()
    )
    return [yaml.safe_load((folder / f"{GROUP}_{plural}.yaml").read_text()) for plural in PLURALS]


def put_on(ask: Ask, go_modules: Path) -> list[str]:
    """Create the CRDs, and wait until all of their kinds and schemas are served.

    Returns:
        The names of the CRDs that did not exist before, for `take_off`.

    Raises:
        NotServedError: they are not served after half a minute.
    """
    made = []
    for definition in definitions(go_modules):
        status, body = ask("POST", _CRDS, definition)
        if status not in {_CREATED, _CONFLICT}:
            raise NotServedError(f"POST of {definition['metadata']['name']}: {body}")
        made += [definition["metadata"]["name"]] if status == _CREATED else []
    eventually(lambda: _all_are_served(ask), timeout_s=_READY_S)
    return made


def take_off(ask: Ask, names: list[str]) -> None:
    """Delete these CRDs and with them all objects of their kinds, and wait until they no longer exist."""
    for name in names:
        ask("DELETE", f"{_CRDS}/{name}", None)
    paths = [f"{_CRDS}/{name}" for name in names]
    eventually(lambda: all(ask("GET", path, None)[0] == _NOT_FOUND for path in paths), timeout_s=_READY_S)


def _all_are_served(ask: Ask) -> bool:
    for version, plurals in (("v1", PLURALS), ("v1beta1", OLDER_PLURALS)):
        schemas = str(ask("GET", f"openapi/v3/apis/{GROUP}/{version}", None))
        for plural in plurals:
            status, body = ask("GET", f"apis/{GROUP}/{version}/{plural}", None)
            if status != _OK:
                raise NotServedError(f"{plural} of {version}: {body}")
            if f"/{version}/{plural}" not in schemas and f"/{{namespace}}/{plural}" not in schemas:
                raise NotServedError(f"{plural} of {version} has no schema")
    return True

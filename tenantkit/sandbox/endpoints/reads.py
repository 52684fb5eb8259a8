"""The reading verbs: get and list. All pages of a list show the state at its first page.

As on a real server, a continue token has a version and a start key, and is valid as long as the store has that version.
Source: page "Kubernetes API Concepts", section "Retrieving large results sets in chunks".
"""

from __future__ import annotations

import base64
import json
import posixpath
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.apiextensions import is_custom
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request, not_found, resource_expired
from tenantkit.sandbox.apimachinery.go_text import not_uint64
from tenantkit.sandbox.apimachinery.json_text import read_json
from tenantkit.sandbox.endpoints.options import list_options, not_a_version
from tenantkit.sandbox.endpoints.request import check_name_in_path
from tenantkit.sandbox.endpoints.selectors import selectors_of

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.endpoints.request import ApiRequest
    from tenantkit.sandbox.storage.store import Store

_TOKEN_LIMIT = 4096  # longer than a namespace and a name
_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 (a format's name)
_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter."
)


class Reads:
    """The reading verbs over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, resource: Resource, request: ApiRequest) -> Manifest:
        """GET of one object, as it is now; the resourceVersion that a client asks for is only checked."""
        check_name_in_path(request.info.name)
        text = request.query.get("resourceVersion", "")
        if resource.qualified == "events" and text and (why := not_uint64(text)):
            raise bad_request(f"invalid resource version: {not_a_version(text, why)}")  # they are not cached
        _check_requested(self._store, text)
        return self.find(resource, request)

    def find(self, resource: Resource, request: ApiRequest) -> Manifest:
        """The object of a request; raises ApiError 404 if it does not exist."""
        found = self._store.get(resource, request.info.name, request.info.namespace if resource.namespaced else "")
        if found is None:
            raise not_found(resource, request.info.name)
        return found

    def list(self, resource: Resource, request: ApiRequest) -> Manifest:
        """GET of many objects: a list, or a page of it, whose items have no apiVersion and kind."""
        options = list_options(request.query)
        selectors = selectors_of(resource, options, name=request.info.name)
        namespace = request.info.namespace if resource.namespaced else ""
        version, start = _read_token(options.token) if options.token else (0, ())
        requested = options.version
        if not version and requested:
            check_version(self._store, requested)
            version = requested if options.exact else 0
        version = version or self._store.resource_version
        try:
            every = self._store.list_at(version, resource, namespace)
        except ApiError as error:
            raise resource_expired(_EXPIRED) if options.token else error from error
        found = [item for item in every if (not start or _key(item) > start) and selectors.matches(item)]
        metadata: Manifest = {"resourceVersion": str(version)}
        pages = options.token or options.version_text != "0"  # resourceVersion=0 is served from a cache, without pages
        if pages and 0 < options.limit < len(found):
            rest, found = len(found) - options.limit, found[: options.limit]
            metadata["continue"] = _token(version, _key(found[-1]))
            if selectors.is_all:
                metadata["remainingItemCount"] = rest
        elif is_custom(resource.api_version):
            metadata = {"continue": "", **metadata}
        return {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version,
            "metadata": metadata,
            "items": found if is_custom(resource.api_version) else [_without_type(item) for item in found],
        }


def _check_requested(store: Store, text: str) -> None:
    """Raise ApiError 500, as the server does, for a version that is not a number, and 504 for one in the future."""
    if text and (why := not_uint64(text)):
        raise ApiError(code=500, reason="", message=not_a_version(text, why))
    if text:
        check_version(store, int(text))


def check_version(store: Store, version: int) -> None:
    """Raise ApiError 504 for a version in the future."""
    if version > store.resource_version:
        raise ApiError(
            code=504,
            reason="Timeout",
            message=f"Timeout: Too large resource version: {version}, current: {store.resource_version}",
            causes=[Cause("", "Too large resource version", "ResourceVersionTooLarge")],
            retry_after_s=1,
        )


def _key(manifest: Manifest) -> tuple[str, ...]:
    """The key by which lists are sorted."""
    return manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def _without_type(manifest: Manifest) -> Manifest:
    return {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}


def _token(version: int, key: tuple[str, ...]) -> str:
    text = json.dumps({"v": _TOKEN_VERSION, "rv": version, "start": "/".join(key)}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_token(text: str) -> tuple[int, tuple[str, ...]]:
    """The version and start key of a continue token; raises ApiError 400 for an invalid token."""
    decoded = ""
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("latin-1")
        token: Any = read_json(decoded) if len(decoded) <= _TOKEN_LIMIT else None
        if token["v"] != _TOKEN_VERSION:
            raise ValueError(token["v"])  # noqa: TRY301 (one message for all errors)
        start = str(token["start"])
        if posixpath.normpath(f"/{start}") != f"/{start.rstrip('/')}":
            raise ValueError(start)  # noqa: TRY301 (as above)
        namespace, _, name = start.rpartition("/")
        version = token["rv"]
        if not isinstance(version, int) or version == 0:
            raise ValueError("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")  # noqa: TRY301
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    return max(version, 0), (namespace, name)  # a negative one means the latest

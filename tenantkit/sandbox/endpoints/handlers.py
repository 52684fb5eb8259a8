"""The way of a request: who asks, what for, may they, and then the one function that does it.

All of it but reading the body and writing a watch is one synchronous step on one thread, so that a write is whole
before the next request is looked at, and nothing needs a lock. Turned down: a route a path, since authorisation must
read the paths of kinds that do not exist, too.

Source: the handler chain in apiserver's pkg/server/config.go, 1.37.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol

import orjson
from aiohttp import web
from multidict import CIMultiDict

from tenantkit.sandbox.apimachinery.errors import (
    ApiError,
    bad_request,
    method_not_allowed,
    no_such_resource,
    unauthorized,
)
from tenantkit.sandbox.apimachinery.resources import find, serves
from tenantkit.sandbox.apis.events_conversion import NEWER, OLDER, as_newer
from tenantkit.sandbox.auth.rbac import Authorizer, denied
from tenantkit.sandbox.auth.request_info import RequestInfo
from tenantkit.sandbox.auth.users import AUTHENTICATED, SERVICE_ACCOUNT_PREFIX, User, service_account_user
from tenantkit.sandbox.endpoints import discovery
from tenantkit.sandbox.endpoints.delete import Deletion
from tenantkit.sandbox.endpoints.events_v1 import in_newer_words, older_call
from tenantkit.sandbox.endpoints.negotiation import Shape, wanted_form
from tenantkit.sandbox.endpoints.pod_subresources import bind, evict
from tenantkit.sandbox.endpoints.reads import Reads
from tenantkit.sandbox.endpoints.request import Request, parse_request_info
from tenantkit.sandbox.endpoints.reviews import Reviews
from tenantkit.sandbox.endpoints.scale import SCALE, scale_of
from tenantkit.sandbox.endpoints.watch import Watch
from tenantkit.sandbox.endpoints.writes import Writes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from multidict import CIMultiDictProxy

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.tokens import Tokens
    from tenantkit.sandbox.endpoints.negotiation import Form
    from tenantkit.sandbox.storage.store import Store

BODY_LIMIT_BYTES = 3 * 1024 * 1024
_log = logging.getLogger(__name__)
_JSON = "application/json"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ControlLoops(Protocol):
    """The control loops, as far as requests start them."""

    @property
    def pending(self) -> bool:
        """Whether a loop has work to do."""

    def run_pending(self) -> None:
        """Do that work."""


class PageNotFoundError(Exception):
    """Nothing at all is served below that path."""


class Handlers:
    """Answers HTTP requests from one store; `without` is an API group that this server does not have."""

    def __init__(
        self, store: Store, tokens: Tokens, controllers: ControlLoops, *, address: str, without: str = ""
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._controllers = controllers
        self._address = address
        self._without = without
        self._authorizer = Authorizer(store)
        self._reads = Reads(store)
        self._writes = Writes(store, self._authorizer)
        self._deletion = Deletion(store, self._reads)
        self._reviews = Reviews(store, self._authorizer, tokens)
        self._watches: set[Watch] = set()
        self._verbs: dict[str, Callable[[Resource, Request], tuple[int, Manifest]]] = {
            "get": lambda resource, request: (200, self._reads.get(resource, request)),
            "list": lambda resource, request: (200, self._reads.list(resource, request)),
            "create": self._create,
            "update": self._writes.update,
            "patch": self._writes.patch,
            "delete": self._deletion.delete,
            "deletecollection": self._deletion.delete_many,
        }

    async def handle(self, http_request: web.Request) -> web.StreamResponse:
        """Answer one request; whatever goes wrong is answered as a Status."""
        warnings: list[str] = []
        try:
            return await self._handled(http_request, warnings)
        except ApiError as error:
            failed = error
        except PageNotFoundError:
            return self._text(404, "404 page not found\n")
        except web.HTTPRequestEntityTooLarge:
            message = f"Request entity too large: limit is {BODY_LIMIT_BYTES}"
            failed = ApiError(code=413, reason="RequestEntityTooLarge", message=message)
        except ConnectionError:
            raise  # The client has gone: there is nobody to answer.
        except Exception as error:  # noqa: BLE001 (a bug of the sandbox: into the log as it is, and to the client)
            _log.exception("%s %s failed", http_request.method, http_request.path)
            failed = ApiError(code=500, reason="InternalError", message=f"Internal error occurred: {error!r}")
        finally:
            if http_request.method in _WRITES and self._controllers.pending:
                asyncio.get_running_loop().call_soon(self._controllers.run_pending)
        return self._json(failed.code, failed.status_body(), warnings)

    def end_watches(self) -> None:
        """Let all open watches end."""
        for watch in self._watches:
            watch.end()

    async def _handled(self, http_request: web.Request, warnings: list[str]) -> web.StreamResponse:
        """The answer, when nothing goes wrong."""
        body = await http_request.read() if http_request.can_read_body else b""
        request = self._call(http_request, body, warnings)
        self._authorizer.check(request.user, request.info)
        if not request.info.resource:
            return self._about(http_request, request.info)
        if self._without and request.info.group == self._without:
            raise PageNotFoundError
        resource = _resource(request.info)
        if http_request.method == "HEAD":
            raise method_not_allowed()  # its verb is `get` for authorisation only
        has_table = "list" in resource.verbs and request.info.subresource in {"", "status"}
        form = wanted_form(http_request.headers.get("Accept", ""), has_table=has_table)
        if resource is NEWER:
            with in_newer_words():
                return await self._done(http_request, OLDER, older_call(request), form)
        return await self._done(http_request, resource, request, form)

    async def _done(
        self, http_request: web.Request, resource: Resource, request: Request, form: Form
    ) -> web.StreamResponse:
        """The answer of a verb of a resource."""
        if request.info.verb == "watch":
            return await self._watch(
                http_request, Watch(self._store, resource, request, self._shape(form, resource, request))
            )
        if request.info.subresource == "log":
            return self._log(resource, request)
        status, answer = self._verbs[request.info.verb](resource, request)
        if request.info.subresource == SCALE:
            answer = scale_of(answer)
        return self._json(status, self._shape(form, resource, request)(answer), request.warnings)

    def _shape(self, form: Form, resource: Resource, request: Request) -> Callable[[Manifest], Manifest]:
        is_newer = resource is OLDER and request.info.group == NEWER.group
        shape = Shape(form, NEWER if is_newer else resource, request.query.get("includeObject", ""), self._store.clock)
        return (lambda answer: shape(as_newer(answer))) if is_newer else shape

    def _call(self, http_request: web.Request, body: bytes, warnings: list[str]) -> Request:
        """The request as it is understood; raises ApiError 401 for a stranger to the server."""
        headers = http_request.headers
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        user = self._tokens.user_of(token.strip(), self._store.clock()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        info = parse_request_info(http_request.method, http_request.path, http_request.query)
        user = self._impersonated(user, info, headers)
        agent = headers.get("User-Agent", "")
        return Request(info, user, http_request.query, body, headers.get("Content-Type", ""), agent, warnings)

    def _impersonated(self, user: User, info: RequestInfo, headers: CIMultiDictProxy[str]) -> User:
        """The user that the request is made as: another one, where headers ask for that and the user may."""
        name = headers.get("Impersonate-User", "")
        groups = tuple(headers.getall("Impersonate-Group", ()))
        if not name:
            if groups:
                raise bad_request("requested groups without impersonating a user name")
            return user
        parts = name.removeprefix(SERVICE_ACCOUNT_PREFIX).split(":")
        is_account = name.startswith(SERVICE_ACCOUNT_PREFIX) and len(parts) == 2  # noqa: PLR2004 (namespace and name)
        needed = [RequestInfo("impersonate", version="v1", resource="groups", name=group) for group in groups]
        if is_account:
            needed.append(RequestInfo("impersonate", "", "", "v1", "serviceaccounts", "", parts[0], parts[1]))
        else:
            needed.append(RequestInfo("impersonate", version="v1", resource="users", name=name))
        if not all(self._authorizer.allows(user, right) for right in needed):
            raise denied(user, replace(info, verb=f"impersonate-on:user-info:{info.verb}"))
        if is_account and not groups:
            return service_account_user(*parts)
        return User(name, groups if AUTHENTICATED in groups else (*groups, AUTHENTICATED))

    def _create(self, resource: Resource, request: Request) -> tuple[int, Manifest]:
        """POST: of an object, or of a question, which some kinds are."""
        match request.info.subresource:
            case "token":
                return self._reviews.create_token(request)
            case "binding":
                return bind(self._store, resource, request)
            case "eviction":
                return evict(self._store, resource, request)
        return (self._writes if "get" in resource.verbs else self._reviews).create(resource, request)

    def _log(self, resource: Resource, request: Request) -> web.Response:
        """A pod's log: empty, since nothing runs; of a pod on a node it is the node that is not there to be asked."""
        node = self._reads.get(resource, request)["spec"].get("nodeName")
        if node:
            raise ApiError(code=404, reason="NotFound", message=f'nodes "{node}" not found', kind="nodes", name=node)
        return web.Response(status=204, headers=self._headers())

    async def _watch(self, http_request: web.Request, watch: Watch) -> web.StreamResponse:
        response = web.StreamResponse(headers=self._headers() | {"Content-Type": _JSON})
        response.enable_chunked_encoding()
        await response.prepare(http_request)
        self._watches.add(watch)
        try:
            async for line in watch.lines():
                await response.write(line)
            await response.write_eof()
        except ConnectionError:
            _log.debug("a watch of %s was closed by its client", http_request.path)
        finally:
            self._watches.discard(watch)
        return response

    def _about(self, http_request: web.Request, info: RequestInfo) -> web.Response:
        """A path that is none of a resource: what the server says about itself."""
        path = http_request.path.rstrip("/")
        without = self._without
        if info.verb not in {"get", "head"} or (without and f"/apis/{without}" in path):
            raise PageNotFoundError
        if path in discovery.HEALTH:
            return self._text(200, "ok")
        if path in {"/api", "/apis"} and "as=APIGroupDiscoveryList" in http_request.headers.get("Accept", ""):
            return self._json(200, discovery.aggregated(path[1:], without=without), content_type=discovery.AGGREGATED)
        schemas = discovery.openapi(path.removeprefix("/openapi/v3/")) if path.startswith("/openapi/v3/") else None
        if schemas is not None:
            return web.Response(body=schemas, headers=self._headers() | {"Content-Type": _JSON})
        found = discovery.document(path, address=self._address, without=without)
        if found is None:
            raise PageNotFoundError
        return self._json(200, found)

    def _json(
        self, status: int, body: Manifest, warnings: Iterable[str] = (), *, content_type: str = _JSON
    ) -> web.Response:
        headers = CIMultiDict(self._headers() | {"Content-Type": content_type})
        for warning in warnings:
            headers.add("Warning", f"299 - {json.dumps(warning)}")
        return web.Response(status=status, body=orjson.dumps(body), headers=headers)

    def _text(self, status: int, text: str) -> web.Response:
        return web.Response(status=status, text=text, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        """What every answer carries; its date is the sandbox's clock's, by which clients reckon ages."""
        date = format_datetime(self._store.clock().astimezone(UTC), usegmt=True)
        return {"Cache-Control": "no-cache, private", "Date": date}


def _resource(info: RequestInfo) -> Resource:
    """The resource of an action; raises ApiError for one that is not there, or does not know the verb there."""
    try:
        resource = find(info.group, info.version, info.resource)
    except LookupError:
        if serves(info.group, info.version):
            raise no_such_resource() from None
        raise PageNotFoundError from None
    verbs = resource.verbs
    if info.subresource:
        part = resource.subresources.get(info.subresource)
        if part is None or not info.name:
            raise no_such_resource()
        verbs = part.verbs
    if info.verb not in verbs:
        raise method_not_allowed()
    everywhere = resource.namespaced and not info.namespace
    if everywhere and info.verb not in {"list", "watch"}:
        raise method_not_allowed() if not info.name else no_such_resource()
    misplaced = info.namespace and not resource.namespaced and resource.plural != "namespaces"
    if misplaced:
        raise no_such_resource()
    is_named = bool(info.name)
    if info.verb == "create" and is_named != bool(info.subresource):
        raise method_not_allowed()
    if info.verb in {"update", "patch"} and not is_named:
        raise method_not_allowed()
    return resource

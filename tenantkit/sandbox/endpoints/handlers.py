"""How a request is handled: authenticate, parse, authorize, dispatch.

Except for reading the body and writing a watch this is one synchronous step in one thread, so that each write is
complete before the next request and nothing needs a lock. Rejected alternative: a route per path, because authorization
also applies to the paths of kinds that do not exist.

Source: the handler chain in apiserver's pkg/server/config.go, 1.37.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol

from aiohttp import web
from multidict import CIMultiDict

from tenantkit.sandbox.apimachinery.errors import ApiError, bad_request, method_not_allowed, not_convertible
from tenantkit.sandbox.apimachinery.json_text import write_json
from tenantkit.sandbox.apimachinery.resources import stored, version_of
from tenantkit.sandbox.apis.events_conversion import NEWER, OLDER, as_newer
from tenantkit.sandbox.apis.other_versions import body_in, in_version
from tenantkit.sandbox.auth.rbac import Authorizer
from tenantkit.sandbox.endpoints import discovery
from tenantkit.sandbox.endpoints.authentication import Authenticator
from tenantkit.sandbox.endpoints.bodies import check_media_type
from tenantkit.sandbox.endpoints.delete import Deletes
from tenantkit.sandbox.endpoints.events_v1 import in_newer_terms, older_request
from tenantkit.sandbox.endpoints.negotiation import TABLE, ResponseConverter, check_plain, negotiated_form
from tenantkit.sandbox.endpoints.pod_log import PodLog, check_log_options, chosen_container, kubelet_address, no_kubelet
from tenantkit.sandbox.endpoints.pod_subresources import bind, evict
from tenantkit.sandbox.endpoints.reads import Reads
from tenantkit.sandbox.endpoints.request import (
    ApiRequest,
    BadTargetError,
    flag,
    parse_request_info,
    parse_target,
    text_of_header,
)
from tenantkit.sandbox.endpoints.reviews import Reviews
from tenantkit.sandbox.endpoints.routing import PageNotFoundError, is_unplaced, requested_resource
from tenantkit.sandbox.endpoints.scale import SCALE, scale_of
from tenantkit.sandbox.endpoints.timeouts import check_timeout
from tenantkit.sandbox.endpoints.warning_headers import warning_headers
from tenantkit.sandbox.endpoints.watch import Watch
from tenantkit.sandbox.endpoints.writes import Writes, check_patch_type

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.request_info import RequestInfo
    from tenantkit.sandbox.auth.tokens import Tokens
    from tenantkit.sandbox.endpoints.negotiation import ResponseForm
    from tenantkit.sandbox.storage.container_logs import ContainerLogs
    from tenantkit.sandbox.storage.store import Store

BODY_LIMIT_BYTES = 3 * 1024 * 1024
_log = logging.getLogger(__name__)
_JSON = "application/json"
_BODY_WITHIN_S = 60  # the server's limit for requests that are not watches
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ControlLoops(Protocol):
    """The control loops, which run after a write."""

    @property
    def pending(self) -> bool:
        """Whether a loop has work to do."""

    def run_soon(self) -> None:
        """Do that work on the event loop, in between requests."""


class Handlers:
    """Handles HTTP requests; `without` is an API group that this server does not have.

    `logs` are those of the stand-in for the kubelets; None: no kubelet answers.
    """

    def __init__(  # noqa: PLR0913 (what a server has)
        self,
        store: Store,
        tokens: Tokens,
        controllers: ControlLoops,
        *,
        address: str,
        without: str = "",
        logs: ContainerLogs | None = None,
    ) -> None:
        self._store = store
        self._controllers = controllers
        self._address = address
        self._without = without
        self._logs = logs
        self._authorizer = Authorizer(store)
        self._authenticator = Authenticator(tokens, self._authorizer, store.clock)
        self._reads = Reads(store)
        self._writes = Writes(store, self._authorizer)
        self._deletes = Deletes(store, self._reads, self._authorizer)
        self._reviews = Reviews(store, self._authorizer, tokens)
        self._watches: set[Watch] = set()
        self._ended = asyncio.Event()
        self._verbs: dict[str, Callable[[Resource, ApiRequest], tuple[int, Manifest]]] = {
            "get": lambda resource, request: (200, self._reads.get(resource, request)),
            "list": lambda resource, request: (200, self._reads.list(resource, request)),
            "create": self._create,
            "update": self._writes.update,
            "patch": self._writes.patch,
            "delete": self._deletes.delete,
            "deletecollection": self._deletes.delete_many,
        }

    async def handle(self, http_request: web.Request) -> web.StreamResponse:
        """Handle one request; errors are answered with a Status."""
        warnings: list[str] = []
        try:
            return await self._handle(http_request, warnings)
        except ApiError as error:
            failed = error
        except PageNotFoundError:
            return self._text(404, "404 page not found\n")
        except BadTargetError:
            return self._text(400, "400 Bad Request")
        except web.HTTPRequestEntityTooLarge:
            message = f"Request entity too large: limit is {BODY_LIMIT_BYTES}"
            failed = ApiError(code=413, reason="RequestEntityTooLarge", message=message)
        except ConnectionError:
            raise  # the client has disconnected
        except Exception as error:  # noqa: BLE001 (a bug of the sandbox: logged, and reported to the client)
            _log.exception("%s %s failed", http_request.method, http_request.path)
            failed = ApiError(code=500, reason="InternalError", message=f"Internal error occurred: {error!r}")
        finally:
            if http_request.method in _WRITES and self._controllers.pending:
                self._controllers.run_soon()
        return self._json(failed.code, failed.status_body(), warnings)

    def end_watches(self) -> None:
        """End all open watches and followed logs."""
        self._ended.set()
        for watch in self._watches:
            watch.end()

    async def _handle(self, http_request: web.Request, warnings: list[str]) -> web.StreamResponse:
        """The response to a request without errors."""
        request = self._read(http_request, warnings)
        self._authorizer.check(request.user, request.info)
        if not request.info.resource:
            return self._non_resource(http_request, request.info)
        if self._without and request.info.group == self._without:
            raise PageNotFoundError
        resource = requested_resource(request.info)
        if http_request.method == "HEAD" or (request.info.verb == "watch" and http_request.method != "GET"):
            raise method_not_allowed()  # these verbs are for authorization only
        has_table = "list" in resource.verbs and request.info.subresource in {"", "status", SCALE}
        if request.info.verb == "patch":
            check_patch_type(resource, request.content_type)
        form = negotiated_form(http_request.headers.get("Accept", ""), has_table=has_table)
        if is_unplaced(request.info):
            raise bad_request("an empty namespace may not be set when a resource name is provided")
        if request.info.verb == "create":
            check_media_type(request.content_type)
        request = replace(request, body=await _body_of(http_request))
        if resource is NEWER:
            with in_newer_terms():
                return await self._respond(http_request, OLDER, older_request(request), form)
        kept = stored(resource)
        if kept is not resource:
            request = replace(request, body=body_in(kept, request.body, resource))
        return await self._respond(http_request, kept, request, form)

    async def _respond(
        self, http_request: web.Request, resource: Resource, request: ApiRequest, form: ResponseForm
    ) -> web.StreamResponse:
        """The response to a verb on a resource."""
        if request.info.verb == "watch":
            watch = Watch(self._store, resource, request, self._converter(form, resource, request))
            return await self._watch(http_request, watch)
        if request.info.subresource == "log":
            if form.kind:
                raise not_convertible(f"you requested {form.kind}, but the requested object is a log")
            return await self._log(http_request, resource, request)
        status, answer = self._verbs[request.info.verb](resource, request)
        if request.info.subresource == SCALE:
            answer = scale_of(answer)
            if form.kind == TABLE:
                raise not_convertible("only the following media types are accepted: application/json")
        return self._json(status, self._converter(form, resource, request)(answer), request.warnings)

    def _converter(self, form: ResponseForm, resource: Resource, request: ApiRequest) -> Callable[[Manifest], Manifest]:
        is_newer = resource is OLDER and request.info.group == NEWER.group
        include = request.query.get("includeObject", "")
        shown = NEWER if is_newer else version_of(resource, request.info.version)
        convert = ResponseConverter(form, shown, include, self._store.clock)
        if is_newer:
            return lambda answer: convert(as_newer(answer))
        return convert if shown is resource else lambda answer: convert(in_version(answer, shown))

    def _read(self, http_request: web.Request, warnings: list[str]) -> ApiRequest:
        """The request without its body, with its user and attributes; raises ApiError 401 without a valid token."""
        headers = http_request.headers
        path, query = parse_target(http_request.raw_path)
        info = parse_request_info(http_request.method, path, query)
        check_timeout(info, query)
        user = self._authenticator.user_of(headers)
        user = self._authenticator.impersonated(user, info, headers)
        content_type, agent = (text_of_header(headers.get(name, "")) for name in ("Content-Type", "User-Agent"))
        return ApiRequest(info, user, query, b"", content_type, agent, warnings)

    def _create(self, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
        """POST of an object, a review or a subresource."""
        match request.info.subresource:
            case "token":
                return self._reviews.create_token(request)
            case "binding":
                return bind(self._store, resource, request)
            case "eviction":
                return evict(self._store, resource, request)
        return (self._writes if "get" in resource.verbs else self._reviews).create(resource, request)

    async def _log(self, http_request: web.Request, resource: Resource, request: ApiRequest) -> web.StreamResponse:
        """A pod's log, from the stand-in for its node's kubelet; empty without a node."""
        check_log_options(request.query, request.info.name)
        pod = self._reads.find(resource, request)
        container, node = chosen_container(request.query, pod), pod["spec"].get("nodeName")
        if not node:
            return web.Response(status=204, headers=self._headers())
        address = kubelet_address(self._store, node)
        if self._logs is None:
            raise no_kubelet(address)
        log = PodLog(self._logs, self._store, pod, container, request.query)
        headers = self._headers() | {"Content-Type": "text/plain"}
        if not flag(request.query, "follow"):
            return web.Response(body=log.whole(), headers=headers)
        log.check()
        return await self._stream(http_request, log.followed(self._ended), headers)

    async def _stream(
        self, http_request: web.Request, chunks: AsyncIterator[bytes], headers: Mapping[str, str]
    ) -> web.StreamResponse:
        """A response that is sent piece by piece."""
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(http_request)
        try:
            async for chunk in chunks:
                await response.write(chunk)
                await asyncio.sleep(0)  # lets asyncio close a lost connection, to which the next write is then an error
            await response.write_eof()
        except ConnectionError:
            _log.debug("%s was closed by its client", http_request.path)
        return response

    async def _watch(self, http_request: web.Request, watch: Watch) -> web.StreamResponse:
        self._watches.add(watch)
        try:
            return await self._stream(http_request, watch.lines(), self._headers() | {"Content-Type": _JSON})
        finally:
            self._watches.discard(watch)

    def _non_resource(self, http_request: web.Request, info: RequestInfo) -> web.Response:
        """The response to a non-resource path: health, discovery, schemas, version."""
        if info.path.startswith("//"):
            raise PageNotFoundError
        path = info.path.rstrip("/")
        without = self._without
        if without and f"/apis/{without}" in path:
            raise PageNotFoundError
        is_reading = info.verb == "get"
        if not is_reading and discovery.has_methods(path) and self._document(path) is not None:
            raise method_not_allowed()
        if info.path in discovery.HEALTH:
            return self._text(200, "ok")
        if path in {"/api", "/apis"} and "as=APIGroupDiscoveryList" in http_request.headers.get("Accept", ""):
            return self._json(200, discovery.aggregated(path[1:], without=without), content_type=discovery.AGGREGATED)
        schemas = discovery.openapi(path.removeprefix("/openapi/v3/")) if path.startswith("/openapi/v3/") else None
        if schemas is not None:
            return web.Response(body=schemas, headers=self._headers() | {"Content-Type": _JSON})
        found = self._document(path)
        if found is not None and path.startswith("/api"):
            check_plain(http_request.headers.get("Accept", ""), lenient=not discovery.has_methods(path))
        if found is None:
            raise PageNotFoundError
        return self._json(200, found)

    def _document(self, path: str) -> Manifest | None:
        return discovery.document(path, address=self._address, without=self._without)

    def _json(
        self, status: int, body: Manifest, warnings: Iterable[str] = (), *, content_type: str = _JSON
    ) -> web.Response:
        headers = CIMultiDict(self._headers() | {"Content-Type": content_type})
        for warning in warning_headers(warnings):
            headers.add("Warning", warning)
        return web.Response(status=status, body=write_json(body), headers=headers)

    def _text(self, status: int, text: str) -> web.Response:
        return web.Response(status=status, text=text, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        """The headers of each response; the date is from the sandbox's clock, so that clients compute ages from it."""
        date = format_datetime(self._store.clock().astimezone(UTC), usegmt=True)
        return {"Cache-Control": "no-cache, private", "Date": date}


async def _body_of(http_request: web.Request) -> bytes:
    """The body, which must arrive in time; its Content-Encoding is ignored, as on the real server."""
    if not http_request.can_read_body:
        return b""
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            return await http_request.read()
    except TimeoutError as error:
        why = "request did not complete within requested timeout - context deadline exceeded"
        raise ApiError(code=504, reason="Timeout", message=f"Timeout: {why}", empty_details=True) from error
    except web.RequestPayloadError as error:
        raise bad_request(f"unexpected EOF: {error}") from error

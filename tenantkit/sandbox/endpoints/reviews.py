"""Reviews: access, rules, the current user and tokens, by creating an object that is not stored.

The response is the object as it was read, with a status.

Source: page "Authorization", section "Checking API access"; pkg/registry/authorization, 1.37.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import Cause, bad_request, conflict, invalid, not_found
from tenantkit.sandbox.apimachinery.resources import NODES, PODS, SERVICE_ACCOUNTS, find
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.apis.validation.access_reviews import selector_errors
from tenantkit.sandbox.auth.request_info import RequestInfo
from tenantkit.sandbox.auth.users import User, service_account_user
from tenantkit.sandbox.endpoints.bodies import read_body
from tenantkit.sandbox.endpoints.options import write_options
from tenantkit.sandbox.endpoints.pod_subresources import review_created
from tenantkit.sandbox.managedfields.fieldmanager import track_update

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.auth.tokens import Tokens
    from tenantkit.sandbox.endpoints.request import ApiRequest
    from tenantkit.sandbox.storage.store import Store

_TOKEN_S = 3600
_SHORTEST_TOKEN_S, _LONGEST_TOKEN_S = 600, 2**32
_BOUND = {"Pod": PODS, "Node": NODES, "Secret": find("", "v1", "secrets")}
_RESOURCE_RULE = ("verbs", "apiGroups", "resources", "resourceNames")
_PATH_RULE = ("verbs", "nonResourceURLs")
_AUDIENCE = "https://kubernetes.default.svc"


class Reviews:
    """The kinds that can only be created, and the subresource `token`."""

    def __init__(self, store: Store, authorizer: Authorizer, tokens: Tokens) -> None:
        self._store = store
        self._authorizer = authorizer
        self._tokens = tokens
        self._answers: dict[str, Callable[[ApiRequest, Manifest], Manifest]] = {
            "SelfSubjectAccessReview": self._self_access,
            "SubjectAccessReview": self._access,
            "LocalSubjectAccessReview": self._local_access,
            "SelfSubjectRulesReview": self._rules,
            "SelfSubjectReview": self._self,
            "TokenReview": self._token,
        }

    def create(self, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
        """POST of a review; the response has its status."""
        review = self._read(request, resource.api_version, resource.kind)
        return 201, self._answers[resource.kind](request, review)

    def create_token(self, request: ApiRequest) -> tuple[int, Manifest]:
        """POST to a service account's `token`: a new token for that account, valid for an hour by default."""
        token_request = self._read(request, "authentication.k8s.io/v1", "TokenRequest")
        name, namespace = request.info.name, request.info.namespace
        for part, expected in (("name", name), ("namespace", namespace)):
            sent = token_request["metadata"].get(part) or expected
            if sent != expected:
                why = f'Invalid value: "{sent}": must match the service account {part} if specified'
                raise _invalid(token_request, f"metadata.{part}", why, name)
        account = self._store.get(SERVICE_ACCOUNTS, name, namespace)
        if account is None:
            raise not_found(SERVICE_ACCOUNTS, name)
        spec = token_request.get("spec") or {}
        seconds = spec.get("expirationSeconds", _TOKEN_S)
        if limit := _wrong_duration(seconds):
            why = f"Invalid value: {seconds}: may not specify a duration {limit}"
            raise _invalid(token_request, "spec.expirationSeconds", why)
        review_created(self._store, SERVICE_ACCOUNTS, request, token_request, write_options("CreateOptions", request))
        self._check_bound(namespace, name, spec.get("boundObjectRef"))
        now = self._store.clock()
        expires = now + timedelta(seconds=seconds)
        user = service_account_user(namespace, name, account["metadata"]["uid"])
        metadata = {
            **token_request["metadata"],
            "name": name,
            "namespace": namespace,
            "creationTimestamp": timestamp(now),
        }
        status = {"token": self._tokens.issue(user, expires=expires), "expirationTimestamp": timestamp(expires)}
        spec = {"audiences": [_AUDIENCE], "boundObjectRef": None, **spec, "expirationSeconds": seconds}
        return 201, {**token_request, "metadata": metadata, "spec": spec, "status": status}

    def _check_bound(self, namespace: str, account: str, reference: Manifest | None) -> None:
        """Raise ApiError if the object that a token is to be bound to does not exist, or belongs to another account."""
        if reference is None:
            return
        kind, name = reference.get("kind", ""), reference.get("name", "")
        group, _, version = reference.get("apiVersion", "").rpartition("/")
        resource = _BOUND.get(kind) if not group else None
        if resource is None:
            raise bad_request(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
        found = self._store.get(resource, name, namespace if resource.namespaced else "")
        if found is None:
            raise not_found(resource, name)
        if kind == "Pod" and found["spec"].get("serviceAccountName") != account:
            why = "to pod running with different serviceaccount name."
            raise bad_request(f'cannot bind token for serviceaccount "{account}" {why}')
        if (uid := reference.get("uid")) and uid != found["metadata"]["uid"]:
            why = f"the UID in the bound object reference ({uid}) does not match the UID in record."
            raise conflict(resource, name, f"{why} The object might have been deleted and then recreated")

    def _read(self, request: ApiRequest, api_version: str, kind: str) -> Manifest:
        options = write_options("CreateOptions", request)
        sent = read_body(request.body, request.content_type, api_version, kind)
        found, unknown = read_as(sent, api_version, kind, strict=options.strict)
        if options.warn:
            request.warnings.extend(unknown)
        found = {**found, "metadata": found.get("metadata") or {}}
        return track_update(None, found, manager=options.manager, time=timestamp(self._store.clock()))

    def _self_access(self, request: ApiRequest, review: Manifest) -> Manifest:
        return self._reviewed(review, request.user)

    def _access(self, _: ApiRequest, review: Manifest) -> Manifest:
        spec = review.get("spec") or {}
        if not spec.get("user") and not spec.get("groups"):
            why = 'Invalid value: "": at least one of user or group must be specified'
            raise _invalid(review, "spec.user", why)
        groups, extra = tuple(spec.get("groups") or ()), spec.get("extra") or {}
        return self._reviewed(review, User(spec.get("user", ""), groups, spec.get("uid", ""), extra))

    def _local_access(self, request: ApiRequest, review: Manifest) -> Manifest:
        namespace = request.info.namespace
        namespace_sent = ((review.get("spec") or {}).get("resourceAttributes") or {}).get("namespace", "")
        if namespace_sent != namespace:
            why = f'Invalid value: "{namespace_sent}": must match metadata.namespace'
            raise _invalid(review, "spec.resourceAttributes.namespace", why)
        return self._access(request, {**review, "metadata": {**review["metadata"], "namespace": namespace}})

    def _reviewed(self, review: Manifest, user: User) -> Manifest:
        """An access review with its status."""
        spec = review.get("spec") or {}
        resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
        if (resource is None) == (path is None):
            why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            raise _invalid(review, "spec", f"Invalid value: null: {why}")
        attributes = resource or path or {}
        if causes := selector_errors(resource or {}):
            raise invalid(str(review["apiVersion"]), "", "", causes)
        fields = ("group", "version", "resource", "subresource", "namespace", "name")
        info = RequestInfo(
            attributes.get("verb", ""), attributes.get("path", ""), *(attributes.get(field, "") for field in fields)
        )
        reason = self._authorizer.reason(user, info)
        status: Manifest = {"allowed": reason is not None}
        return {**review, "status": status | ({"reason": reason} if reason else {})}

    def _rules(self, request: ApiRequest, review: Manifest) -> Manifest:
        namespace = (review.get("spec") or {}).get("namespace")
        if not namespace:
            raise bad_request("no namespace on request")
        rules = self._authorizer.rules_for(request.user, namespace)
        status = {
            "resourceRules": [_only(rule, _RESOURCE_RULE) for rule in rules if rule.get("resources")],
            "nonResourceRules": [_only(rule, _PATH_RULE) for rule in rules if rule.get("nonResourceURLs")],
            "incomplete": False,
        }
        if missing := self._authorizer.missing_roles(request.user, namespace):
            status["evaluationError"] = missing[0] if len(missing) == 1 else f"[{', '.join(dict.fromkeys(missing))}]"
        return {**review, "metadata": {}, "spec": {}, "status": status}

    def _self(self, request: ApiRequest, review: Manifest) -> Manifest:
        metadata = {"creationTimestamp": timestamp(self._store.clock())}
        return {**review, "metadata": metadata, "status": {"userInfo": _user_info(request.user)}}

    def _token(self, _: ApiRequest, review: Manifest) -> Manifest:
        token = (review.get("spec") or {}).get("token")
        if not token:
            raise bad_request("token is required for TokenReview in authentication")
        user = self._tokens.user_of(token, self._store.clock())
        if user is None:
            return {**review, "status": {"user": {}, "error": "invalid bearer token"}}
        status = {"authenticated": True, "user": _user_info(user), "audiences": [_AUDIENCE]}
        return {**review, "status": status}


def _user_info(user: User) -> Manifest:
    extra = {key: list(values) for key, values in user.extra.items()}
    found = {"username": user.name, "uid": user.uid, "groups": list(user.groups), "extra": extra}
    return {key: value for key, value in found.items() if value}


def _only(rule: Manifest, fields: tuple[str, ...]) -> Manifest:
    return {field: rule[field] for field in fields if rule.get(field)}


def _wrong_duration(seconds: int) -> str:
    """How the lifetime of a token is out of bounds; empty if it is not."""
    if seconds < _SHORTEST_TOKEN_S:
        return "less than 10 minutes"
    return "larger than 2^32 seconds" if seconds > _LONGEST_TOKEN_S else ""


def _invalid(review: Manifest, field: str, why: str, name: str | None = None) -> Exception:
    """A 422; only errors of token requests have a kind."""
    kind = "TokenRequest" if review["kind"] == "TokenRequest" else ""
    return invalid(str(review["apiVersion"]), kind, name or "", [Cause(field, why, "FieldValueInvalid")])

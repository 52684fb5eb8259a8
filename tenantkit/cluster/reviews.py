"""Access reviews: what the user may do. The server is asked, since RBAC is not the only authorizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.parsing import parse_object
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.paths import collection_path
from tenantkit.rules.kinds import KINDS, Kind, kind_of

if TYPE_CHECKING:
    from tenantkit.cluster.http.session import Session
    from tenantkit.rules.manifest import Manifest


class AccessReviews:
    """The part of a Cluster that asks what the user may do."""

    _session: Session

    def can(
        self,
        verb: str,
        kind: str | Kind,
        *,
        namespace: str | None = None,
        name: str | None = None,
        subresource: str | None = None,
    ) -> bool:
        """Whether the server's authorizers allow the user to do something.

        Args:
            verb: `get`, `list`, `create`, `patch`, …
            kind: a key of `KINDS`, a Kind, or `resource.group` for a resource that need not exist.
            namespace: in this one. Default: in all of them, and for kinds that are not namespaced.
            name: only that object.
            subresource: such as `status`.

        Returns:
            True if RBAC allows it. A quota or a policy may still deny it.

        Raises:
            Unauthorized: the server does not accept the credentials.
            ClusterUnavailable: the server gave no answer.

        RBAC: create selfsubjectaccessreviews, as any user may. Source: page "Authorization", "Checking API access".

        Example:
            >>> cluster.can("create", "Ingress", namespace="speech")
            True
        """
        group, plural, shown = _resource(kind)
        attributes = {
            "verb": verb,
            "group": group,
            "resource": plural,
            "subresource": subresource,
            "namespace": namespace,
            "name": name,
        }
        spec = {"resourceAttributes": {key: value for key, value in attributes.items() if value}}
        operation = Operation(f"check the permission to {verb}", shown, name, namespace)
        answer = review(self._session, "SelfSubjectAccessReview", spec, operation)
        return answer["status"].get("allowed") is True

    def own_rules(self, namespace: str) -> Manifest:
        """The rules of the user's roles in a namespace, those of groups and for all namespaces among them.

        Args:
            namespace: it need not exist.

        Returns:
            The status of a SelfSubjectRulesReview: `resourceRules`, `nonResourceRules`, and `incomplete`, which is true
            if an authorizer could not list its rules.

        Raises:
            Unauthorized: the server does not accept the credentials.
            PermissionDenied: it denies the review.
            ClusterUnavailable: the server gave no answer.

        RBAC: create selfsubjectrulesreviews, as any user may. Source: page "Authorization", "Checking API access".

        Example:
            >>> cluster.own_rules("speech")["incomplete"]
            False
        """
        operation = Operation("list your permissions", namespace=namespace)
        answer = review(self._session, "SelfSubjectRulesReview", {"namespace": namespace}, operation)
        status: Manifest = answer["status"]
        return status

    def own_username(self) -> str:
        """The user name that the server sees; empty if it names none.

        Raises:
            Unauthorized: the server does not accept the credentials.
            PermissionDenied: it denies the review.
            ClusterUnavailable: the server gave no answer.

        RBAC: create selfsubjectreviews, as any user may. Source: page "Authenticating", SelfSubjectReview.

        Example:
            >>> cluster.own_username()
            'admin@example.com'
        """
        return str(user_info(self._session).get("username") or "")


def user_info(session: Session) -> Manifest:
    """The `userInfo` of a SelfSubjectReview; empty if it has another form."""
    found = review(session, "SelfSubjectReview", {}, Operation("read your user"))["status"].get("userInfo")
    return found if isinstance(found, dict) else {}


def _resource(kind: str | Kind) -> tuple[str, str, str]:
    """The group and plural of a kind, and its name for messages."""
    if isinstance(kind, Kind):
        return kind.group, kind.plural, kind.kind
    if kind not in KINDS and "." in kind:
        plural, group = kind.split(".", 1)  # a resource that need not exist, such as tenants.tenantkit.dev
        return group, plural, kind
    return kind_of(kind).group, kind_of(kind).plural, kind


def review(session: Session, kind: str, spec: Manifest, operation: Operation) -> Manifest:
    """Create a review, which the server answers and does not store, so that it may be repeated."""
    place = kind_of(kind)
    review = {"apiVersion": place.api_version, "kind": kind, **({"spec": spec} if spec else {})}
    body = orjson.dumps(review)
    return session.ask(Call("POST", collection_path(place), operation, body, is_repeatable=True, parse=_parse))


def _parse(body: bytes | bytearray) -> Manifest:
    """A review with its `status`."""
    answer = parse_object(body)
    if not isinstance(answer.get("status"), dict):
        raise ValueError("which is not an answered review")  # noqa: TRY004 (one class for all)
    return answer

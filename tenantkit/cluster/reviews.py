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


def can(  # noqa: PLR0913 (the fields of an access review; all but two are optional)
    session: Session,
    verb: str,
    kind: str | Kind,
    *,
    namespace: str | None = None,
    name: str | None = None,
    subresource: str | None = None,
) -> bool:
    """Whether the user may do something; see `Cluster.can`."""
    if isinstance(kind, Kind):
        plural, group, kind = kind.plural, kind.group, kind.kind
    elif kind not in KINDS and "." in kind:
        plural, group = kind.split(".", 1)  # a resource that need not exist, such as tenants.tenantkit.dev
    else:
        plural, group = kind_of(kind).plural, kind_of(kind).group
    attributes = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": namespace,
        "name": name,
    }
    spec = {"resourceAttributes": {key: value for key, value in attributes.items() if value}}
    operation = Operation(f"check the permission to {verb}", kind, name, namespace)
    answer = review(session, "SelfSubjectAccessReview", spec, operation)
    return answer["status"].get("allowed") is True


def own_rules(session: Session, namespace: str) -> Manifest:
    """The rules of the user's roles in a namespace; see `Cluster.own_rules`."""
    operation = Operation("list your permissions", namespace=namespace)
    status: Manifest = review(session, "SelfSubjectRulesReview", {"namespace": namespace}, operation)["status"]
    return status


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

"""Answers and silences into the errors of `exceptions.py`: translated once, here.

A body is believed only when it is a Status, and cut; anything else (a proxy's page) is told by its content type, never
quoted. What looks like a token is blotted out, and of a Secret no value is repeated. What to do next is data: one
sentence per status, per trouble, and per reason that a 403 may have.
Source: page "Kubernetes API Concepts"; the reasons are those of `metav1.StatusReason`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.exceptions import (
    AlreadyExists,
    BadRequest,
    ClusterError,
    ClusterUnavailable,
    Conflict,
    Expired,
    NotFound,
    PermissionDenied,
    Rejected,
    Throttled,
    Unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.http.transport import Answer, ConnectionFailure, TransportError
    from tenantkit.rules.manifest import Manifest

ERROR_OF: Mapping[int, type[ClusterError]] = MappingProxyType(
    {
        400: BadRequest,
        401: Unauthorized,
        403: PermissionDenied,
        404: NotFound,
        409: Conflict,
        410: Expired,
        422: Rejected,
        429: Throttled,
    }
)

_MESSAGE_LIMIT = 600
_CAUSES_LIMIT = 20
_SERVER_ERROR = 500
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?i:bearer|basic)\s+[\w.~+/=-]{8,}")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|\{.*\}')

_NEXT: Mapping[type[ClusterError], str] = MappingProxyType(
    {
        BadRequest: "mend what was sent, or see whether this server is too old for it",
        Unauthorized: "the token or certificate is missing, wrong or expired: sign in again, and connect anew",
        PermissionDenied: "ask who owns it for that right; tk.whoami(cluster) says who you are to the server",
        NotFound: "see whether its name and namespace are right",
        Conflict: "read it again, and decide whose change it shall be",
        AlreadyExists: "take another name, or change the one that is there",
        Expired: "list again",
        Rejected: "mend the fields that are named",
        Throttled: "wait a little, and try again with less at once",
        ClusterUnavailable: "try again; if it stays so, tell whoever runs the cluster",
        ClusterError: "see whether this URL is a Kubernetes API server that knows this request",
    }
)

_WHAT_IS_BETWEEN = "see whether a proxy or a sign-in page is in between, and whether the server's address is right"
_NEXT_WITHOUT_STATUS: Mapping[int, str] = MappingProxyType(
    {
        400: "see whether the server's address should begin with https://, and what is in between",
        401: _NEXT[Unauthorized],
        404: "this server does not have that kind: see what has to be installed for it, and whether the URL is right",
        429: _NEXT[Throttled],
    }
)
_NOT_OF_ITS_SCHEMA = "failed to create typed patch object"

# Why a 403 may have come, by a piece of the server's own words: RBAC is only one of the reasons.
_DENIALS: tuple[tuple[str, str], ...] = (
    ("exceeded quota", "use less, free some, or ask the platform for more; tk.quota_usage(cluster) shows what is used"),
    ("failed quota", "say what each container requests and limits"),
    ("violates PodSecurity", "change the pod as the level asks"),
    ("ValidatingAdmissionPolicy", "change what that policy names; the platform team made it"),
    ("admission webhook", "change what that webhook names; the platform team made it"),
    ("being terminated", "wait until that namespace is gone, and make it anew"),
    ("not currently held", "a role can be given only by somebody who has all of it"),
    ("system:anonymous", "no token was sent: give token=, or a kubeconfig whose user has one"),
)

_TROUBLES: Mapping[ConnectionFailure, str] = MappingProxyType(
    {
        "certificate": "its certificate is not to be trusted ({detail}): give the cluster's own authority with ca_file="
        " or in the kubeconfig, and see that the server's name is the certificate's",
        "client certificate": "it does not accept the client certificate ({detail}): renew the kubeconfig",
        "not tls": "what answers there does not speak TLS: see whether the address and the port are right",
        "dns": "its name is not known ({detail}): see whether it is spelt right, and whether you are in its network",
        "refused": "nothing listens there: see whether the server runs, and whether the port is right",
        "unreachable": "there is no way to it ({detail}): see whether you are in the right network, such as a VPN",
        "connect timeout": "no connection in time: see whether you are in the right network, such as a VPN, and what "
        "firewall is between",
        "timeout": "no answer in time ({detail}): the server, or a webhook that it asks, is slow; try again, or give "
        "connect() a longer timeout_s",
        "reset": "the connection was cut off ({detail}): try again; if it stays so, see what is between",
        "proxy": "the proxy in between said no ({detail}): see the kubeconfig's proxy-url, $HTTPS_PROXY and $NO_PROXY",
        "busy": "all connections were busy ({detail}): do less at once",
        "garbled": "the answer was not readable ({detail}): see what is between, such as a proxy",
    }
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What was being done, to what: for messages."""

    operation: str
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None

    def __str__(self) -> str:
        what = f" {self.kind}" if self.kind else ""
        which = f" {self.name!r}" if self.name else ""
        where = f" in {self.namespace!r}" if self.namespace else ""
        return f"{self.operation}{what}{which}{where}"


def error_of_answer(answer: Answer, operation: Operation, server: str) -> ClusterError:
    """The error that an answer of 300 and above means."""
    status = status_of(answer)
    if status is None:
        return _error_without_status(answer, operation, server)
    return error_of_status(status, operation, code=answer.status)


def error_of_status(status: Manifest, operation: Operation, *, code: int | None = None) -> ClusterError:
    """The error that a Status means: as an answer's body, or as an event of a watch.

    Args:
        status: of kind Status.
        operation: what was asked.
        code: of the answer, which is believed before the body's own.
    """
    code = code or int(status.get("code") or _SERVER_ERROR)
    reason = str(status.get("reason") or "") or None
    is_secret = operation.kind == "Secret"
    told = _clean(str(status.get("message") or reason or f"status {code}"), is_secret=is_secret)
    kind = _class_of(code, reason, told)
    return kind(
        f"{_lead(kind, operation)}: {told}; {_next_step(kind, operation, told, status)}",
        status=code,
        reason=reason,
        operation=operation.operation,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
        causes=_causes(status, is_secret=is_secret),
    )


def error_of_transport(
    failure: TransportError, operation: Operation, server: str, *, is_write: bool = False
) -> ClusterUnavailable:
    """The error that silence means; of a write that may have been heard, it says so."""
    detail = _clean(failure.detail) or failure.trouble
    told = _TROUBLES[failure.trouble].format(detail=detail)
    maybe = is_write and failure.trouble in ("timeout", "reset", "garbled")
    unsure = "; it may have been done all the same: look before you repeat it" if maybe else ""
    whose = "" if server in operation.operation else f" from {server}"
    return ClusterUnavailable(
        f"could not {operation}: no answer{whose}: {told}{unsure}",
        reason=failure.trouble,
        operation=operation.operation,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
    )


def error_of_body(answer: Answer, operation: Operation, server: str) -> ClusterError:
    """The error of an answer that says 200 and is not what an API server sends."""
    return _error_without_status(answer, operation, server)


def status_of(answer: Answer) -> Manifest | None:
    """An answer's body, if it is a Status."""
    try:
        body = orjson.loads(answer.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) and body.get("kind") == "Status" else None


def _error_without_status(answer: Answer, operation: Operation, server: str) -> ClusterError:
    kind = _class_of(answer.status, None, "")
    content = _clean(answer.headers.get("content-type", "")) or "no content type"
    step = _NEXT_WITHOUT_STATUS.get(answer.status, _WHAT_IS_BETWEEN)
    return kind(
        f"{_lead(kind, operation)}: {server} answered {answer.status} with {content}, no Kubernetes status; {step}",
        status=answer.status,
        operation=operation.operation,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
    )


def _class_of(code: int, reason: str | None, told: str) -> type[ClusterError]:
    if reason == "AlreadyExists":
        return AlreadyExists
    if code == _SERVER_ERROR and told.startswith(_NOT_OF_ITS_SCHEMA):
        return BadRequest  # an apply of a field that the server doesn't have: it answers 500 for what was sent
    return ERROR_OF.get(code, ClusterUnavailable if code >= _SERVER_ERROR else ClusterError)


def _lead(kind: type[ClusterError], operation: Operation) -> str:
    return f"may not {operation}" if kind is PermissionDenied else f"could not {operation}"


def _next_step(kind: type[ClusterError], operation: Operation, told: str, status: Manifest) -> str:
    if kind is PermissionDenied:
        return next((step for words, step in _DENIALS if words in told), _NEXT[kind])
    if kind is NotFound and not (status.get("details") or {}).get("name"):
        return _NEXT_WITHOUT_STATUS[404]
    if kind is Rejected and operation.operation == "patch":
        return "a place that the patch names is not there or not as it was: read it again"
    if kind is Conflict and _is_field_conflict(status):
        return "leave those fields to who owns them, or take them back explicitly"
    if kind is ClusterUnavailable and "webhook" in told:
        return "an admission webhook of this cluster does not work: tell whoever runs it"
    return _NEXT[kind]


def _is_field_conflict(status: Manifest) -> bool:
    return any(cause.get("reason") == "FieldManagerConflict" for cause in _raw_causes(status))


def _raw_causes(status: Manifest) -> list[dict[str, Any]]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return [cause for cause in causes or () if isinstance(cause, dict)]


def _causes(status: Manifest, *, is_secret: bool) -> list[str]:
    """`field: message`, each cut."""
    return [
        _clean(": ".join(str(cause[key]) for key in ("field", "message") if cause.get(key)), is_secret=is_secret)
        for cause in _raw_causes(status)[:_CAUSES_LIMIT]
    ]


def _clean(text: str, *, is_secret: bool = False) -> str:
    """One printable line, of bounded length, without tokens and without a Secret's values."""
    text = _TOKEN.sub("[token]", " ".join(text.split()))
    if is_secret:
        text = _QUOTED.sub("[value]", text)
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= _MESSAGE_LIMIT else text[:_MESSAGE_LIMIT] + "…"

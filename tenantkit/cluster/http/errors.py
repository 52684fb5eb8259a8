"""The error of `exceptions.py` for each answer of the server, and for a missing answer: translated once, here.

A body is trusted only if it is a Status, and it is cut. Any other body, such as a proxy's page, is reported by its
content type and never quoted. Anything that looks like a token is redacted, and so are the values of a Secret. The
hints are data: one per status, per connection failure, and per reason of a 403.
Source: page "Kubernetes API Concepts"; the reasons are those of `metav1.StatusReason`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.cluster.http.json_spans import DEEPEST, depth
from tenantkit.cluster.http.redaction import without_secrets
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
    Unreadable,
)
from tenantkit.hints import Hint
from tenantkit.rules.refusals import parse_refusal

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
_CODES = range(100, 1000)
_REASON_LIMIT = 100
_READ_LIMIT = 1 << 14  # of a text that is then cut: cleaning takes more than linear time
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?i:bearer|basic)\s+[\w.~+/=-]{8,}")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|\{.*\}')

# of the whole cluster: no owner has such a permission
_ASK_PLATFORM = Hint("ask the platform team for this permission; {whoami} shows the user that the server sees")
_NEXT: Mapping[type[ClusterError], Hint] = MappingProxyType(
    {
        BadRequest: Hint("fix the request, or check whether this server is too old for it"),
        Unauthorized: Hint("the token or certificate is missing, wrong or expired: sign in, then {connect_again}"),
        PermissionDenied: Hint(
            "ask the platform team for this permission, or an owner of the namespace if you are not one; "
            "{whoami} shows the user that the server sees"
        ),
        NotFound: Hint("check its name and namespace"),
        Conflict: Hint("read it again, then decide which change to keep"),
        AlreadyExists: Hint("use another name, or change the existing object"),
        Expired: Hint("list again"),
        Rejected: Hint("fix the fields named above"),
        Unreadable: Hint("remove the nested field, or delete the object"),
        Throttled: Hint("wait a little, then try again with fewer requests at once"),
        ClusterUnavailable: Hint("try again; if it fails again, report it to the cluster's administrators"),
        ClusterError: Hint("check whether this URL is a Kubernetes API server that supports this request"),
    }
)

_CHECK_PROXY = Hint(
    "check whether a proxy or a sign-in page answered instead of the server, and check the server's address"
)
_NEXT_WITHOUT_STATUS: Mapping[int, Hint] = MappingProxyType(
    {
        400: Hint(
            "check whether the server's address must start with https://, "
            "and whether a proxy answered instead of the server"
        ),
        401: _NEXT[Unauthorized],
        404: Hint(
            "the server does not serve this kind: check whether the component that provides it is installed, "
            "and check the URL"
        ),
        429: _NEXT[Throttled],
    }
)
_NOT_OF_ITS_SCHEMA = "failed to create typed patch object"

_SHOW_USAGE = Hint("{quota_usage} shows what is in use")
# Refusals of RBAC and authentication with advice of their own, by a piece of the message.
_DENIALS: tuple[tuple[str, Hint], ...] = (
    ("not currently held", Hint("only a user who has all permissions of a role can grant it")),
    ("system:anonymous", Hint("no token was sent: {pass_token}")),
)

_WITHOUT_ANSWER: Mapping[ConnectionFailure, tuple[str, Hint]] = MappingProxyType(
    {
        "certificate": (
            "its certificate is not trusted ({detail})",
            Hint("{pass_ca_file}, and check that the certificate is for the server's name"),
        ),
        "client certificate": (
            "it does not accept the client certificate ({detail})",
            Hint("get a new kubeconfig"),
        ),
        "not tls": ("it does not speak TLS", Hint("check the address and the port")),
        "dns": (
            "its name cannot be resolved ({detail})",
            Hint("check the spelling of the host name, and whether you are connected to its network"),
        ),
        "refused": ("the connection was refused", Hint("check whether the server runs, and check the port")),
        "unreachable": (
            "it cannot be reached ({detail})",
            Hint("check whether you are connected to the right network, such as a VPN"),
        ),
        "connect timeout": (
            "connecting timed out",
            Hint(
                "check whether you are connected to the right network, such as a VPN, "
                "and check whether a firewall blocks the connection"
            ),
        ),
        "timeout": (
            "no answer in time ({detail})",
            Hint("the server, or a webhook that it calls, is slow; {pass_timeout}"),
        ),
        "reset": (
            "the connection was closed ({detail})",
            Hint("try again; if it fails again, check whether a proxy interferes"),
        ),
        "proxy": (
            "the proxy refused the connection ({detail})",
            Hint("check the kubeconfig's proxy-url, $HTTPS_PROXY and $NO_PROXY"),
        ),
        "busy": ("all connections are in use ({detail})", Hint("send fewer requests at once")),
        "too large": (
            "the answer is larger than {detail}",
            Hint("read less at once: one namespace, or a label selector; check whether a proxy interferes"),
        ),
        "garbled": ("the answer is not readable ({detail})", Hint("check whether a proxy interferes")),
    }
)
_NOT_A_STATUS = "which is not a Kubernetes status"
_DONE = Hint("the server has carried out the request, and only its answer is not readable")
_MAYBE_DONE = Hint("the change may have been made anyway: check before you repeat it")


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done, and to which object: for messages."""

    verb: str
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None

    def __str__(self) -> str:
        what = f" {self.kind}" if self.kind else ""
        which = f" {self.name!r}" if self.name else ""
        where = f" in {self.namespace!r}" if self.namespace else ""
        return f"{self.verb}{what}{which}{where}"


def error_of_answer(answer: Answer, operation: Operation, server: str) -> ClusterError:
    """The error of an answer with a status of 300 or above."""
    status = status_of(answer)
    if status is None:
        return _error_without_status(answer, operation, server)
    return error_of_status(status, operation, code=answer.status)


def error_of_status(status: Manifest, operation: Operation, *, code: int | None = None) -> ClusterError:
    """The error of a Status, which is the body of an answer or an event of a watch.

    Args:
        status: of kind Status.
        operation: the request.
        code: of the answer. It takes precedence over the body's own.
    """
    written = status.get("code")
    code = code or (written if isinstance(written, int) and written in _CODES else _SERVER_ERROR)
    reason = _clean(_text_at(status, "reason"))[:_REASON_LIMIT] or None
    is_secret = operation.kind == "Secret"
    message = _clean(_text_at(status, "message") or reason or f"status {code}", is_secret=is_secret)
    kind = _class_of(code, reason, message)
    return kind(
        f"{_lead(kind, operation)}: {_in_own_words(message)}",
        hint=_hint(kind, operation, message, status),
        status=code,
        reason=reason,
        operation=operation.verb,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
        causes=_causes(status, is_secret=is_secret),
    )


def error_of_transport(
    failure: TransportError, operation: Operation, server: str, *, is_write: bool = False
) -> ClusterUnavailable:
    """The error of a request without an answer; after a write, it says whether the change may have been made."""
    text, hint = _WITHOUT_ANSWER[failure.reason]
    reason = text.format(detail=_clean(failure.detail) or failure.reason)
    if is_write and failure.reason in ("timeout", "reset", "garbled"):
        hint = hint.then(_MAYBE_DONE)
    source = "" if server in operation.verb else f" from {server}"
    return ClusterUnavailable(
        f"could not {operation}: no answer{source}: {reason}",
        hint=hint,
        reason=failure.reason,
        operation=operation.verb,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
    )


def error_of_body(
    answer: Answer, operation: Operation, server: str, reason: str = "", *, is_write: bool = False
) -> ClusterError:
    """The error of an answer with status 200 whose body cannot be used.

    Args:
        answer: the answer.
        operation: the request.
        server: its URL.
        reason: what the body is not, as a clause: `which is not a list of Pod objects`.
        is_write: whether the server has changed something.
    """
    is_json = bytes(answer.body[:1]) == b"{"
    if not is_json or not reason.startswith("which"):
        reason = _NOT_A_STATUS
    if is_json and depth(answer.body) > DEEPEST:
        kind: type[ClusterError] = Unreadable
        what = f"{server} answered with an object that is nested deeper than {DEEPEST:,} levels"
        hint = _NEXT[Unreadable]
    else:
        content = _clean(answer.headers.get("content-type", "")) or "no content type"
        what, hint = f"{server} answered {answer.status} with {content}, {reason}", _CHECK_PROXY
        kind = _class_of(answer.status, None, "")
    return kind(
        f"could not {operation}: {what}",
        hint=hint.then(_DONE) if is_write else hint,
        status=answer.status,
        operation=operation.verb,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
    )


def error_of_contents(reason: str, operation: Operation, server: str) -> ClusterError:
    """The error of answers that are each valid, and that together cannot be right: a list that does not end."""
    return ClusterError(
        f"could not {operation}: {server} does not answer as a Kubernetes API server: {reason}",
        hint=_CHECK_PROXY,
        operation=operation.verb,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
    )


def status_of(answer: Answer) -> Manifest | None:
    """The body of an answer, if it is a Status."""
    try:
        body = orjson.loads(answer.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) and body.get("kind") == "Status" else None


def _error_without_status(answer: Answer, operation: Operation, server: str) -> ClusterError:
    kind = _class_of(answer.status, None, "")
    content = _clean(answer.headers.get("content-type", "")) or "no content type"
    return kind(
        f"{_lead(kind, operation)}: {server} answered {answer.status} with {content}, {_NOT_A_STATUS}",
        hint=_NEXT_WITHOUT_STATUS.get(answer.status, _CHECK_PROXY),
        status=answer.status,
        operation=operation.verb,
        kind=operation.kind,
        name=operation.name,
        namespace=operation.namespace,
    )


def _class_of(code: int, reason: str | None, message: str) -> type[ClusterError]:
    if reason == "AlreadyExists":
        return AlreadyExists
    if code == _SERVER_ERROR and message.startswith(_NOT_OF_ITS_SCHEMA):
        return BadRequest  # an apply of an unknown field is answered with 500
    return ERROR_OF.get(code, ClusterUnavailable if code >= _SERVER_ERROR else ClusterError)


def _lead(kind: type[ClusterError], operation: Operation) -> str:
    return f"may not {operation}" if kind is PermissionDenied else f"could not {operation}"


def _hint(kind: type[ClusterError], operation: Operation, message: str, status: Manifest) -> Hint:
    if kind is PermissionDenied:
        general = None if _is_guardrail(message) else next((it for words, it in _DENIALS if words in message), None)
        return general or _refusal_hint(message, operation)
    if kind is NotFound and not _details(status).get("name"):
        return _NEXT_WITHOUT_STATUS[404]
    if kind is Rejected and operation.verb == "patch":
        return Hint("a path of the patch does not exist, or its value has changed: read the object again")
    if kind is Conflict and _is_field_conflict(status):
        return Hint("leave those fields to their owners, or take them over explicitly")
    if kind is ClusterUnavailable and "webhook" in message:
        return Hint("an admission webhook of this cluster does not work: report it to the cluster's administrators")
    return _NEXT[kind]


def _in_own_words(message: str) -> str:
    """The message; of one of tenantkit's guardrails, only what is not allowed, since the hint has the rest."""
    refusal = parse_refusal(message)
    if refusal is None or refusal.code != "guardrail":
        return message
    return f"{refusal.names['what']} is not allowed {refusal.names['where']}"


def _is_guardrail(message: str) -> bool:
    """Whether one of tenantkit's guardrails denied the request."""
    refusal = parse_refusal(message)
    return refusal is not None and refusal.code == "guardrail"


def _refusal_hint(message: str, operation: Operation) -> Hint:
    """The advice for a 403: RBAC is only one of the reasons."""
    refusal = parse_refusal(message)
    if refusal is None or refusal.code == "not permitted":
        return _ASK_PLATFORM if operation.namespace is None else _NEXT[PermissionDenied]
    hint = Hint("{next_steps}", {"next_steps": refusal.next_steps})
    return hint.then(_SHOW_USAGE) if refusal.code == "quota exceeded" else hint


def _is_field_conflict(status: Manifest) -> bool:
    return any(cause.get("reason") == "FieldManagerConflict" for cause in _raw_causes(status))


def _raw_causes(status: Manifest) -> list[dict[str, Any]]:
    causes = _details(status).get("causes")
    return [cause for cause in causes if isinstance(cause, dict)] if isinstance(causes, list) else []


def _details(status: Manifest) -> Mapping[str, Any]:
    details = status.get("details")
    return details if isinstance(details, dict) else {}


def _text_at(status: Manifest, field: str) -> str:
    """A field that is text; other values, which no API server writes, are left out."""
    value = status.get(field)
    return value if isinstance(value, str) else ""


def _causes(status: Manifest, *, is_secret: bool) -> list[str]:
    """`field: message`, each cut."""
    return [
        _clean(": ".join(str(cause[key]) for key in ("field", "message") if cause.get(key)), is_secret=is_secret)
        for cause in _raw_causes(status)[:_CAUSES_LIMIT]
    ]


def _clean(text: str, *, is_secret: bool = False) -> str:
    """One printable line, of bounded length, without tokens and without a Secret's values."""
    if len(text) > _READ_LIMIT:
        text = text[:_READ_LIMIT] + '"`}'  # whatever was quoted there ends
    text = _TOKEN.sub("[token]", without_secrets(" ".join(text.split())))
    if is_secret:
        text = _QUOTED.sub("[value]", text)
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= _MESSAGE_LIMIT else text[:_MESSAGE_LIMIT] + "…"

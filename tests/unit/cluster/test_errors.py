"""The errors of answers and of connection failures: the whole mapping, their texts, and what they never show."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from tenantkit import exceptions
from tenantkit.cluster.http.errors import ERROR_OF, Operation, error_of_answer, error_of_status, error_of_transport
from tenantkit.cluster.http.transport import Answer, ConnectionFailure, TransportError
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
from tests.unit.cluster.seam import SERVER, answer, status

GET = Operation("get", "ConfigMap", "a", "vision")


def error(of: Answer, operation: Operation = GET) -> ClusterError:
    return error_of_answer(of, operation, SERVER)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (400, "BadRequest", BadRequest),
        (401, "Unauthorized", Unauthorized),
        (403, "Forbidden", PermissionDenied),
        (404, "NotFound", NotFound),
        (405, "MethodNotAllowed", ClusterError),
        (406, "NotAcceptable", ClusterError),
        (409, "Conflict", Conflict),
        (409, "AlreadyExists", AlreadyExists),
        (410, "Expired", Expired),
        (410, "Gone", Expired),
        (413, "RequestEntityTooLarge", ClusterError),
        (415, "UnsupportedMediaType", ClusterError),
        (422, "Invalid", Rejected),
        (429, "TooManyRequests", Throttled),
        (500, "InternalError", ClusterUnavailable),
        (503, "ServiceUnavailable", ClusterUnavailable),
        (504, "Timeout", ClusterUnavailable),
    ],
)
def test_each_status_has_its_class(code: int, reason: str, expected: type[ClusterError]) -> None:
    found = error(status(code, reason, "because", name="a"))

    assert type(found) is expected
    assert (found.status, found.reason) == (code, reason)
    assert (found.operation, found.kind, found.name, found.namespace) == ("get", "ConfigMap", "a", "vision")
    assert "ConfigMap 'a' in 'vision': because; " in str(found)


def test_every_class_of_a_status_is_reached() -> None:
    classes = {
        found
        for _, found in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(found, ClusterError)
        and found not in (ClusterError, ClusterUnavailable, AlreadyExists, Unreadable)
    }

    assert set(ERROR_OF.values()) == classes


@pytest.mark.parametrize("code", [300, 302, 400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 502, 503])
def test_a_body_that_is_not_a_status_is_not_shown(code: int) -> None:
    page = Answer(code, {"content-type": "text/html"}, b"<html>session=secret</html>")

    assert type(error(page)) is ERROR_OF.get(code, ClusterUnavailable if code >= 500 else ClusterError)
    assert f"{SERVER} answered {code} with text/html, which is not a Kubernetes status; " in str(error(page))
    assert "secret" not in str(error(page))


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b'{"kind": "Pod"}', b"\xff"])
def test_only_a_status_is_trusted(body: bytes) -> None:
    assert "not a Kubernetes status" in str(error(Answer(500, {}, body)))


def test_a_denial_says_what_was_denied_and_what_to_do_next() -> None:
    message = 'configmaps "a" is forbidden: User "dana@example.com" cannot get resource "configmaps"'

    assert str(error(status(403, "Forbidden", message))) == (
        f"may not get ConfigMap 'a' in 'vision': {message}; ask the platform team for this permission, or an owner of "
        "the namespace if you are not one; tk.whoami(cluster) shows the user that the server sees"
    )


def test_a_permission_of_the_whole_cluster_is_not_asked_of_an_owner() -> None:
    denied = error_of_status(
        {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "forbidden"},
        Operation("delete", "Namespace", "a"),
    )

    assert str(denied.hint) == (
        "ask the platform team for this permission; tk.whoami(cluster) shows the user that the server sees"
    )


@pytest.mark.parametrize(
    ("message", "step"),
    [
        ('pods "a" is forbidden: exceeded quota: tenantkit-quota, requested: pods=1', "tk.quota_usage(cluster)"),
        (
            'pods "a" is forbidden: failed quota: q: must specify requests.cpu',
            "set the missing requests and limits in the pod template: requests.cpu",
        ),
        (
            'pods "a" is forbidden: violates PodSecurity "restricted:latest"',
            "ask the platform team for a level other than restricted:latest",
        ),
        (
            "ValidatingAdmissionPolicy 'hosts' with binding 'b' denied request: no",
            "change what the policy rejects; the platform team maintains it",
        ),
        (
            'admission webhook "x.example.com" denied the request: no',
            "change what the webhook rejects; the platform team maintains it",
        ),
        (
            "unable to create new content in namespace x because it is being terminated",
            "wait until namespace x is deleted, or use another one",
        ),
        ('user "x" is attempting to grant RBAC permissions not currently held', "has all permissions of a role"),
        ('User "system:anonymous" cannot list resource "pods"', "no token was sent"),
    ],
)
def test_a_denial_by_something_else_than_rbac_has_another_hint(message: str, step: str) -> None:
    assert step in str(error(status(403, "Forbidden", message))).removeprefix(message)


def test_a_field_of_another_manager_is_named_in_the_causes() -> None:
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "kubectl"', "field": ".data.k"}
    found = error(status(409, "Conflict", "Apply failed with 1 conflict", causes=[cause]))

    assert found.causes == ('.data.k: conflict with "kubectl"',)
    assert str(found).endswith("leave those fields to their owners, or take them over explicitly")


def test_a_kind_that_is_not_served_is_distinguished_from_a_name_that_does_not_exist() -> None:
    no_kind = error(status(404, "NotFound", "the server could not find the requested resource"))

    assert "does not serve this kind" in str(no_kind)
    assert "does not serve this kind" not in str(error(status(404, "NotFound", 'configmaps "a" not found', name="a")))


def test_an_apply_of_an_unknown_field_is_a_bad_request_although_it_is_answered_with_500() -> None:
    message = "failed to create typed patch object (x/a; /v1, Kind=ConfigMap): .spec: field not declared in schema"

    assert type(error(status(500, "", message))) is BadRequest


def test_a_webhook_that_does_not_answer_is_named_as_the_cause() -> None:
    message = 'Internal error occurred: failed calling webhook "x": context deadline exceeded'

    assert str(error(status(500, "InternalError", message))).endswith("report it to the cluster's administrators")


def test_a_long_message_is_cut_and_one_printable_line() -> None:
    text = str(error(status(422, "Invalid", "a\n\x1b[31m" + "x" * 5000)))

    assert len(text) < 800
    assert text.isprintable()


@pytest.mark.parametrize(
    "token", ["eyJhbGciOi.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "Bearer sha256~abcdefgh", "Basic dXNlcjpwYXNz"]
)
def test_anything_that_looks_like_a_token_is_redacted(token: str) -> None:
    text = str(error(status(400, "BadRequest", f"cannot parse {token} here")))

    assert token not in text
    assert "[token]" in text


def test_no_value_of_a_secret_is_shown() -> None:
    cause = {"message": 'Invalid value: "hunter2"', "field": "data[p]"}
    found = error(
        status(422, "Invalid", 'Secret "a": data[p]: Invalid value: "hunter2": {hunter2}', causes=[cause]),
        Operation("apply", "Secret", "a", "vision"),
    )

    assert "hunter2" not in f"{found} {found.causes}"
    assert found.causes == ("data[p]: Invalid value: [value]",)


@pytest.mark.parametrize("trouble", get_args(ConnectionFailure))
def test_each_connection_failure_is_cluster_unavailable(trouble: ConnectionFailure) -> None:
    found = error_of_transport(TransportError(trouble, "detail"), GET, SERVER)

    assert type(found) is ClusterUnavailable
    assert (found.status, found.reason) == (None, trouble)
    assert str(found).startswith(f"could not get ConfigMap 'a' in 'vision': no answer from {SERVER}: ")


def test_no_two_connection_failures_have_the_same_text() -> None:
    texts = {
        str(error_of_transport(TransportError(trouble, "x"), GET, SERVER)) for trouble in get_args(ConnectionFailure)
    }

    assert len(texts) == len(get_args(ConnectionFailure))


def test_a_write_without_an_answer_may_have_been_done() -> None:
    create = Operation("create", "ConfigMap", "a", "vision")

    cut = error_of_transport(TransportError("reset"), create, SERVER, is_write=True)
    refused = error_of_transport(TransportError("refused"), create, SERVER, is_write=True)

    assert str(cut).endswith("the change may have been made anyway: check before you repeat it")
    assert "may have been made" not in str(refused)


def test_an_empty_status_still_says_something() -> None:
    assert "status 500" in str(error(answer(500, {"kind": "Status"})))

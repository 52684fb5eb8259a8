"""The answer of an exec plug-in: an ExecCredential of the version that it was asked for, as JSON or YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from tenantkit.cluster.connection.fields import Fields
from tenantkit.cluster.connection.go_yaml import YamlError, read_yaml
from tenantkit.cluster.connection.tokens import bearer_of
from tenantkit.exceptions import ConnectionConfigError

API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class ExecCredential:
    """What a plug-in returned.

    Args:
        authorization: the Authorization header's value, if it returned a token.
        certificate: a client certificate and its key, PEM.
        expires_at: seconds since 1970.
    """

    authorization: str | None = field(repr=False)
    certificate: tuple[bytes, bytes] | None = field(repr=False)
    expires_at: float | None


def parse_credential(output: bytes, api_version: str, where: str) -> ExecCredential:
    """The credentials in a plug-in's output.

    Raises:
        ConnectionConfigError: there are none, or they are of another version; the output is not quoted.
    """
    try:
        content = orjson.loads(output) if output.lstrip().startswith(b"{") else read_yaml(output)
    except orjson.JSONDecodeError:
        raise ConnectionConfigError(f"{where}: the plug-in's output is not valid JSON") from None
    except YamlError as error:
        raise ConnectionConfigError(f"{where}: the plug-in's output can't be used: {error}") from None
    if not isinstance(content, dict):
        raise ConnectionConfigError(f"{where}: the plug-in's output is empty or not an ExecCredential")
    answer = Fields(content, f"{where}: the plug-in's output")
    if answer.text("kind") != "ExecCredential":
        raise answer.refused("kind", "not ExecCredential")
    if answer.text("apiVersion") != api_version:
        raise answer.refused("apiVersion", f"not {api_version}, for which the kubeconfig asks")
    return _credential(answer.inner("status"))


def _credential(status: Fields) -> ExecCredential:
    token = status.text("token")
    certificate, key = status.text("clientCertificateData"), status.text("clientKeyData")
    if not (token or certificate or key):
        raise ConnectionConfigError(f"{status.where} holds no token and no certificate")
    if bool(certificate) != bool(key):
        raise ConnectionConfigError(f"{status.where} holds only one of clientCertificateData and clientKeyData")
    return ExecCredential(
        bearer_of(token, f"{status.where}: token") if token else None,
        (certificate.encode(), key.encode()) if certificate else None,
        _expiry(status),
    )


def _expiry(status: Fields) -> float | None:
    text = status.text("expirationTimestamp")
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.upper() if _TIME.fullmatch(text) else "").timestamp()
    except ValueError:
        raise status.refused("expirationTimestamp", "not a time such as 2026-01-31T12:00:00Z") from None

"""The servers that the contract suite runs on: the sandbox, the real control plane, or the one of `--kubeconfig`.

Each has the same users. On a given cluster its own signer issues their certificates, so that they are real users there
and the server's messages name them alike. Rejected alternatives: impersonation, which the client would have to offer
for the tests alone; service accounts, which have other names.
"""

from __future__ import annotations

import base64
import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.contract.wire import kubectl
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.credentials import user_name, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SIGNER = "kubernetes.io/kube-apiserver-client"
_SIGNS_WITHIN = "30s"
_CERTIFICATE_LIVES_S = 7200


@dataclass(frozen=True, slots=True)
class Login:
    """A kubeconfig and the context in it; None is its current one."""

    kubeconfig: Path
    context: str | None


class Engine(Protocol):
    """A server that the contract suite can run on."""

    def login(self, user: str) -> Login:
        """The kubeconfig and context of that user."""


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """A server that the tests start; its kubeconfig has a context for each user."""

    name: str
    kubeconfig: Path

    def login(self, user: str) -> Login:
        """The user's context."""
        return Login(self.kubeconfig, f"{self.name}-{user}")


@dataclass(frozen=True, slots=True)
class ForeignEngine:
    """An existing test cluster, used as its admin; the other users get a client certificate signed by it."""

    admin: Login
    folder: Path
    made: dict[str, Login] = field(default_factory=dict)

    def login(self, user: str) -> Login:
        """The admin, or a user with a certificate of the cluster; skips the test if the cluster does not sign it."""
        if user == "admin":
            return self.admin
        if user not in self.made:
            self.made[user] = self._sign_in(user)
        return self.made[user]

    def _sign_in(self, user: str) -> Login:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_name(user))])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        try:
            certificate = self._signed(user, request.public_bytes(serialization.Encoding.PEM))
        except RuntimeError as error:
            pytest.skip(f"can't log in as {user_name(user)}: this cluster signs no client certificates: {error}")
        key_pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        config: dict[str, Any] = json.loads(
            self._kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json")
        )
        config["users"][0]["user"] = {
            "client-certificate-data": certificate,
            "client-key-data": base64.b64encode(key_pem).decode(),
        }
        place = self.folder / f"{user}.kubeconfig"
        write_private(place, json.dumps(config).encode())
        return Login(place, None)

    def _signed(self, user: str, request: bytes) -> str:
        """The cluster's certificate for a signing request, whose object is deleted afterwards."""
        name = f"tenantkit-contract-{user}-{uuid.uuid4().hex[:8]}"
        manifest = {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": {"name": name},
            "spec": {
                "request": base64.b64encode(request).decode(),
                "signerName": _SIGNER,
                "usages": ["client auth"],
                "expirationSeconds": _CERTIFICATE_LIVES_S,
            },
        }
        self._kubectl("create", "-f", "-", stdin=json.dumps(manifest))
        try:
            self._kubectl("certificate", "approve", name)
            self._kubectl("wait", "--for=jsonpath={.status.certificate}", f"--timeout={_SIGNS_WITHIN}", f"csr/{name}")
            return self._kubectl("get", "csr", name, "-o", "jsonpath={.status.certificate}")
        finally:
            self._kubectl("delete", "csr", name)

    def _kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        chosen = ["--context", self.admin.context] if self.admin.context else []
        return kubectl(self.admin.kubeconfig, *chosen, *arguments, stdin=stdin)


@contextmanager
def sandbox(*, nodes: bool = False) -> Iterator[Engine]:
    """The sandbox, in this process.

    Args:
        nodes: with a scheduler, and pods run on the nodes that a test makes.
    """
    from tenantkit.sandbox.server import Sandbox

    with Sandbox(runs_pods=nodes) as server:
        yield OwnEngine("sandbox", server.kubeconfig)


@contextmanager
def controlplane(*, nodes: bool = False) -> Iterator[Engine]:
    """etcd, kube-apiserver and kube-controller-manager, as `make controlplane` builds them.

    Args:
        nodes: with a scheduler, and pods run on the nodes that a test makes.
    """
    with ControlPlane(nodes=nodes) as plane:
        yield OwnEngine("controlplane", plane.kubeconfig)

"""The servers that the contract suite knows: the sandbox, the real control plane, or one that somebody names.

Each has the same people. On a foreign cluster its own signer makes them, so that they are real users there and the
server's words about them are the same. Turned down: impersonation, which the door would have to offer for the tests
alone; service accounts, whose names are other ones.
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
    """A server to hold to the contract."""

    def login(self, persona: str) -> Login:
        """How to be that persona there."""


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """One that we start: its kubeconfig has a context for each persona."""

    name: str
    kubeconfig: Path

    def login(self, persona: str) -> Login:
        """The persona's context."""
        return Login(self.kubeconfig, f"{self.name}-{persona}")


@dataclass(frozen=True, slots=True)
class ForeignEngine:
    """A test cluster of somebody's, whose admin we are; the others get a client certificate signed by it."""

    admin: Login
    folder: Path
    made: dict[str, Login] = field(default_factory=dict)

    def login(self, persona: str) -> Login:
        """The admin, or whoever the cluster's signer has made; skips the test where it signs nothing."""
        if persona == "admin":
            return self.admin
        if persona not in self.made:
            self.made[persona] = self._sign_in(persona)
        return self.made[persona]

    def _sign_in(self, persona: str) -> Login:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_name(persona))])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        try:
            certificate = self._signed(persona, request.public_bytes(serialization.Encoding.PEM))
        except RuntimeError as error:
            pytest.skip(f"no way to be {user_name(persona)} on this cluster, it signs no client certificate: {error}")
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
        place = self.folder / f"{persona}.kubeconfig"
        write_private(place, json.dumps(config).encode())
        return Login(place, None)

    def _signed(self, persona: str, request: bytes) -> str:
        """The cluster's certificate for a request; the request object is gone afterwards."""
        name = f"tenantkit-contract-{persona}-{uuid.uuid4().hex[:8]}"
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

"""The users of the test control plane, and the certificates of its components.

Users and their names are the sandbox's, so that one suite can log in to both engines as the same user. They have bearer
tokens, because the sandbox has no other login. Each start makes a new certificate authority, so that no secret lies in
the repository or outlives the run. Rejected alternative: the server's own self-signed certificate, which can't sign the
client certificates of the suite's users on a given cluster.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import trustme
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = "127.0.0.1"
USERS = ("admin", "provisioner", "owner", "editor", "viewer", "stranger")
ADMIN_GROUP = "system:masters"
CONTROLLER_MANAGER = "system:kube-controller-manager"
SCHEDULER = "system:kube-scheduler"
KWOK = "kwok"
COMPONENTS = (CONTROLLER_MANAGER, SCHEDULER, KWOK)


def user_name(user: str) -> str:
    """A user's name on the server."""
    return f"{user}@example.com"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The files that etcd's clients, the API server and its clients are started with."""

    folder: Path
    tokens: Mapping[str, str]
    server: str

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def ca_key(self) -> Path:
        return self.folder / "ca.key"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def service_account_key(self) -> Path:
        return self.folder / "service-account.key"

    @property
    def token_file(self) -> Path:
        return self.folder / "tokens.csv"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def kubeconfig_of(self, component: str) -> Path:
        """The kubeconfig of one component."""
        return self.folder / f"{component.rpartition(':')[2]}.kubeconfig"


def make_credentials(folder: Path, port: int) -> Credentials:
    """Write all keys, certificates, tokens and kubeconfigs into a private folder."""
    people = {user: user_name(user) for user in USERS} | {name: name for name in COMPONENTS}
    credentials = Credentials(
        folder=folder,
        tokens={user: secrets.token_urlsafe(32) for user in people},
        server=f"https://{HOST}:{port}",
    )
    authority = trustme.CA()
    server = authority.issue_cert(HOST, "localhost", "kubernetes", "kubernetes.default.svc")
    private_files = {
        credentials.ca: authority.cert_pem.bytes(),
        credentials.ca_key: authority.private_key_pem.bytes(),
        credentials.certificate: b"".join(pem.bytes() for pem in server.cert_chain_pems),
        credentials.key: server.private_key_pem.bytes(),
        credentials.service_account_key: authority.issue_cert("service-accounts").private_key_pem.bytes(),
        credentials.token_file: _token_lines(credentials.tokens, people),
        credentials.kubeconfig: _kubeconfig(credentials, dict.fromkeys(USERS, "controlplane-{}")),
        **{credentials.kubeconfig_of(name): _kubeconfig(credentials, {name: "{}"}) for name in COMPONENTS},
    }
    for path, content in private_files.items():
        write_private(path, content)
    return credentials


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _token_lines(tokens: Mapping[str, str], people: Mapping[str, str]) -> bytes:
    groups = dict.fromkeys(("admin", KWOK), f",{ADMIN_GROUP}")  # no built-in role covers a stand-in for kubelets
    lines = (f"{tokens[who]},{people[who]},{people[who]}{groups.get(who, '')}\n" for who in people)
    return "".join(lines).encode()


def _kubeconfig(credentials: Credentials, contexts: Mapping[str, str]) -> bytes:
    authority = str(credentials.ca)
    names = {who: form.format(who) for who, form in contexts.items()}
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "controlplane", "cluster": {"server": credentials.server, "certificate-authority": authority}}
        ],
        "users": [{"name": name, "user": {"token": credentials.tokens[who]}} for who, name in names.items()],
        "contexts": [{"name": name, "context": {"cluster": "controlplane", "user": name}} for name in names.values()],
        "current-context": next(iter(names.values())),
    }
    return yaml.safe_dump(document, sort_keys=False).encode()

"""The service account of the pod that runs this program: its server, its token and its namespace.

The kubelet replaces the token's file long before the token expires, so the file is read again all the time.
Source: page "Accessing the Kubernetes API from a Pod"; Go's package k8s.io/client-go/rest (config.go).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.cluster.connection.addresses import AddressError, parse_address
from tenantkit.cluster.connection.certificates import checked_authority
from tenantkit.cluster.connection.files import exists, read_file
from tenantkit.cluster.connection.proxies import proxy_for
from tenantkit.cluster.connection.tokens import TokenFile
from tenantkit.cluster.http.credentials import Login
from tenantkit.cluster.http.transport import Endpoint
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from tenantkit.cluster.connection.logins import Overrides

FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_WHERE = "this pod's service account can't be used"


def is_in_pod() -> bool:
    """Whether this is a pod of a cluster."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST") and os.environ.get("KUBERNETES_SERVICE_PORT"))


def has_token() -> bool:
    """Whether a token is mounted."""
    return exists(str(FOLDER / "token"))


def pod_namespace() -> str | None:
    """The pod's namespace: $POD_NAMESPACE, as for kubectl, or the mounted file."""
    if os.environ.get("POD_NAMESPACE"):
        return os.environ["POD_NAMESPACE"]
    try:
        return (FOLDER / "namespace").read_text(encoding="utf-8").strip() or None
    except OSError:
        return None  # a pod's manually mounted token may come without it


def pod_login(overrides: Overrides) -> Login:
    """The login of the service account.

    Raises:
        ConnectionConfigError: the variables or the files mounted there are not usable.
    """
    endpoint = _endpoint(overrides.authority)
    return Login(endpoint, overrides.authorization or TokenFile(FOLDER / "token", _WHERE))


def _endpoint(authority: bytes | None) -> Endpoint:
    """The API server, as a pod sees it.

    Raises:
        ConnectionConfigError: the variables or the mounted authority are not usable.
    """
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    try:
        address = parse_address(f"https://{f'[{host}]' if ':' in host else host}:{port}", may_be_bare=False)
    except AddressError:
        raise ConnectionConfigError(
            f"{_WHERE}: $KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT are not those of a server"
        ) from None
    return Endpoint(address.url, authority=authority or _authority(), proxy=proxy_for(address.url))


def _authority() -> bytes:
    file = FOLDER / "ca.crt"
    try:
        return checked_authority(read_file(file), f"{_WHERE}: {file}")
    except OSError as error:
        raise ConnectionConfigError(f"{_WHERE}: {file} can't be read: {error.strerror}") from None

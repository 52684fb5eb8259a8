"""The certificates of a kubeconfig's entry: from a field, or from the file that another field names.

Both at once is an error, as in kubectl, which announces that one wins and then stops.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.cluster.connection.files import read_file
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from tenantkit.cluster.connection.entries import ClusterEntry, UserEntry

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----")


def authority_of(cluster: ClusterEntry) -> bytes | None:
    """The trusted authorities as PEM; None: those that this machine trusts.

    Raises:
        ConnectionConfigError: they can't be read, or verification is off as well.
    """
    name = "certificate-authority"
    found = _one_of(cluster.where, name, cluster.authority, cluster.authority_file)
    if found is None:
        return None
    if cluster.insecure:
        raise ConnectionConfigError(f"{cluster.where}: insecure-skip-tls-verify and {name} are both set: remove one")
    used = f"{name}-data" if cluster.authority else name
    return checked_authority(found, f"{cluster.where}: {used}")


def client_certificate_of(user: UserEntry) -> tuple[bytes, bytes] | None:
    """The client's certificate and its key as PEM.

    Raises:
        ConnectionConfigError: one of them is missing, or can't be read.
    """
    name, key_name = "client-certificate", "client-key"
    certificate = _one_of(user.where, name, user.certificate, user.certificate_file)
    if certificate is None:
        return None  # kubectl does not look at a key alone either
    key = _one_of(user.where, key_name, user.key, user.key_file)
    if key is None:
        raise ConnectionConfigError(f"{user.where}: {key_name} or {key_name}-data is missing for its {name}")
    return certificate, key


def checked_authority(pem: bytes, where: str) -> bytes:
    """Certificates as PEM.

    Raises:
        ConnectionConfigError: there is none.
    """
    if not _CERTIFICATE.search(pem):
        raise ConnectionConfigError(f"{where} is not readable as PEM: it holds no certificate")
    return pem


def _one_of(where: str, name: str, data: bytes, path: str) -> bytes | None:
    if data and path:
        raise ConnectionConfigError(f"{where}: {name} and {name}-data are both set: remove one")
    if not path:
        return data or None
    try:
        return read_file(Path(path))
    except OSError as error:
        hint = ": ~ has no meaning in a kubeconfig" if "/~/" in path else ""
        raise ConnectionConfigError(f"{where}: {name} {path} can't be read: {error.strerror}{hint}") from None

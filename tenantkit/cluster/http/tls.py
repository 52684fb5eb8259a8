"""The TLS of an endpoint: its authorities and client certificate are loaded from memory, never from files of ours.

A key in a temporary file could be read by others, needs a folder to write to, and is gone once a forked child exits.
Which certificates count is Go's choice: every PEM block of the right type, whatever stands between them; and an
intermediate authority alone may be trusted.
"""

from __future__ import annotations

import contextlib
import os
import re
import ssl
import tempfile
from typing import TYPE_CHECKING

from urllib3.util import create_urllib3_context

from tenantkit.exceptions import ConnectionConfigError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.http.transport import Endpoint

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_KEY = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """The settings of the endpoint's TLS.

    Raises:
        ConnectionConfigError: a certificate or key is not usable.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    # Python 3.13 requires extensions that the authorities of many clusters do not set; kubectl does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not endpoint.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif endpoint.authority is None:
        context.load_default_certs()
    else:
        _trust(context, endpoint.authority, endpoint.server)
    if endpoint.certificate is not None:
        _identify(context, endpoint.certificate, endpoint.key or b"", endpoint.server)
    return context


def _trust(context: ssl.SSLContext, pem: bytes, server: str) -> None:
    errors = []
    certificates = _CERTIFICATE.findall(pem)
    for certificate in certificates:
        try:
            context.load_verify_locations(cadata=certificate.decode("ascii"))
        except (OSError, ValueError) as error:
            errors.append(_words(error))  # as in Go, one usable certificate is enough
    if len(errors) == len(certificates):
        reason = errors[0] if errors else "it holds no certificate"
        raise ConnectionConfigError(
            f"the certificate authority of {server} is not readable as PEM ({reason})",
            hint=Hint("{pass_ca_file}, in PEM format"),
        )


def _identify(context: ssl.SSLContext, certificate: bytes, key: bytes, server: str) -> None:
    blocks = [*_CERTIFICATE.findall(certificate), *(match[0] for match in _KEY.finditer(key))]
    try:
        with _as_file(b"\n".join([*blocks, b""])) as path:
            # The empty password keeps OpenSSL from asking for one on the terminal.
            context.load_cert_chain(path, password="")
    except (OSError, ValueError) as error:
        raise ConnectionConfigError(
            f"the client certificate for {server} and its key are not readable as an unencrypted PEM pair "
            f"({_words(error)}): fix client-certificate(-data) and client-key(-data) in the kubeconfig"
        ) from None


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path for OpenSSL, which loads keys from files only: in memory where the system can."""
    if hasattr(os, "memfd_create"):
        with open(os.memfd_create("tenantkit"), "wb") as file:  # noqa: PTH123 (a descriptor)
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
        return
    with tempfile.TemporaryDirectory() as folder:  # only its owner may read it
        path = os.path.join(folder, "client.pem")  # noqa: PTH118 (text, as OpenSSL wants it)
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(content)
        yield path


def _words(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error)[:200] or type(error).__name__

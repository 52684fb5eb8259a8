"""`api_client`: the official Python client, signed in as a Cluster is.

tenantkit reads a kubeconfig as kubectl does, which the official client does not in several places
(docs/decisions/0012). So that client is handed the resolved server, TLS and credentials, and never a kubeconfig.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.http.pools import open_pools

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.http.credentials import Credentials


@takes_cluster
def api_client(cluster: Cluster) -> ApiClient:
    """The official Python client on the same connection, for what tenantkit has no function for.

    Args:
        cluster: the connection, from `connect`.

    Returns:
        A `kubernetes.client.ApiClient` with the same server, TLS, proxy, credentials and impersonation. Renewed tokens
        are used. It has its own connections, and is closed on its own.

    Raises:
        ConnectionConfigError: the credentials are no longer readable.

    RBAC: none; its calls need their own permissions. Source: page "Client Libraries".

    Example:
        >>> from kubernetes import client
        >>> with tk.api_client(cluster) as api:
        ...     client.VersionApi(api).get_code().minor
        '37'
    """
    session = cluster._session  # noqa: SLF001 (within the package)
    return _client_class()(session.credentials)


@cache
def _client_class() -> type[ApiClient]:
    """The client's class with our credentials; made on the first use, since its import takes a second."""
    from kubernetes.client import ApiClient, Configuration

    class SignedInClient(ApiClient):
        """The official client, whose requests carry the credentials of a Cluster."""

        def __init__(self, credentials: Credentials) -> None:
            configuration = Configuration(host=credentials.endpoint.server)
            super().__init__(configuration)
            self._credentials = credentials
            self.rest_client.pool_manager = open_pools(credentials.endpoint).streams

        def update_params_for_auth(self, headers: dict[str, str], *_: Any, **__: Any) -> None:
            """Add the credentials as they are now; the client's own settings have none."""
            headers.update(self._credentials.headers()[0])

    return SignedInClient

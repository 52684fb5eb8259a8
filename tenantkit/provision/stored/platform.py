"""The platform's settings as the cluster stores them.

404 means that no platform is installed, and the defaults apply. 403 means that there may be one that this user may not
read: an error, since a tenant made for the defaults would be wrong.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, NotFound, Problem, TenantKitError
from tenantkit.manifests.labels import PLATFORM_CONFIG_MAP, PLATFORM_KEY
from tenantkit.spec.people import platform_team
from tenantkit.spec.platform import SYSTEM_NAMESPACE, Platform

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi


@takes_cluster
def get_platform(cluster: ClusterApi) -> Platform:
    """The platform's settings as the cluster stores them; the defaults if no platform is installed.

    Args:
        cluster: the connection, from `connect`.

    Returns:
        A Platform.

    Raises:
        PermissionDenied: you may not read them; nothing is assumed.
        SpecVersionError: a newer tenantkit wrote them.
        InvalidSpecError: they cannot be read as a platform.
        ClusterUnavailable: the server did not answer.

    RBAC: get configmap `platform` in tenantkit-system, which `install_platform` grants to any authenticated user.

    Example:
        >>> tk.get_platform(cluster).provisioners
        ('provisioner@example.com',)
    """
    return find_platform(cluster) or Platform()


@takes_cluster
def find_platform(cluster: ClusterApi) -> Platform | None:
    """The platform's settings; None if no platform is installed. Raises, and needs, the same as `get_platform`."""
    try:
        stored = cluster.get("ConfigMap", PLATFORM_CONFIG_MAP, SYSTEM_NAMESPACE)
    except NotFound:
        return None
    source = f"ConfigMap {PLATFORM_CONFIG_MAP!r} in {SYSTEM_NAMESPACE!r}"
    text = (stored.get("data") or {}).get(PLATFORM_KEY)
    try:
        data = json.loads(text or "")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        problem = Problem(f"data[{PLATFORM_KEY}]", text, "is not a JSON object: install the platform again")
        raise InvalidSpecError([problem], source=source)
    return Platform.from_stored(data, source=source)


def known_platform(cluster: ClusterApi) -> Platform | None:
    """The platform's settings, for advice; None if they cannot be read.

    RBAC: as `get_platform`.
    """
    try:
        return get_platform(cluster)
    except TenantKitError:  # advice without names is better than none
        return None


def known_team(cluster: ClusterApi) -> str:
    """The platform team with its provisioners, for advice; without them if the settings cannot be read.

    RBAC: as `get_platform`.
    """
    return platform_team(known_platform(cluster))

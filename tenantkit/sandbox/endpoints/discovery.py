"""Discovery: the server's groups and kinds, its schemas, version and health.

The aggregated documents are those of a real server (data/discovery.json). The older documents, which some clients still
use, are built from the same data. `gitVersion` ends in `+tenantkit-sandbox`, so that clients can recognize a sandbox.

Source: page "Kubernetes API Concepts", section "API Discovery".
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

import orjson

from tenantkit.sandbox.apimachinery.resources import RESOURCES
from tenantkit.sandbox.apimachinery.schema import data_file, kubernetes_version, load

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

VERSION_SUFFIX = "+tenantkit-sandbox"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_VERSION_PATH = re.compile("/apis/[^/]+/[^/]+")
HEALTH = frozenset(f"/{name}{check}" for name in ("healthz", "livez", "readyz") for check in ("", "/ping"))


def version() -> Manifest:
    """The document at `/version`."""
    git_version = kubernetes_version()
    major, minor, _ = git_version.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": git_version + VERSION_SUFFIX,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "",
    }


def aggregated(root: str, *, without: str = "") -> Manifest:
    """The aggregated discovery document of `api` or `apis`, without one group."""
    found: Manifest = {"kind": "APIGroupDiscoveryList", **load("discovery.json")[root]}
    items = [item for item in found["items"] if not without or item["metadata"].get("name") != without]
    return {**found, "items": items}


def has_methods(path: str) -> bool:
    """Whether the server looks at the method for a document: it does for versions, and answers others to any method."""
    return path in {"/api", "/version"} or path.startswith("/api/") or bool(_VERSION_PATH.fullmatch(path))


def document(path: str, *, address: str, without: str = "") -> Manifest | None:
    """The version, the index of schemas, or a discovery document of the older form.

    Args:
        path: `/`, `/version`, `/openapi/v3`, `/api`, `/apis`, `/api/v1`, `/apis/GROUP` or `/apis/GROUP/VERSION`.
        address: the server's address, `host:port`.
        without: a group that the server does not have.

    Returns:
        The document; None if there is none.
    """
    segments = path.strip("/").split("/")
    found: Manifest | None = None
    match segments:
        case [""]:
            found = {"paths": ["/api", "/apis", *sorted(HEALTH), "/openapi/v3", "/version"]}
        case ["version"]:
            found = version()
        case ["openapi", "v3"]:
            found = openapi_index(without=without)
        case ["api"]:
            addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
            found = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}
        case ["apis"]:
            names = dict.fromkeys(resource.group for resource in RESOURCES if resource.group not in {"", without})
            found = {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in names]}
        case ["apis", group] if _versions(group):
            found = {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        case ["api", served]:
            found = _resource_list("", served)
        case ["apis", group, served]:
            found = _resource_list(group, served)
    return found


def _versions(group: str) -> list[str]:
    return list(dict.fromkeys(resource.version for resource in RESOURCES if group and resource.group == group))


def _group(name: str) -> Manifest:
    versions = [{"groupVersion": f"{name}/{found}", "version": found} for found in _versions(name)]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resource_list(group: str, version: str) -> Manifest | None:
    found: list[Manifest] = []
    for resource in RESOURCES:
        if (resource.group, resource.version) != (group, version):
            continue
        names = {"shortNames": list(resource.short_names), "categories": list(resource.categories)}
        entry = {"name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced}
        entry |= {"kind": resource.kind, "verbs": sorted(resource.verbs)}
        found.append(entry | {key: value for key, value in names.items() if value})
        for name, subresource in resource.subresources.items():
            own_version = dict(zip(("group", "version"), subresource.api_version.rpartition("/")[::2], strict=True))
            other_version = own_version if subresource.api_version != resource.api_version else {}
            entry = {"name": f"{resource.plural}/{name}", "singularName": "", "namespaced": resource.namespaced}
            found.append(entry | other_version | {"kind": subresource.kind, "verbs": sorted(subresource.verbs)})
    if not found:
        return None
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": found}


def openapi_index(*, without: str = "") -> Manifest:
    """The document at `/openapi/v3`: the URL of each group and version's schemas, with their hash."""
    names = dict.fromkeys(("apis/" if resource.group else "api/") + resource.api_version for resource in RESOURCES)
    hidden = f"apis/{without}/" if without else None
    return {
        "paths": {
            name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={hashlib.sha512(text).hexdigest().upper()}"}
            for name in names
            if (hidden is None or not name.startswith(hidden)) and (text := openapi(name)) is not None
        }
    }


@cache
def openapi(name: str) -> bytes | None:
    """The schemas of a group and version, those of a real server; None if they are not served."""
    file = data_file(f"openapi/{name.replace('/', '__')}.json")
    return orjson.dumps(orjson.loads(file.read_bytes())["document"]) if file.is_file() else None

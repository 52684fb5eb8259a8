"""The resources that the sandbox serves, from the discovery documents of a real server.

Verbs, short names and subresources are therefore those of the real server. Rejected alternative: a table typed by hand,
in which a verb could be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.schema import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tenantkit.rules.manifest import Manifest


@dataclass(frozen=True, slots=True, eq=False)
class Subresource:
    """A subresource, such as `status`; `kind` is the kind of its request and response bodies."""

    api_version: str
    kind: str
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A served resource; each is in RESOURCES once, so that `is` compares them."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: frozenset[str]
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    subresources: Mapping[str, Subresource]

    @property
    def api_version(self) -> str:
        """The `apiVersion` in manifests."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name with its group, as in quotas and messages: `ingresses.networking.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def find(group: str, version: str, plural: str) -> Resource:
    """The resource of that group, version and plural; raises LookupError if it is not served."""
    return _BY_PATH[group, version, plural]


def of_kind(api_version: str, kind: str) -> Resource:
    """The resource of a manifest's kind; raises LookupError if it is not served."""
    return _BY_KIND[api_version, kind]


def version_of(resource: Resource, version: str) -> Resource:
    """The same resource in another version; itself where the version is of another group, or is not served."""
    return _BY_PATH.get((resource.group, version, resource.plural), resource)


def stored(resource: Resource) -> Resource:
    """The same resource in the version in which its objects are stored: the first one that is served."""
    return _STORED[resource.group, resource.plural]


def serves(group: str, version: str) -> bool:
    """Whether any resource of that group and version is served."""
    return any((resource.group, resource.version) == (group, version) for resource in RESOURCES)


def known_kind(api_version: str, kind: str) -> bool:
    """Whether the sandbox serves objects of that kind."""
    return (api_version, kind) in _BY_KIND


def _read() -> Iterator[Resource]:
    """Every resource of the discovery documents, in their order."""
    documents = load("discovery.json")
    for group in (*documents["api"]["items"], *documents["apis"]["items"]):
        name = group["metadata"].get("name", "")
        for version in group["versions"]:
            for raw in version["resources"]:
                yield Resource(
                    group=name,
                    version=version["version"],
                    kind=raw["responseKind"]["kind"],
                    plural=raw["resource"],
                    singular=raw["singularResource"],
                    namespaced=raw["scope"] == "Namespaced",
                    verbs=frozenset(raw["verbs"]),
                    short_names=tuple(raw.get("shortNames", ())),
                    categories=tuple(raw.get("categories", ())),
                    subresources={
                        sub["subresource"]: _subresource(sub, name, version["version"])
                        for sub in raw.get("subresources", ())
                    },
                )


def _subresource(raw: Manifest, group: str, version: str) -> Subresource:
    """A subresource; its default group and version are those of its resource."""
    kind = raw["responseKind"]
    group, version = (kind["group"], kind["version"]) if kind["version"] else (group, version)
    return Subresource(f"{group}/{version}" if group else version, kind["kind"], frozenset(raw["verbs"]))


RESOURCES = tuple(_read())
_BY_PATH = {(resource.group, resource.version, resource.plural): resource for resource in RESOURCES}
_STORED = {(resource.group, resource.plural): resource for resource in reversed(RESOURCES)}
_BY_KIND = {(resource.api_version, resource.kind): resource for resource in RESOURCES}

NAMESPACES = find("", "v1", "namespaces")
SERVICE_ACCOUNTS = find("", "v1", "serviceaccounts")
LIMIT_RANGES = find("", "v1", "limitranges")
INGRESS_CLASSES = find("networking.k8s.io", "v1", "ingressclasses")
CLAIMS = find("", "v1", "persistentvolumeclaims")
VOLUMES = find("", "v1", "persistentvolumes")
NODES = find("", "v1", "nodes")
PRIORITY_CLASSES = find("scheduling.k8s.io", "v1", "priorityclasses")
QUOTAS = find("", "v1", "resourcequotas")
SERVICES = find("", "v1", "services")
PODS = find("", "v1", "pods")
REPLICA_SETS = find("apps", "v1", "replicasets")
CONFIG_MAPS = find("", "v1", "configmaps")
POLICIES = find("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies")
POLICY_BINDINGS = find("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings")

EPHEMERAL = "ephemeralcontainers"

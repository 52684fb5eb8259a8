"""What the object of a route serves: the same words for an Ingress and for an HTTPRoute, whoever made it.

An HTTPRoute does not say whether its listener has TLS: tenantkit's own has the scheme as an annotation, and that of
another one is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.manifests.labels import SCHEME_ANNOTATION
from tenantkit.rules.manifest import list_in, mapping_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest

_PATH_TYPES = {"PathPrefix": "Prefix"}


@dataclass(frozen=True, slots=True)
class ServedPath:
    """A host and a path of a route's object.

    Args:
        host: None: every host.
        path: None: every path.
        path_type: `Prefix`, `Exact`, `ImplementationSpecific`, or an HTTPRoute's `RegularExpression`.
        service: None: it leads to something else. With its namespace in front, `web/ai`, if that is another one.
        port: of the Service, a number or a name.
        has_tls: None: not known.
    """

    host: str | None
    path: str | None
    path_type: str | None
    service: str | None
    port: int | str | None
    has_tls: bool | None

    @property
    def url(self) -> str | None:
        """The URL; None if the host is not a single one, or its scheme is not known."""
        if self.host is None or "*" in self.host or self.has_tls is None:
            return None
        return f"{'https' if self.has_tls else 'http'}://{self.host}{self.path or '/'}"

    @property
    def place(self) -> str:
        """Host and path in words: `vision.example.ai/ai (exactly)`."""
        exact = " (exactly)" if self.path_type == "Exact" else ""
        return f"{self.host or 'every host'}{self.path or '/'}{exact}"

    @property
    def backend(self) -> str:
        """Where it leads, in words: `ai-service:80`."""
        return f"{self.service}:{self.port}" if self.service else "no Service"


def served_paths(manifest: Manifest | None) -> list[ServedPath]:
    """Each host and path of an Ingress or HTTPRoute, in its order; none of any other object."""
    kind = mapping_in(manifest).get("kind")
    if manifest is None or kind not in ("Ingress", "HTTPRoute"):
        return []
    return list(_of_ingress(manifest) if kind == "Ingress" else _of_http_route(manifest))


def _of_ingress(ingress: Manifest) -> Iterator[ServedPath]:
    spec = mapping_in(ingress.get("spec"))
    if spec.get("defaultBackend"):
        yield ServedPath(None, None, None, *_service(spec["defaultBackend"]), _has_tls(None, spec))
    for rule in map(mapping_in, list_in(spec.get("rules"))):
        host = rule.get("host") or None
        for path in map(mapping_in, list_in(mapping_in(rule.get("http")).get("paths"))):
            backend = _service(path.get("backend"))
            yield ServedPath(host, path.get("path") or None, path.get("pathType"), *backend, _has_tls(host, spec))


def _service(backend: object) -> tuple[str | None, int | str | None]:
    service = mapping_in(mapping_in(backend).get("service"))
    port = mapping_in(service.get("port"))
    return service.get("name"), port.get("number") or port.get("name")


def _has_tls(host: str | None, spec: Manifest) -> bool:
    """Whether the host has a certificate; a TLS section without hosts covers all."""
    for section in map(mapping_in, list_in(spec.get("tls"))):
        hosts = list_in(section.get("hosts"))
        if not hosts or host in hosts or (host and f"*.{host.partition('.')[2]}" in hosts):
            return True
    return False


def _of_http_route(route: Manifest) -> Iterator[ServedPath]:
    """One for each host, match and backend; the API server fills in what a match leaves out."""
    spec = mapping_in(route.get("spec"))
    scheme = mapping_in(mapping_in(route.get("metadata")).get("annotations")).get(SCHEME_ANNOTATION)
    has_tls = {"https": True, "http": False}.get(str(scheme))
    for host in list_in(spec.get("hostnames")) or [None]:
        for rule in map(mapping_in, list_in(spec.get("rules")) or [{}]):
            backends = [_backend(it) for it in list_in(rule.get("backendRefs"))] or [(None, None)]
            for match in map(mapping_in, list_in(rule.get("matches")) or [{}]):
                path = mapping_in(match.get("path"))
                kind = path.get("type") or "PathPrefix"
                for backend in backends:
                    yield ServedPath(host, path.get("value") or "/", _PATH_TYPES.get(kind, kind), *backend, has_tls)


def _backend(backend: object) -> tuple[str | None, int | str | None]:
    ref = mapping_in(backend)
    if ref.get("group") or ref.get("kind", "Service") != "Service" or not ref.get("name"):
        return None, None
    place = f"{ref['namespace']}/" if ref.get("namespace") else ""
    return f"{place}{ref['name']}", ref.get("port")

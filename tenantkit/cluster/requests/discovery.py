"""The kinds of a server, by its discovery API: for kinds that are not in `KINDS`, such as custom resources.

They are read only if such a kind occurs, and in the aggregated form, which takes two requests for all groups. Servers
have it since 1.27; an older one is reported. Rejected alternative: the older form, with one request per group.
Source: page "Kubernetes API Concepts", section "API Discovery".
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.parsing import parse_object
from tenantkit.cluster.http.session import Call
from tenantkit.exceptions import InvalidSpecError, NotFound, Problem
from tenantkit.rules.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.cluster.http.session import Session
    from tenantkit.rules.manifest import Manifest

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ServedKind:
    """A kind that the server has, and its names.

    Args:
        place: the kind, with its group, version and plural.
        spellings: in lower case: kind, plural, singular and short names.
        can_list: whether it can be listed.
    """

    place: Kind
    spellings: frozenset[str]
    can_list: bool


def served_kinds(session: Session) -> list[ServedKind]:
    """All kinds of the server: the core group first, and of each group its preferred version first.

    Raises:
        PermissionDenied: they may not be read.
        NotFound: the server is older than Kubernetes 1.27.
        ClusterUnavailable: the server gave no answer.

    RBAC: get /api and /apis, which any signed-in user may.
    """
    found: list[ServedKind] = []
    for path in ("/api", "/apis"):
        operation = Operation("read the kinds of the server")
        answer = session.ask(Call("GET", path, operation, is_repeatable=True, accept=AGGREGATED, parse=_parse))
        if answer.get("kind") != "APIGroupDiscoveryList":
            raise NotFound(
                f"{session.server} does not support aggregated discovery, which needs Kubernetes 1.27 or newer",
                status=404,
            )
        found += answer["kinds"]
    return found


def kind_named(spelling: str, kinds: Iterable[ServedKind]) -> Kind:
    """The kind with a name.

    Args:
        spelling: `Kind`, `plural`, a short name, `plural.group`, `Kind.group`, or `group/version/Kind` (`v1/Pod` for
            the core group), in upper or lower case.
        kinds: those that the server has; the first match is used.

    Raises:
        InvalidSpecError: there is none; the reason names those with a similar spelling.

    Example:
        >>> pod = Kind("Pod", "", "v1", "pods", namespaced=True)
        >>> kind_named("v1/pod", [ServedKind(pod, frozenset({"pod", "pods", "po"}), True)]).plural
        'pods'
    """
    wanted = str(spelling).lower()
    known: dict[str, Kind] = {}
    for kind in kinds:
        if kind.can_list:
            for name in _spellings(kind):
                known.setdefault(name, kind.place)
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, n=_SHOWN) if isinstance(spelling, str) else []
    hint = f"it has {', '.join(near)}" if near else "see `kubectl api-resources` for those that it has"
    raise InvalidSpecError(
        [Problem("kind", spelling, f"the server does not serve a kind of this name that can be listed: {hint}")]
    )


def _parse(body: bytes | bytearray) -> Manifest:
    """The kind of the answer, and the `kinds` in it."""
    answer = parse_object(body)
    try:
        kinds = [kind for group in answer.get("items") or () for kind in _kinds_of(group)]
    except (AttributeError, TypeError):  # something else than an object or a list
        raise ValueError("which is not a list of the server's kinds") from None
    return {"kind": answer.get("kind"), "kinds": kinds}


def _spellings(kind: ServedKind) -> Iterator[str]:
    place = kind.place
    yield from sorted(kind.spellings)
    for spelling in sorted(kind.spellings):
        yield f"{place.api_version}/{spelling}".lower()
        if place.group:
            yield f"{spelling}.{place.group}".lower()
            yield f"{spelling}.{place.version}.{place.group}".lower()


def _kinds_of(group: Manifest) -> Iterator[ServedKind]:
    name = str((group.get("metadata") or {}).get("name") or "")
    for version in group.get("versions") or ():
        for resource in version.get("resources") or ():
            response, plural = resource.get("responseKind") or {}, str(resource.get("resource") or "")
            kind = str(response.get("kind") or "")
            called = (kind, plural, resource.get("singularResource"), *(resource.get("shortNames") or ()))
            yield ServedKind(
                Kind(kind, name, str(version.get("version") or ""), plural, resource.get("scope") == "Namespaced"),
                frozenset(str(text).lower() for text in called if text),
                "list" in (resource.get("verbs") or ()),
            )

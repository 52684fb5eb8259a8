"""No verb of the API reaches cluster-wide objects or another tenant's; discovery names the resources to try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.product.isolation.attempt import is_denied_by, shown
from tests.contract.product.isolation.place import PEOPLE
from tests.contract.wire import JSON, MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.product.isolation.place import Place
    from tests.contract.wire import Answer, Wire

# from the verb of RBAC to the request: method, whether it is about one object, its query
_VERBS: dict[str, tuple[str, bool, dict[str, str]]] = {
    "get": ("GET", True, {}),
    "list": ("GET", False, {}),
    "watch": ("GET", False, {"watch": "true", "timeoutSeconds": "1"}),
    "create": ("POST", False, {"dryRun": "All"}),
    "update": ("PUT", True, {"dryRun": "All"}),
    "patch": ("PATCH", True, {"dryRun": "All"}),
    "delete": ("DELETE", True, {"dryRun": "All"}),
    "deletecollection": ("DELETE", False, {"dryRun": "All"}),
}
# what every signed-in user may do: ask about their own identity and permissions
_OF_EVERYBODY = frozenset(
    {
        ("create", "selfsubjectaccessreviews"),
        ("create", "selfsubjectrulesreviews"),
        ("create", "selfsubjectreviews"),
    }
)
# certificates of authorities, which are public (page "Certificates and Certificate Signing Requests", "Trust bundles")
_OF_ACCOUNTS = frozenset((verb, "clustertrustbundles") for verb in ("get", "list", "watch"))


@dataclass(frozen=True)
class Resource:
    """A resource that the server serves, also a subresource such as `pods/exec`."""

    path: str
    name: str
    kind: str
    version: str
    verbs: tuple[str, ...]

    def at(self, namespace: str | None, verb: str) -> str:
        """The path for a verb."""
        _, is_one, _ = _VERBS[verb]
        place = f"/namespaces/{namespace}" if namespace else ""
        parent, _, sub = self.name.partition("/")
        one = f"/x{f'/{sub}' if sub else ''}" if is_one or sub else ""
        return f"{self.path}{place}/{parent}{one}"


def _resources(wire: Wire, *, namespaced: bool) -> Iterator[Resource]:
    groups = [
        f"/apis/{version['groupVersion']}"
        for group in wire("GET", "/apis").body["groups"]
        for version in group["versions"]
    ]
    for path in ("/api/v1", *groups):
        listed = wire("GET", path)
        assert listed.status == 200, listed.body
        for item in listed.body["resources"]:
            if item["namespaced"] == namespaced:
                verbs = tuple(verb for verb in item["verbs"] if verb in _VERBS)
                version = listed.body["groupVersion"]
                yield Resource(path, item["name"], item["kind"], version, verbs)


def _reached(
    wire: Wire,
    resources: list[Resource],
    namespace: str | None,
    *,
    allowed: frozenset[tuple[str, str]] = _OF_EVERYBODY,
) -> list[str]:
    """The requests that the server's authorization let through."""
    return [
        f"{verb} {resource.name} of {resource.version}: {shown(answer)}"
        for resource in resources
        for verb in resource.verbs
        if (verb, resource.name) not in allowed
        for answer in [_ask(wire, resource, verb, namespace)]
        if not is_denied_by(answer, "RBAC")
    ]


def _ask(wire: Wire, resource: Resource, verb: str, namespace: str | None) -> Answer:
    method, _, query = _VERBS[verb]
    head = {"apiVersion": resource.version, "kind": resource.kind, "metadata": {"name": "x"}}
    body: Any = None if method == "GET" or verb.startswith("delete") else head
    content_type = MERGE_PATCH if verb == "patch" else JSON
    return wire(method, resource.at(namespace, verb), body, content_type=content_type, query=query)


@pytest.fixture(scope="package")
def as_account(place: Place, wire: Wire) -> Iterator[Wire]:
    """A pod of the tenant that uses its account's token."""
    path = f"/api/v1/namespaces/{place.mine}/serviceaccounts/workload/token"
    answer = wire("POST", path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    assert answer.status == 201, answer.body
    found = wire.as_nobody(answer.body["status"]["token"])
    yield found
    found.close()


@pytest.mark.parametrize("user", PEOPLE)
def test_nobody_reaches_a_cluster_wide_resource(
    user: str, place: Place, wire: Wire, wire_as: Callable[[str], Wire]
) -> None:
    assert place.mine

    assert _reached(wire_as(user), list(_resources(wire, namespaced=False)), None) == []


@pytest.mark.parametrize("user", PEOPLE)
def test_nobody_reaches_a_resource_of_another_tenant(
    user: str, place: Place, wire: Wire, wire_as: Callable[[str], Wire]
) -> None:
    assert _reached(wire_as(user), list(_resources(wire, namespaced=True)), place.other) == []


@pytest.mark.parametrize("namespace", ["kube-system", "default", "tenantkit-system"])
@pytest.mark.parametrize("user", ["owner"])
def test_nobody_reaches_a_resource_of_the_system(
    user: str, namespace: str, place: Place, wire: Wire, wire_as: Callable[[str], Wire]
) -> None:
    assert place.mine

    assert _reached(wire_as(user), list(_resources(wire, namespaced=True)), namespace) == []


def test_a_pods_account_reaches_nothing(place: Place, wire: Wire, as_account: Wire) -> None:
    for namespace in (place.mine, place.other):
        assert _reached(as_account, list(_resources(wire, namespaced=True)), namespace) == []

    cluster_wide = list(_resources(wire, namespaced=False))
    assert _reached(as_account, cluster_wide, None, allowed=_OF_EVERYBODY | _OF_ACCOUNTS) == []


@pytest.mark.parametrize("user", PEOPLE)
@pytest.mark.parametrize("path", ["/metrics", "/logs/", "/configz", "/debug/pprof/", "/flagz"])
def test_nobody_reads_what_the_server_says_of_itself(user: str, path: str, wire_as: Callable[[str], Wire]) -> None:
    assert wire_as(user)("GET", path, accept="*/*").status == 403


def test_a_request_without_a_login_reaches_nothing(place: Place, wire: Wire) -> None:
    nobody = wire.as_nobody()

    answers = [nobody("GET", f"/api/v1/namespaces/{name}/pods") for name in (place.mine, place.other)]

    nobody.close()
    assert {answer.status for answer in answers} <= {401, 403}


@pytest.mark.parametrize("user", PEOPLE)
def test_the_lists_over_all_namespaces_are_denied(
    user: str, place: Place, wire: Wire, wire_as: Callable[[str], Wire]
) -> None:
    assert place.mine
    listable = [it for it in _resources(wire, namespaced=True) if "list" in it.verbs and "/" not in it.name]

    answers = {it.name: wire_as(user)("GET", f"{it.path}/{it.name}") for it in listable}

    assert {name: shown(answer) for name, answer in answers.items() if not is_denied_by(answer, "RBAC")} == {}

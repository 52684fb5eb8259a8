"""What owners try with members: give rights to everybody, keep rights for ever, and gain more than they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.product.isolation.attempt import Attempt, Request, changed_by
from tests.contract.product.isolation.kinds import binding, collection, every_way, manifest, new
from tests.contract.product.isolation.place import EVE, account, group, user
from tests.contract.wire import APPLY, JSON_PATCH, MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.product.isolation.attempt import Base, Requests
    from tests.contract.product.isolation.place import Manifest, Place

OWNER = ("owner",)
_SUBJECTS: dict[str, Callable[[Place], Manifest]] = {
    "everybody who is signed in": lambda _: group("system:authenticated"),
    "everybody who is not": lambda _: group("system:unauthenticated"),
    "every account of the cluster": lambda _: group("system:serviceaccounts"),
    "every account of another namespace": lambda place: group(f"system:serviceaccounts:{place.other}"),
    "a group of the system": lambda _: group("system:masters"),
    "a user of the system": lambda _: user("system:anonymous"),
    "an account by its user name": lambda place: user(f"system:serviceaccount:{place.other}:default"),
    "an account of kube-system": lambda _: account("kube-system"),
    "an account of another tenant": lambda place: account(place.other),
}
_OTHER_ROLES = ("cluster-admin", "admin", "edit", "view", "system:basic-user", "tenantkit-provisioner")


def _subject(subject: Callable[[Place], Manifest], role: str) -> Callable[[Place], Manifest]:
    return lambda place: binding("base", user(EVE), subject(place), role=role)


def _other_roles(place: Place, _: Base) -> Iterator[Request]:
    path = collection("RoleBinding", place.mine)
    for role in _OTHER_ROLES:
        yield Request(role, "POST", path, binding("tried", user(EVE), role=role))


def _roles(place: Place, _: Base) -> Iterator[Request]:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    path = collection("Role", place.mine)
    yield Request("create", "POST", path, manifest("Role", "tried", {"rules": rules}))
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tried"}}
    yield Request("apply", "PATCH", f"{path}/tried", {**role, "rules": rules}, APPLY, (("fieldManager", "kubectl"),))


def _stuck(_: Place) -> Manifest:
    found = binding("base", user(EVE))
    return {**found, "metadata": {**found["metadata"], "finalizers": ["example.com/stuck"]}}


def _crowd(_: Place) -> Manifest:
    return binding("base", *(user(f"{number}-{'x' * 40}@example.com") for number in range(5000)))


def _own_binding(change: Manifest) -> Requests:
    def requests(place: Place, base: Base) -> Iterator[Request]:
        live = base("RoleBinding/owner")
        path = f"{collection('RoleBinding', place.mine)}/{live['metadata']['name']}"
        yield from changed_by(path, live, {"metadata": change})

    return requests


def _unlabelled(place: Place, base: Base) -> Iterator[Request]:
    live = base("RoleBinding/owner")
    path = f"{collection('RoleBinding', place.mine)}/{live['metadata']['name']}"
    metadata = {
        key: value
        for key, value in live["metadata"].items()
        if key not in ("labels", "managedFields", "resourceVersion")
    }
    yield Request("update", "PUT", path, {**live, "metadata": metadata})
    labels = dict.fromkeys(live["metadata"]["labels"])
    yield Request("merge patch", "PATCH", path, {"metadata": {"labels": labels}}, MERGE_PATCH)
    yield Request("JSON patch", "PATCH", path, [{"op": "remove", "path": "/metadata/labels"}], JSON_PATCH)


def _elsewhere(place: Place, _: Base) -> Iterator[Request]:
    for namespace in (place.other, place.plain, "kube-system", "default"):
        path = collection("RoleBinding", namespace)
        yield Request(namespace, "POST", path, binding("tried", user(EVE), role="tenantkit-viewer"))


def _cluster_wide(_place: Place, _: Base) -> Iterator[Request]:
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "tried"}}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "tenantkit-owner"}
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    yield Request("create", "POST", path, {**head, "roleRef": ref, "subjects": [user(EVE)]})


def _as_others(place: Place, _: Base) -> Iterator[Request]:
    path = collection("Secret", place.other)
    user_header = ("Impersonate-User", "admin@example.com")
    for way, headers in (("user", (user_header,)), ("group", (user_header, ("Impersonate-Group", "system:masters")))):
        yield Request(way, "GET", path, query=(), headers=headers)


PEOPLE_ROWS = [
    *(
        Attempt(
            f"give {'the owner role' if role.endswith('owner') else 'a role'} to {who}",
            ("guardrail people", "guardrail outside"),
            every_way("RoleBinding", _subject(subject, role))
            if role.endswith("editor")
            else new("RoleBinding", _subject(subject, role)),
            who=OWNER,
        )
        for who, subject in _SUBJECTS.items()
        for role in ("tenantkit-owner", "tenantkit-editor")
    ),
    Attempt(
        "bind another role",
        ("RBAC", "guardrail people"),
        _other_roles,
        who=OWNER,
        source="benchmark block_role_privilege_escalation",
    ),
    Attempt("make a Role", ("RBAC",), _roles, source="benchmark block_role_privilege_escalation"),
    Attempt("bind a role in another namespace", ("RBAC",), _elsewhere, who=OWNER),
    Attempt("bind a role in the whole cluster", ("RBAC",), _cluster_wide, who=OWNER),
    Attempt("keep a membership by a finalizer", ("guardrail people",), every_way("RoleBinding", _stuck), who=OWNER),
    Attempt(
        "keep the own membership by a finalizer",
        ("guardrail people",),
        _own_binding({"finalizers": ["example.com/stuck"]}),
        who=OWNER,
    ),
    Attempt(
        "hide the own membership by removing its labels",
        ("guardrail walls",),
        _unlabelled,
        who=OWNER,
    ),
    Attempt(
        "give a binding to another tenant's label",
        ("guardrail walls",),
        _own_binding({"labels": {"tenantkit.dev/tenant": "another"}}),
        who=OWNER,
    ),
    Attempt(
        "fill the store by a binding of 5,000 subjects",
        ("guardrail people",),
        every_way("RoleBinding", _crowd),
        who=OWNER,
    ),
    Attempt("act as another user or group", ("RBAC",), _as_others, who=("owner", "editor", "viewer", "stranger")),
]

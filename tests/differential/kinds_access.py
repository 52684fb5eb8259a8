"""The grammar of roles and bindings, namespaced and cluster-wide."""

from __future__ import annotations

from typing import Any

from tests.differential.kinds import RUN, Kind

GROUP = "rbac.authorization.k8s.io"
_API, _V1 = f"/apis/{GROUP}/v1", f"{GROUP}/v1"
_READ: Any = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}
_DANA: Any = {"kind": "User", "name": "dana@example.com", "apiGroup": GROUP}

_RULES: tuple[Any, ...] = (
    [_READ],
    [_READ, {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["*"]}],
    [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["a"]}],
    [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
    [],
)
_WRONG_RULES: tuple[Any, ...] = (
    [{"apiGroups": [""], "resources": ["pods"], "verbs": []}],
    [{"apiGroups": [], "resources": ["pods"], "verbs": ["get"]}],
    [{"apiGroups": [""], "resources": [], "verbs": ["get"]}],
    [{}],
    [_READ | {"verbs": "get"}],
    [_READ | {"nonResourceURLs": ["/x"]}],
    [{"nonResourceURLs": ["/x"], "verbs": ["get"]}],
    "x",
    [_READ | {"verbs": [1]}],
)
_SUBJECTS: tuple[Any, ...] = (
    [_DANA],
    [{"kind": "ServiceAccount", "name": "default", "namespace": f"{RUN}-a"}],
    [{"kind": "Group", "name": "ml-vision", "apiGroup": GROUP}, {"kind": "User", "name": "stranger@example.com"}],
    [],
)
_WRONG_SUBJECTS: tuple[Any, ...] = (
    [{"kind": "User", "name": ""}],
    [{"kind": "Nope", "name": "x"}],
    [{"kind": "ServiceAccount", "name": "x"}],
    [{"kind": "ServiceAccount", "name": "Bad_Name", "namespace": "x"}],
    [{"kind": "User", "name": "x", "apiGroup": "nope"}],
    [{"name": "x"}],
    "x",
)
_WRONG_REFS: tuple[Any, ...] = (
    {"apiGroup": GROUP, "kind": "Nope", "name": "a"},
    {"apiGroup": "nope", "kind": "Role", "name": "a"},
    {"apiGroup": GROUP, "kind": "Role", "name": ""},
    {"apiGroup": GROUP, "kind": "Role", "name": "a/b"},
    {"kind": "Role"},
    {},
    None,
)


def ref(kind: str, name: str) -> Any:
    """The roleRef of a binding."""
    return {"apiGroup": GROUP, "kind": kind, "name": name}


KINDS = (
    Kind(_API, _V1, "Role", "roles", may={"rules": _RULES}, wrong={"rules": _WRONG_RULES}),
    Kind(
        _API,
        _V1,
        "RoleBinding",
        "rolebindings",
        needs={
            "roleRef": (ref("Role", "a"), ref("ClusterRole", "view"), ref("Role", "b"), ref("ClusterRole", f"{RUN}-a"))
        },
        may={"subjects": _SUBJECTS},
        wrong={"roleRef": _WRONG_REFS, "subjects": _WRONG_SUBJECTS},
    ),
    Kind(
        _API,
        _V1,
        "ClusterRole",
        "clusterroles",
        may={"rules": (*_RULES, [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])},
        wrong={
            "rules": _WRONG_RULES,
            "aggregationRule": (
                {},
                {"clusterRoleSelectors": []},
                {"clusterRoleSelectors": [{"matchLabels": {"bad key": "x"}}]},
            ),
        },
        namespaced=False,
        weight=1,
    ),
    Kind(
        _API,
        _V1,
        "ClusterRoleBinding",
        "clusterrolebindings",
        needs={"roleRef": (ref("ClusterRole", f"{RUN}-a"), ref("ClusterRole", "view"))},
        may={"subjects": (_SUBJECTS[0], _SUBJECTS[1])},
        wrong={"roleRef": (*_WRONG_REFS, ref("Role", "a")), "subjects": _WRONG_SUBJECTS},
        namespaced=False,
        weight=1,
    ),
)

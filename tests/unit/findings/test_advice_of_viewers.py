"""Advice that changes something: a viewer is told whom to ask, and others are told what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.findings.why import explained
from tests.unit.cluster.seam import answer, cluster, status
from tests.unit.frames.frame_pods import pod
from tests.unit.frames.test_partly_readable import ByPath, listed

READ = {"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
EDIT = {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/vision/rolebindings"
ADVICE = (
    "create the ConfigMap settings in this namespace, or refer to another one; whoever wrote the workload knows which "
    "keys it reads"
)


def not_configured(message: str) -> Any:
    state = {"waiting": {"reason": "CreateContainerConfigError", "message": message}}
    status = {"name": "main", "ready": False, "restartCount": 0, "state": state}
    return pod(status={"phase": "Pending", "conditions": [], "containerStatuses": [status]})


MISSING = not_configured('configmap "settings" not found')
UNKNOWN = not_configured("something else")


def binding(name: str, role: str, person: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "vision"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"tenantkit-{role}"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": person}],
    }


MEMBERS = listed(
    binding("a", "viewer", "vic@example.com"),
    binding("b", "editor", "ed@example.com"),
    binding("c", "owner", "ada@example.com"),
)


def steps(found: Any, *rules: Any, bindings: Any = MEMBERS, **status_fields: Any) -> tuple[list[str], list[str]]:
    """The next steps of `why`, and the paths that it asked for."""
    labelled = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}}
    review = {"resourceRules": list(rules), "nonResourceRules": [], "incomplete": False, **status_fields}
    script = ByPath(
        {
            "/api/v1/namespaces/vision": answer(body=labelled),
            "/api/v1/namespaces/vision/pods": listed(found),
            "/api/v1/nodes": listed({"metadata": {"name": "gpu-1"}}),
            "/api/v1/namespaces/tenantkit-system/configmaps/platform": status(404, "NotFound", "none"),
            BINDINGS: bindings,
        }
    )
    script.own_rules = answer(body={"status": review})
    frame = explained(cluster(script, namespaces=["vision"]), namespaces=["vision"])
    return frame["next_steps"].tolist(), [path for _, path in script.asked]


def test_a_viewer_is_told_whom_to_ask() -> None:
    [advice], asked = steps(MISSING, READ)

    assert advice == f"ask an owner or editor (ada@example.com, ed@example.com) to {ADVICE}"
    assert [path.rpartition("/")[2] for path in asked].count("selfsubjectrulesreviews") == 1


def account() -> dict[str, Any]:
    made = binding("d", "owner", "jupyter-lin")
    return made | {"subjects": [{"kind": "ServiceAccount", "name": "jupyter-lin", "namespace": "jupyterhub"}]}


def test_a_service_account_is_named_only_where_there_is_nobody_else_to_ask() -> None:
    [with_others], _ = steps(MISSING, READ, bindings=listed(account(), binding("b", "editor", "ed@example.com")))
    [alone], _ = steps(MISSING, READ, bindings=listed(account()))

    assert with_others == f"ask an owner or editor (ed@example.com) to {ADVICE}"
    assert alone == f"ask an owner or editor (sa:jupyterhub/jupyter-lin) to {ADVICE}"


def test_a_viewer_who_may_not_read_members_is_told_so_without_names() -> None:
    [advice], _ = steps(MISSING, READ, bindings=status(403, "Forbidden", "no"))

    assert advice == f"ask an owner or editor of vision to {ADVICE}"


@pytest.mark.parametrize("review", [{"rules": [READ, EDIT]}, {"rules": [READ], "incomplete": True}, {"rules": []}])
def test_advice_stays_for_those_who_may_follow_it_and_where_the_server_does_not_say(review: dict[str, Any]) -> None:
    [advice], asked = steps(MISSING, *review.pop("rules"), **review)

    assert advice == ADVICE
    assert BINDINGS not in asked


def test_rights_are_not_asked_for_where_no_advice_needs_them() -> None:
    [advice], asked = steps(UNKNOWN, READ)

    assert advice.startswith("check the message")
    assert not [path for path in asked if path.endswith("reviews")]

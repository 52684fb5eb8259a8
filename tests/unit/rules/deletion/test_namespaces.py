"""Why a namespace stays in Terminating, from its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.deletion.namespaces import namespace_deletion

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def deleted(*finalizers: str, **messages: str) -> Manifest:
    conditions = [{"type": f"Namespace{kind}", "status": "True", "message": text} for kind, text in messages.items()]
    conditions.append({"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All content deleted"})
    return {
        "metadata": {"name": "vision", "deletionTimestamp": "2026-12-01T11:00:00Z", "finalizers": list(finalizers)},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Terminating", "conditions": conditions},
    }


def test_a_namespace_that_is_not_deleted_waits_for_nothing() -> None:
    assert namespace_deletion({"metadata": {"name": "vision"}}) is None


def test_without_a_reason_the_advice_is_to_wait() -> None:
    found = namespace_deletion(deleted())

    assert found is not None
    assert not found.is_held
    assert (found.what, found.next_steps) == (
        "the server gives no reason",
        "wait: deletion usually takes less than a minute",
    )


def test_what_remains_and_whose_finalizers_hold_it_are_named_with_what_would_be_lost() -> None:
    found = namespace_deletion(
        deleted(
            ContentRemaining="Some resources are remaining: configmaps. has 1 resource instances, "
            "rayclusters.ray.io has 2 resource instances",
            FinalizersRemaining="Some content in the namespace has finalizers remaining: example.com/hold in 1 "
            "resource instances, service.kubernetes.io/load-balancer-cleanup in 2 resource instances",
        )
    )

    assert found is not None
    assert found.remaining == {"configmaps": 1, "rayclusters.ray.io": 2}
    assert found.finalizers == {"example.com/hold": 1, "service.kubernetes.io/load-balancer-cleanup": 2}
    assert found.what == (
        "finalizer 'example.com/hold' holds 1 object; finalizer 'service.kubernetes.io/load-balancer-cleanup' holds "
        "2 objects; these remain: 1 configmaps, 2 rayclusters.ray.io"
    )
    assert found.next_steps == (
        "the controller that set finalizer 'example.com/hold' removes it once it has cleaned up: check that it runs "
        "(removed by hand, what that controller would have cleaned up stays, inside or outside the cluster); "
        "finalizer 'service.kubernetes.io/load-balancer-cleanup': the cloud controller removes it once the load "
        "balancer is deleted: check that this controller runs (removed by hand, the load balancer stays at the "
        "provider, and costs money)"
    )


def test_pods_without_finalizers_are_waited_for() -> None:
    found = namespace_deletion(deleted(ContentRemaining="Some resources are remaining: pods. has 3 resource instances"))

    assert found is not None
    assert found.next_steps == "wait until these have ended; `kubectl get pods -n vision`"


def test_an_api_that_does_not_answer_is_named_by_its_api_service() -> None:
    message = (
        "Discovery failed for some groups, 2 failing: unable to retrieve the complete list of server APIs: "
        "custom.metrics.k8s.io/v1beta1: stale GroupVersion discovery: custom.metrics.k8s.io/v1beta1, "
        "metrics.k8s.io/v1beta1: the server is currently unable to handle the request"
    )

    found = namespace_deletion(deleted(DeletionDiscoveryFailure=message))

    assert found is not None
    assert found.unavailable == ("custom.metrics.k8s.io/v1beta1", "metrics.k8s.io/v1beta1")
    assert "APIService v1beta1.metrics.k8s.io, or delete that APIService if nothing uses it" in found.next_steps


def test_a_refused_deletion_and_a_finalizer_of_the_namespace_itself_are_named() -> None:
    refusal = "Failed to delete all resource types, 1 remaining: pods is forbidden: no"

    found = namespace_deletion(deleted("example.com/account", DeletionContentFailure=refusal))

    assert found is not None
    assert found.what == f"{refusal}; finalizer 'example.com/account' on the namespace itself"
    assert found.next_steps.startswith("remove what refuses the deletion, which the message names")


def test_conditions_of_any_text_are_kept_as_text() -> None:
    found = namespace_deletion(
        deleted(DeletionDiscoveryFailure="no idea", FinalizersRemaining="x in 1 resource instances")
    )

    assert found is not None
    assert found.what == "no idea; finalizer 'x' holds 1 object"


def test_remains_of_another_wording_are_kept_as_text() -> None:
    found = namespace_deletion(deleted(ContentRemaining="something is left"))

    assert found is not None
    assert (found.what, found.is_held) == ("something is left", True)

"""The claims that a pod uses, and the names of those that the control plane creates for it."""

from __future__ import annotations

from typing import Any

from tenantkit.rules.pod_volumes import claim_names, ephemeral_claim_names

DATA = {"name": "input", "persistentVolumeClaim": {"claimName": "data"}}
SCRATCH = {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}
SETTINGS = {"name": "settings", "configMap": {"name": "settings"}}


def pod(*volumes: dict[str, Any], name: str = "train") -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [], "volumes": [*volumes]}}


def test_claims_are_named_in_the_order_of_the_volumes() -> None:
    other = {"name": "output", "persistentVolumeClaim": {"claimName": "models"}}
    assert claim_names(pod(other, SETTINGS, DATA)) == ("models", "data")


def test_an_ephemeral_volume_uses_a_claim_named_after_pod_and_volume() -> None:
    assert claim_names(pod(SCRATCH, DATA)) == ("train-scratch", "data")
    assert ephemeral_claim_names(pod(SCRATCH, DATA)) == ("train-scratch",)


def test_a_claim_that_two_volumes_use_is_named_once() -> None:
    assert claim_names(pod(DATA, {**DATA, "name": "again"})) == ("data",)


def test_a_pod_without_claims_uses_none() -> None:
    assert claim_names(pod(SETTINGS)) == ()
    assert claim_names({"metadata": {"name": "train"}, "spec": {"containers": [], "volumes": None}}) == ()
    assert claim_names({"metadata": {"name": "train"}}) == ()


def test_ephemeral_volumes_of_an_unnamed_template_have_no_claims_yet() -> None:
    template = {"spec": {"volumes": [SCRATCH, DATA]}}
    assert claim_names(template) == ("data",)
    assert ephemeral_claim_names(template) == ()

"""Markup, scripts and terminal codes in objects: each frame shows them as text.

The objects hold more than a server accepts: names and labels are hostile, too, and some texts take a megabyte.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.requests.tables import Column, Table
from tenantkit.findings.snapshot import ClusterSnapshot
from tenantkit.findings.why import why_frame
from tenantkit.frames.events import events_frame
from tenantkit.frames.kit.owners import Chains
from tenantkit.frames.nodes import nodes_frame
from tenantkit.frames.pods import pods_frame
from tenantkit.frames.quota import quota_frame
from tenantkit.frames.quota_holders import quota_holders_frame
from tenantkit.frames.resources import resources_frame
from tenantkit.frames.routes import routes_frame
from tenantkit.frames.services import services_frame
from tenantkit.frames.tenants import tenants_frame
from tenantkit.frames.volumes import volumes_frame
from tenantkit.frames.workloads import workloads_frame
from tenantkit.plots.gpu_map import gpus
from tenantkit.plots.quota_charts import quota_bars, quota_heatmap
from tests.forms.hostile import HOSTILE, Reader, expect_text_only

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.rules.manifest import Manifest

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
AT = "2026-11-26T11:00:00Z"
GPU = "nvidia.com/gpu"
MEGABYTE = "<b>" + "x" * 1_000_000


def objects(text: str, note: str) -> dict[str, list[Manifest]]:
    """One object of each kind, in which every free text is `text`, and the annotation's value is `note`."""
    texts = {"labels": {text: text}, "annotations": {text: note, "opendatahub.io/username": text}}
    metadata = {"name": text, "namespace": text, "creationTimestamp": AT, "uid": text, **texts}
    tenant = {"tenantkit.dev/tenant": text, "tenantkit.dev/team": text}
    amounts = {"cpu": "1", GPU: "1", f"{text}/{text}": "1"}
    container = {"name": text, "image": text, "args": [text], "env": [{"name": text, "value": text}]}
    waiting = {"name": text, "image": text, "ready": False, "restartCount": 3}
    waiting |= {"state": {"waiting": {"reason": text, "message": text}}}
    condition = {"type": text, "status": "False", "reason": text, "message": text}
    owner = [{"apiVersion": text, "kind": text, "name": text, "uid": text, "controller": True}]
    hard = {"requests.nvidia.com/gpu": "1", f"requests.{text}/{text}": "1"}
    by_kind = {
        "Namespace": {"metadata": {**metadata, "labels": {**tenant, text: text}}, "status": {"phase": "Active"}},
        "Pod": {
            "metadata": {**metadata, "ownerReferences": owner},
            "spec": {"nodeName": text, "containers": [{**container, "resources": {"requests": amounts}}]},
            "status": {"phase": "Pending", "reason": text, "message": text, "containerStatuses": [waiting]}
            | {"conditions": [condition, {**condition, "type": "PodScheduled", "reason": "Unschedulable"}]},
        },
        "Event": {
            "metadata": metadata,
            "involvedObject": {"kind": text, "name": text, "namespace": text, "fieldPath": text},
            "type": text,
            "reason": text,
            "message": text,
            "lastTimestamp": AT,
            "source": {"component": text, "host": text},
        },
        "Node": {
            "metadata": {**metadata, "labels": {text: text, "nvidia.com/gpu.product": text}},
            "spec": {"taints": [{"key": text, "value": text, "effect": "NoSchedule"}]},
            "status": {"allocatable": {**amounts, "pods": "110", "memory": "1Gi"}, "conditions": [condition]},
        },
        "ResourceQuota": {
            "metadata": {**metadata, "labels": tenant},
            "spec": {"hard": hard},
            "status": {"hard": hard, "used": hard},
        },
        "Deployment": {
            "metadata": metadata,
            "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
            "status": {
                "conditions": [condition, {**condition, "type": "Progressing"}, {**condition, "type": "ReplicaFailure"}]
            },
        },
        "Service": {
            "metadata": metadata,
            "spec": {"type": "ExternalName", "externalName": text, "selector": {text: text}}
            | {"ports": [{"name": text, "port": 80, "targetPort": text}]},
            "status": {"loadBalancer": {"ingress": [{"hostname": text}]}},
        },
        "PersistentVolumeClaim": {
            "metadata": metadata,
            "spec": {"storageClassName": text, "volumeName": text, "accessModes": [text]}
            | {"resources": {"requests": {"storage": "1Gi"}}},
            "status": {"phase": "Pending", "conditions": [condition]},
        },
        "Ingress": {
            "metadata": metadata,
            "spec": {
                "ingressClassName": text,
                "rules": [
                    {
                        "host": text,
                        "http": {
                            "paths": [
                                {
                                    "path": text,
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": text, "port": {"name": text}}},
                                }
                            ]
                        },
                    }
                ],
            },
        },
    }
    return {kind: [{"kind": kind, **manifest}] for kind, manifest in by_kind.items()}


def frames(text: str, *, note: str | None = None) -> dict[str, pd.DataFrame]:
    """Every frame, of these objects."""
    manifests = objects(text, text if note is None else note)
    pods = manifests["Pod"]
    table = Table((Column(text, "string"), Column("Age", text)), [([text, text], pods[0]["metadata"])])
    quotas = manifests["ResourceQuota"]
    return {
        "pods": pods_frame(pods, now=NOW),
        "workloads": workloads_frame(manifests["Deployment"]),
        "events": events_frame(manifests["Event"]),
        "nodes": nodes_frame(manifests["Node"]),
        "services": services_frame(manifests["Service"]),
        "volumes": volumes_frame(manifests["PersistentVolumeClaim"], pods=pods),
        "resources": resources_frame(table),
        "quota_usage": quota_frame(quotas),
        "quota_holders": quota_holders_frame(quotas, pods, claims=(), chains=Chains(), now=NOW),
        "tenants": tenants_frame(manifests["Namespace"]),
        "routes": routes_frame(manifests["Ingress"]),
        "why": why_frame(ClusterSnapshot(manifests, NOW, {"Secret": text})),
    }


def shown(frame: Any) -> str:
    """The HTML of a frame in a notebook."""
    return str(frame._repr_html_())


@pytest.mark.parametrize("hostile", HOSTILE)
def test_every_frame_shows_the_strings_of_objects_as_text(hostile: str) -> None:
    for name, frame in frames(hostile).items():
        assert len(frame), name
        page = expect_text_only(shown(frame))
        seen = "".join(letter if letter.isprintable() else " " for letter in hostile)
        assert seen in page.text, name
        assert all(letter.isprintable() or letter == "\n" for letter in repr(frame)), name


@pytest.mark.parametrize("hostile", HOSTILE)
def test_pictures_hold_the_strings_of_objects_as_text(hostile: str) -> None:
    by_name = frames(hostile)
    for picture in (
        quota_heatmap(by_name["quota_usage"]),
        quota_bars(by_name["quota_usage"]),
        gpus(by_name["nodes"], by_name["pods"]),
    ):
        read = Reader(picture._repr_html_())
        assert read.tags == {"style", "span", "img"}
        assert (read.handlers, len(read.links)) == (set(), 2)  # for light and dark pages
        assert all(letter.isprintable() for letter in picture.alt)


def test_a_megabyte_in_every_string_does_not_reach_the_page() -> None:
    by_name = frames(MEGABYTE)
    pages = {name: shown(frame) for name, frame in by_name.items()}

    assert {name: len(page) for name, page in pages.items() if len(page) > 20_000} == {}


def test_an_unknown_annotation_is_not_in_any_frame() -> None:
    by_name = frames("known", note="only here")

    assert [name for name, frame in by_name.items() if "only here" in frame.to_csv()] == []
    assert by_name["pods"]["creator"].tolist() == ["known"]

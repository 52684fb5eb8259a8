"""Objects with required fields only are rows like others, and their missing values stay missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.frames.events import events_frame
from tenantkit.frames.nodes import nodes_frame
from tenantkit.frames.pods import pods_frame
from tenantkit.frames.services import services_frame
from tenantkit.frames.volumes import volumes_frame
from tenantkit.frames.workloads import workloads_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

FRAMES: dict[str, tuple[Callable[[list[dict[str, Any]]], pd.DataFrame], dict[str, Any]]] = {
    "Pod": (pods_frame, {"spec": {"containers": [{"name": "main"}]}}),
    "Deployment": (workloads_frame, {"spec": {"template": {}}}),
    "StatefulSet": (workloads_frame, {"spec": {"template": {}}}),
    "Job": (workloads_frame, {"spec": {"template": {}}}),
    "CronJob": (workloads_frame, {"spec": {"schedule": "0 3 * * *", "jobTemplate": {}}}),
    "Service": (services_frame, {"spec": {}}),
    "Event": (events_frame, {"involvedObject": {}}),
    "PersistentVolumeClaim": (volumes_frame, {"spec": {}}),
    "Node": (nodes_frame, {}),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_an_object_without_optional_fields_is_a_row_of_the_same_types(kind: str) -> None:
    frame_of, least = FRAMES[kind]
    bare = {"kind": kind, "metadata": {"name": "bare", "namespace": "vision"}, **least}

    frame = frame_of([bare])

    assert len(frame) == 1
    assert frame.dtypes.to_dict() == frame_of([]).dtypes.to_dict()
    measured = [name for name in frame if str(name).endswith(("_free", "_free_cores", "_free_bytes", "_pct"))]
    assert frame[measured].isna().all(axis=None)
    assert frame["created"].isna().all() if "created" in frame else frame["last_seen"].isna().all()

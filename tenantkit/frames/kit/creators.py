"""The creator of an object, from the labels and annotations in which common tools write a person's name.

Kubernetes does not record who created an object, and kubectl writes no name either. Rejected alternatives: the managers
of its managed fields, which are programs (`kubectl`, `kube-controller-manager`); the person bound in the namespace,
which is a guess as soon as there are two. The value is shown as it stands: anybody who may write the object may write
another name. Some tools write what they run and not for whom; for these there is a reason instead of a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest


@dataclass(frozen=True, slots=True)
class CreatorKey:
    """A label or an annotation that holds a person's name.

    Args:
        key: of the label or annotation; an annotation holds any name, a label only what a label may hold.
        tool: which writes it.
        source: where that is documented, or the code that writes it.
        read: reads the name in the value; None if the value is not a name. Default: the value.
    """

    key: str
    tool: str
    source: str
    read: Callable[[str], str | None] = str


@dataclass(frozen=True, slots=True)
class Trace:
    """A label or an annotation of a tool that writes no person's name.

    Args:
        key: of the label or annotation.
        tool: which writes it.
        what: what the value is.
        source: where that is documented, or the code that writes it.
    """

    key: str
    tool: str
    what: str
    source: str


def _from_label(value: str) -> str:
    return value.replace(".at.", "@")


def _from_user_info(value: str) -> str | None:
    try:
        user = orjson.loads(value).get("user")
    except (ValueError, AttributeError):
        return None
    return user if isinstance(user, str) else None


def _unless_scheduled(value: str) -> str | None:
    return None if value in ("argo-workflows", "SFN", "airflow") else value


_ARGO = "Argo Workflows, page Workflow Creator"
_METAFLOW = "Metaflow, metaflow/plugins/kubernetes and metaflow/plugins/argo/argo_workflows.py"
_CODER = "Coder, template kubernetes"

# The most specific first.
CREATORS = (
    CreatorKey("tenantkit.dev/owner", "tenantkit", "this module: for tools that have no key of their own"),
    CreatorKey("hub.jupyter.org/username", "JupyterHub", "KubeSpawner, spawner.py (_build_common_annotations)"),
    CreatorKey("opendatahub.io/username", "Open Data Hub", "odh-dashboard, frontend/src/api/k8s/notebooks.ts"),
    CreatorKey("notebooks.kubeflow.org/creator", "Kubeflow", "Kubeflow, jupyter-web-app, apps/common/form.py"),
    CreatorKey("workflows.argoproj.io/creator-email", "Argo Workflows", _ARGO, _from_label),
    CreatorKey("workflows.argoproj.io/creator-preferred-username", "Argo Workflows", _ARGO),
    CreatorKey("workflows.argoproj.io/creator", "Argo Workflows", _ARGO),
    CreatorKey("metaflow/owner", "Metaflow", _METAFLOW),
    CreatorKey("metaflow/user", "Metaflow", _METAFLOW, _unless_scheduled),
    CreatorKey("ray.io/user", "KubeRay", "KubeRay, apiserver/pkg/util/config.go (RayClusterUserLabelKey)"),
    CreatorKey("gateway.dask.org/user", "Dask Gateway", "dask-gateway-server, backends/kubernetes (get_labels)"),
    CreatorKey("determined.ai/user", "Determined", "Determined, page Set up on Kubernetes, pod labels"),
    CreatorKey("com.coder.user.email", "Coder", _CODER),
    CreatorKey("com.coder.user.username", "Coder", _CODER),
    CreatorKey("yunikorn.apache.org/user.info", "YuniKorn", "YuniKorn, page User & Group Resolution", _from_user_info),
    CreatorKey("field.cattle.io/creatorId", "Rancher", "Rancher, pkg/controllers/management/auth"),
)
TRACES = (
    Trace("dag_id", "Airflow", "DAG", "Airflow, KubernetesPodOperator (_get_ti_pod_labels)"),
    Trace("prefect.io/flow-run-name", "Prefect", "flow run", "Prefect, workers/base.py (_base_flow_run_labels)"),
    Trace("execution-id", "Flyte", "execution", "FlytePropeller, pkg/compiler/transformers/k8s/workflow.go"),
    Trace("kueue.x-k8s.io/queue-name", "Kueue", "queue", "Kueue, page Local Queue"),
)
CREATOR_KEYS = tuple(each.key for each in CREATORS)
_KEYS = frozenset(CREATOR_KEYS)
NO_OBJECT = "the server counts more than the objects that exist"
_NOT_NAMED = "no metadata names a person"  # of the object or its owners; short, since a table repeats it

CreatorTexts = TypedDict(  # type: ignore[misc]  # the keys come from a table
    "CreatorTexts", dict.fromkeys(CREATOR_KEYS, str), total=False
)


def creator_of(metadata: Manifest) -> str | None:
    """The creator that the object's labels or annotations name; None where they name none.

    Example:
        >>> creator_of({"labels": {"workflows.argoproj.io/creator-email": "dana.at.example.com"}})
        'dana@example.com'
    """
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    if _KEYS.isdisjoint(labels) and _KEYS.isdisjoint(annotations):  # most objects: 16 keys each take time
        return None
    for each in CREATORS:
        value = annotations.get(each.key) or labels.get(each.key)
        if value and (name := each.read(str(value))):
            return name
    return None


def why_no_creator(metadata: Manifest) -> str:
    """Why neither an object nor its owners name a person.

    Example:
        >>> why_no_creator({"labels": {"dag_id": "etl"}})
        "Airflow writes no person's name: DAG 'etl'"
    """
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    for each in TRACES:
        if value := labels.get(each.key) or annotations.get(each.key):
            return f"{each.tool} writes no person's name: {each.what} {str(value)!r}"
    return _NOT_NAMED

"""Presets of `Platform.roles`: the rules of operators that AI platforms often run, each from the operator's own roles.

They grant less than the operators' own roles where those reach beyond one namespace: no cluster-scoped kinds, no queues
(a LocalQueue chooses the quota of a ClusterQueue), no status.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, Discriminator, Tag

from tenantkit.spec.role_rules import PRESET_TAG, READ, RULES_TAG, RoleRule, RoleRules, kind_of_source

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRITE = ("create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True, slots=True)
class Preset:
    """The rules of one operator.

    Args:
        rules: for viewers, editors and owners.
        source: the operator's page or file from which they were taken.
    """

    rules: RoleRules
    source: str


def _read(group: str, *resources: str) -> RoleRule:
    return RoleRule(api_groups=[group], resources=resources, verbs=READ)


def _write(group: str, *resources: str, verbs: tuple[str, ...] = _WRITE) -> RoleRule:
    return RoleRule(api_groups=[group], resources=resources, verbs=verbs)


_RAY = ("rayclusters", "rayjobs", "rayservices", "raycronjobs")
_JOBS = ("pytorchjobs", "tfjobs", "mpijobs", "xgboostjobs", "paddlejobs", "jaxjobs")
_WORKFLOWS = ("workflows", "workflowtemplates", "cronworkflows", "workfloweventbindings")
_MODELS = ("inferenceservices", "inferencegraphs", "trainedmodels", "servingruntimes", "llminferenceservices")

PRESETS: Mapping[str, Preset] = {
    "ray": Preset(
        RoleRules(name="ray", viewer=[_read("ray.io", *_RAY)], editor=[_write("ray.io", *_RAY)]),
        "KubeRay, ray-operator/config/rbac/aggregate-clusterroles.yaml",
    ),
    "kueue": Preset(
        RoleRules(
            name="kueue",
            viewer=[
                _read("kueue.x-k8s.io", "localqueues", "workloads"),
                _read("visibility.kueue.x-k8s.io", "localqueues/pendingworkloads"),
            ],
        ),
        'Kueue, page "Setup RBAC": the role of batch users',
    ),
    "kubeflow": Preset(
        RoleRules(
            name="kubeflow",
            viewer=[
                _read("kubeflow.org", *_JOBS, "notebooks", "experiments", "suggestions", "trials"),
                _read("trainer.kubeflow.org", "trainjobs", "trainingruntimes"),
            ],
            editor=[
                _write("kubeflow.org", *_JOBS, "notebooks", "experiments"),
                _write("trainer.kubeflow.org", "trainjobs"),
            ],
        ),
        "Kubeflow, kubeflow-trainer-roles.yaml and the role kubeflow-edit of Notebooks, Katib and Training Operator",
    ),
    "kserve": Preset(
        RoleRules(
            name="kserve",
            viewer=[_read("serving.kserve.io", *_MODELS, "llminferenceserviceconfigs")],
            editor=[_write("serving.kserve.io", *_MODELS)],
        ),
        "KServe, config/rbac: the namespaced kinds of serving.kserve.io",
    ),
    "argo-workflows": Preset(
        RoleRules(
            name="argo-workflows",
            viewer=[_read("argoproj.io", *_WORKFLOWS, "workflowtasksets", "workflowtaskresults")],
            editor=[
                _write("argoproj.io", *_WORKFLOWS),
                # the executor in each pod reports with the pod's own account
                _write("argoproj.io", "workflowtaskresults", verbs=("create", "patch")),
            ],
        ),
        'Argo Workflows, workflow-aggregate-roles.yaml; page "Workflow RBAC"',
    ),
    "cert-manager": Preset(
        RoleRules(
            name="cert-manager",
            viewer=[
                _read("cert-manager.io", "certificates", "certificaterequests", "issuers"),
                _read("acme.cert-manager.io", "orders", "challenges"),
            ],
            # a certificate proves a host, and hosts are the owners' to use
            owner=[_write("cert-manager.io", "certificates", "certificaterequests", "issuers")],
        ),
        "cert-manager, the roles cert-manager-view and cert-manager-edit",
    ),
}
# granted as soon as a platform lists device classes
DEVICE_CLAIMS = Preset(
    RoleRules(
        name="device-claims",
        viewer=[_read("resource.k8s.io", "resourceclaims", "resourceclaimtemplates")],
        editor=[_write("resource.k8s.io", "resourceclaims", "resourceclaimtemplates")],
    ),
    'Kubernetes, page "Dynamic Resource Allocation"',
)


def check_preset(name: str) -> str:
    """The name of a preset; an error names all of them."""
    if name not in PRESETS:
        raise ValueError(f"there is no such preset: use one of {', '.join(map(repr, PRESETS))}, or a RoleRules")
    return name


RoleSource: TypeAlias = Annotated[
    Annotated[RoleRules, Tag(RULES_TAG)] | Annotated[str, AfterValidator(check_preset), Tag(PRESET_TAG)],
    Discriminator(kind_of_source),
]

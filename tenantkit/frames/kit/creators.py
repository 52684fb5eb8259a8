"""The creator of an object, from the labels and annotations in which common tools write it.

Kubernetes does not record who created an object. Rejected alternatives: the managers of its managed fields, which are
programs (`kubectl`, `kube-controller-manager`); the person bound in the namespace, which is a guess as soon as there
are two. The value is shown as it stands: anybody who may write the object may write another name.

Sources: KubeSpawner's documentation (labels and annotations of a user's pod); Open Data Hub's and Kubeflow's notebooks;
page "Workflow Creator" of Argo Workflows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

# The most specific first. An annotation holds any name, a label only what a label may hold.
CREATOR_KEYS = (
    "tenantkit.dev/owner",
    "hub.jupyter.org/username",
    "opendatahub.io/username",
    "notebooks.kubeflow.org/creator",
    "workflows.argoproj.io/creator-email",
    "workflows.argoproj.io/creator-preferred-username",
    "workflows.argoproj.io/creator",
)

CreatorTexts = TypedDict(  # type: ignore[misc]  # the keys come from a table
    "CreatorTexts", dict.fromkeys(CREATOR_KEYS, str), total=False
)


def creator_of(metadata: Manifest) -> str | None:
    """The creator that the object's labels or annotations name; None where they name none."""
    labels, annotations = metadata.get("labels"), metadata.get("annotations")
    if not labels and not annotations:
        return None
    for key in CREATOR_KEYS:
        creator = (annotations or {}).get(key) or (labels or {}).get(key)
        if creator:
            return str(creator)
    return None

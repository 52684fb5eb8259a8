"""Whose an object is, by the labels and annotations in which the tools of this field write it.

Kubernetes does not say who made an object. Turned down: the managers of its managed fields, which are programs
(`kubectl`, `kube-controller-manager`); the one who is bound in the namespace, which is a guess as soon as there are
two. What is read here is believed as it stands: whoever may write the object may write another name.

Sources: KubeSpawner's documentation (labels and annotations of a user's pod); Open Data Hub's notebooks; page "Workflow
Creator" of Argo Workflows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

# The most telling first. An annotation holds a name as it is, a label only what a label may hold.
CREATOR_KEYS = (
    "tenantkit.dev/owner",
    "hub.jupyter.org/username",
    "opendatahub.io/username",
    "workflows.argoproj.io/creator-email",
    "workflows.argoproj.io/creator-preferred-username",
    "workflows.argoproj.io/creator",
)

CreatorTexts = TypedDict(  # type: ignore[misc]  # the keys are a table's
    "CreatorTexts", dict.fromkeys(CREATOR_KEYS, str), total=False
)


def creator_of(metadata: Manifest) -> str | None:
    """Who made the object, as it says itself; None where it does not."""
    labels, annotations = metadata.get("labels"), metadata.get("annotations")
    if not labels and not annotations:
        return None
    for key in CREATOR_KEYS:
        found = (annotations or {}).get(key) or (labels or {}).get(key)
        if found:
            return str(found)
    return None

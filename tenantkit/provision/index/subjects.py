"""The members of a tenant in the index: one list, which several owners change at the same moment.

What is sent is the list as it is now, with the persons whom the plan adds and without those whom it removes, at the
version that was read; if somebody else was faster, it is read again. Rejected alternative: sending the planned list,
which takes out whom another owner has just added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.rules.manifest import Manifest

_ATTEMPTS = 20  # each means that somebody else's write succeeded


def with_subjects(binding: Manifest, added: Iterable[Manifest], removed: Iterable[Manifest]) -> Manifest:
    """A RoleBinding with some subjects more and others less, each once and in one order."""
    kept = {_key(subject): subject for subject in binding.get("subjects") or ()}
    for subject in removed:
        kept.pop(_key(subject), None)
    kept |= {_key(subject): subject for subject in added}
    rest = {key: value for key, value in binding.items() if key != "subjects"}
    return rest | ({"subjects": [kept[key] for key in sorted(kept)]} if kept else {})


def apply_subjects(cluster: ClusterApi, planned: Manifest, wanted: Manifest) -> tuple[Manifest, Manifest]:
    """Change the subjects of a RoleBinding by the difference between two states of it.

    Args:
        cluster: the cluster.
        planned: the live object from which the plan was made.
        wanted: the planned one.

    Returns:
        What was sent, and the server's answer.

    Raises:
        ClusterError: the server refused it, or others changed it again and again.

    RBAC: get and patch of the RoleBinding.
    """
    before, after = _subjects(planned), _subjects(wanted)
    added = [subject for key, subject in after.items() if key not in before]
    removed = [subject for key, subject in before.items() if key not in after]
    live, metadata = planned, wanted["metadata"]
    left = _ATTEMPTS
    while True:
        subjects = with_subjects({"subjects": live.get("subjects") or []}, added, removed)
        version = live["metadata"]["resourceVersion"]
        sent = {**_without_subjects(wanted), **subjects, "metadata": {**metadata, "resourceVersion": version}}
        try:
            return sent, cluster.apply(sent, force=True)
        except Conflict:  # of versions, since fields are forced: the spec alone decides about rights
            left -= 1
            if not left:
                raise
            live = cluster.get("RoleBinding", metadata["name"], metadata["namespace"])


def _subjects(binding: Manifest) -> dict[Any, Manifest]:
    return {_key(subject): subject for subject in binding.get("subjects") or ()}


def _without_subjects(binding: Manifest) -> Manifest:
    return {key: value for key, value in binding.items() if key != "subjects"}


def _key(subject: Manifest) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, str(value)) for key, value in subject.items()))

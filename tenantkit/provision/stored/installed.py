"""The platform's own objects on a cluster, guardrails included, whatever settings they were made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.manifests.guardrails.objects import GUARDRAIL_KINDS, make_guardrails
from tenantkit.manifests.guardrails.settings import make_settings
from tenantkit.manifests.labels import GUARDRAIL_LABEL, GUARDRAILS_VERSION_LABEL
from tenantkit.manifests.platform import make_platform
from tenantkit.provision.content.unwanted import no_longer_in_settings
from tenantkit.provision.live import live_state
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.read import read_platform
from tenantkit.provision.reasons import not_readable
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.content.unwanted import Unwanted
    from tenantkit.provision.live import LiveState
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform


@dataclass(frozen=True, slots=True)
class Installed:
    """The platform's own objects on a cluster.

    Args:
        live: all that exists of the wanted objects, and every object of the guardrails.
        has_policies: whether the cluster serves ValidatingAdmissionPolicies, which the guardrails are.
    """

    live: LiveState
    has_policies: bool = True

    def wanted(self, platform: Platform) -> tuple[Manifest, ...]:
        """The objects of a platform that this cluster can have, in the order of applying."""
        guardrails = make_guardrails(platform) if self.has_policies else ()
        return (*make_platform(platform), *guardrails)

    def others(self, wanted: tuple[Manifest, ...]) -> list[Manifest]:
        """The platform's own objects that are not wanted, in the order of deletion: bindings of policies first."""
        return [found.manifest for found in self.unwanted(wanted)]

    def unwanted(self, wanted: tuple[Manifest, ...]) -> list[Unwanted]:
        """The same, each with the reason for its deletion."""
        refs = {ref_of(manifest) for manifest in wanted}
        found = [manifest for ref, manifest in self.live.objects.items() if ref not in refs]
        return no_longer_in_settings(it for it in found if it["kind"] == "ClusterRole" or _is_of_guardrails(it))


def read_installed(cluster: ClusterApi, platform: Platform) -> Installed:
    """Read the platform's own objects.

    Raises:
        ClusterError: any error except a refusal; refusals are in the state's `unknown`.

    RBAC: get each; list clusterroles, validatingadmissionpolicies and validatingadmissionpolicybindings.
    """
    refs = [ref_of(manifest) for manifest in (*make_platform(platform), make_settings(platform))]
    base = read_platform(cluster, refs)
    lists = side_by_side(lambda kind: _list(cluster, kind), GUARDRAIL_KINDS)
    unknown = dict(base.unknown)
    for kind, (_, reason) in zip(GUARDRAIL_KINDS, lists, strict=True):
        if reason is not None:
            unknown |= {(kind, name): reason for name in _names(platform, kind)}
    found = [manifest for manifests, _ in lists for manifest in manifests or ()]
    state = live_state([*base.objects.values(), *found], unknown=unknown, unreadable=base.unreadable)
    return Installed(state, has_policies=all(it is not None or reason is not None for it, reason in lists))


def _is_of_guardrails(manifest: Manifest) -> bool:
    labels = manifest["metadata"].get("labels") or {}
    if manifest["kind"] == "ConfigMap":
        return is_ours(manifest, None) and GUARDRAILS_VERSION_LABEL in labels
    return manifest["kind"] in GUARDRAIL_KINDS and is_ours(manifest, None) and GUARDRAIL_LABEL in labels


def _names(platform: Platform, kind: str) -> list[str]:
    return [it["metadata"]["name"] for it in make_guardrails(platform) if it["kind"] == kind]


def _list(cluster: ClusterApi, kind: str) -> tuple[list[Manifest] | None, Reason | None]:
    """The objects; None if the cluster does not serve the kind, or the reason why they may not be read."""
    try:
        return cluster.list(kind), None
    except NotFound:
        return None, None
    except PermissionDenied as error:
        return None, not_readable(error)

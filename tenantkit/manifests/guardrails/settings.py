"""The ConfigMap with the settings of the guardrails: plain lists, one item a line, so that a change is readable.

The policies read it as their parameter. It has everything that is not the same on each platform, so that the policies
themselves only change with the version of the set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.guardrails.policy import VERSION
from tenantkit.manifests.labels import GUARDRAILS_CONFIG_MAP, GUARDRAILS_VERSION_LABEL, own_labels
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform


def make_settings(platform: Platform) -> Manifest:
    """The ConfigMap `guardrails` in tenantkit-system."""
    own, routing = platform.guardrails, platform.routing
    gateway = [f"{routing.gateway.namespace}/{routing.gateway.name}"] if routing.gateway else []
    ingress_class = [routing.ingress_class] if routing.ingress_class else []
    data = {
        "accounts": _lines(own.accounts),
        "annotations": _lines([*own.annotations, *routing.annotations]),
        "csi_drivers": _lines(own.csi_drivers),
        "gateways": _lines([*gateway, *own.gateways]),
        "ingress_classes": _lines([*ingress_class, *own.ingress_classes]),
        "isolate": "true" if platform.network.isolate else "false",
        "not_isolated": _lines(platform.network.not_isolated),
        "pod_security": platform.security.enforce,
        "pod_security_version": platform.security.version,
        "priority_classes": _lines(platform.priority_classes),
        "reserved_taints": _lines(own.reserved_taints),
        "roles": _lines(own.roles),
        "service_types": _lines(own.service_types),
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": GUARDRAILS_CONFIG_MAP,
            "namespace": SYSTEM_NAMESPACE,
            "labels": own_labels() | {GUARDRAILS_VERSION_LABEL: str(VERSION)},
        },
        "data": data,
    }


def _lines(items: Iterable[str]) -> str:
    """One item a line, in the order given, each once."""
    return "\n".join(dict.fromkeys(items))

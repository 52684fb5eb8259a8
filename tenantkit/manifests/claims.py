"""Claims: a ConfigMap in `tenantkit-system` for each granted host, whose name is made of the host alone.

Of two users who grant one host at the same moment the server lets only one create it. Its data cannot be changed, so
that a claim passes to another tenant only by its deletion.
Source: page "ConfigMaps", section "Immutable ConfigMaps".
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from tenantkit.manifests.labels import own_labels
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

CLAIM_PREFIX = "host-"
_DIGITS = 40


def make_claims(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """The claims of all hosts that are granted to a tenant."""
    return [make_claim(tenant.name, host) for host in platform.hosts(tenant)]


def make_claim(tenant: str, host: str) -> Manifest:
    """The claim of a host for a tenant.

    Example:
        >>> make_claim("vision", "vision.example.ai")["data"]
        {'tenant': 'vision', 'host': 'vision.example.ai'}
    """
    metadata = {"name": claim_name(host), "namespace": SYSTEM_NAMESPACE, "labels": own_labels(tenant)}
    data = {"tenant": tenant, "host": normal_host(host)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True, "data": data}


def normal_host(host: str) -> str:
    """The one form of a host: in lower case and without a dot at its end, as DNS reads it.

    Example:
        >>> normal_host("Vision.Example.AI.")
        'vision.example.ai'
    """
    return host.lower().removesuffix(".")


def claim_name(host: str) -> str:
    """The name of the claim of a host, which no other host has.

    Example:
        >>> claim_name("vision.example.ai") == claim_name("Vision.example.ai.")
        True
    """
    return f"{CLAIM_PREFIX}{sha256(normal_host(host).encode()).hexdigest()[:_DIGITS]}"


def claim_ref(host: str) -> ObjectRef:
    """The claim of a host."""
    return ObjectRef("v1", "ConfigMap", claim_name(host), SYSTEM_NAMESPACE)


def is_claim(ref: ObjectRef) -> bool:
    """Whether an object is a claim, by its kind, namespace and name."""
    return (ref.kind, ref.namespace) == ("ConfigMap", SYSTEM_NAMESPACE) and ref.name.startswith(CLAIM_PREFIX)


def claimant(claim: Manifest) -> str:
    """The tenant that has claimed a host; empty if that cannot be read."""
    return _text(claim, "tenant")


def claimed_host(claim: Manifest) -> str:
    """The host that is claimed; empty if that cannot be read."""
    return _text(claim, "host")


def _text(claim: Manifest, key: str) -> str:
    data = claim.get("data")
    return str(data.get(key) or "") if isinstance(data, dict) else ""

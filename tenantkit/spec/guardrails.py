"""The guardrails: what the API server itself refuses in tenants' namespaces, whoever asks."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from tenantkit.rules.labels import check_label_key
from tenantkit.rules.names import check_dns_label, check_dns_subdomain
from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsSubdomain, LabelKey

GuardrailName = Literal["hosts", "services", "people", "walls", "pods", "outside"]
GuardrailMode = Literal["deny", "warn", "audit", "off"]
ServiceType = Literal["ExternalName", "LoadBalancer", "NodePort"]


def _check_annotation_key(text: str) -> str:
    key = f"{text.removesuffix('*')}x" if text.endswith("/*") else text
    if check_label_key(key):
        raise ValueError("use an annotation's key, or a prefix such as 'example.com/*'")
    return text


def _check_role(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?", text) or text == "cluster-admin":
        raise ValueError("use the name of a ClusterRole other than cluster-admin")
    return text


def _check_place(text: str) -> str:
    namespace, slash, name = text.partition("/")
    if not slash or check_dns_label(namespace) or check_dns_subdomain(name):
        raise ValueError("use NAMESPACE/NAME, for example 'argocd/argocd-application-controller'")
    return text


AnnotationKey = Annotated[str, AfterValidator(_check_annotation_key)]
RoleName = Annotated[str, AfterValidator(_check_role)]
Place = Annotated[str, AfterValidator(_check_place)]


class Guardrails(Spec):
    """What the API server refuses in tenants' namespaces, by ValidatingAdmissionPolicies.

    Each guardrail is `deny` (refuse the request), `warn` (accept it, with a warning in the answer), `audit` (accept it,
    with an entry in the audit log) or `off` (page "Validating Admission Policy"). Whoever may `manage`
    `tenants.tenantkit.dev` is exempt: cluster administrators, and provisioners in tenants' namespaces.

    Args:
        hosts: Ingresses and routes name only granted hosts, and only the lists' classes, Gateways and annotations.
            Default `deny`.
        services: no ExternalName, external IPs or fixed cluster IPs; node ports and load balancers only if granted; no
            endpoints made by hand. Default `deny`.
        people: RoleBindings name only tenantkit's roles and `roles`, no `system:` groups or users and no accounts of
            other namespaces; no tokens of other accounts. Default `deny`.
        walls: quotas, limits, network policies, Pod Security levels, the grant and tenantkit's labels are changed by
            the platform only, and protected tenants are not deleted. Default `deny`.
        pods: no chosen nodes, unlisted priority classes, tolerations of reserved nodes, network volumes, or disruption
            budgets that block evictions. Default `deny`.
        outside: tenantkit's roles are bound in tenants' namespaces only, and provisioners change nothing else. Default
            `deny`.
        annotations: keys, or prefixes such as `example.com/*`, that Ingresses and routes may have, besides those of the
            platform's `routing`. Default: those of kubectl, Helm and Argo CD, and the one that cert-manager's HTTP-01
            solver sets.
        ingress_classes: that Ingresses may use, besides that of `routing`. Default: none; without any, every class.
        gateways: `NAMESPACE/NAME` of Gateways that routes may attach to, besides that of `routing`. Default: none;
            without any, also in `routing`, every Gateway.
        roles: names of further ClusterRoles that owners may bind. Default: none.
        accounts: `NAMESPACE/NAME` of ServiceAccounts in other namespaces that owners may bind. Default: none.
        service_types: types of Services that every tenant may have, besides ClusterIP. Default: none; a quota of node
            ports or load balancers allows its type to its tenant.
        csi_drivers: drivers of CSI volumes that pods may define inline. Default: none.
        reserved_taints: keys of further taints that pods may not tolerate, besides the control plane's. Default: none.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> tk.Platform(guardrails=tk.Guardrails(pods="warn")).guardrails.hosts
        'deny'
    """

    hosts: GuardrailMode = "deny"
    services: GuardrailMode = "deny"
    people: GuardrailMode = "deny"
    walls: GuardrailMode = "deny"
    pods: GuardrailMode = "deny"
    outside: GuardrailMode = "deny"
    annotations: tuple[AnnotationKey, ...] = (
        "kubectl.kubernetes.io/*",
        "meta.helm.sh/*",
        "argocd.argoproj.io/*",
        "nginx.ingress.kubernetes.io/whitelist-source-range",
    )
    ingress_classes: tuple[DnsSubdomain, ...] = ()
    gateways: tuple[Place, ...] = ()
    roles: tuple[RoleName, ...] = ()
    accounts: tuple[Place, ...] = ()
    service_types: tuple[ServiceType, ...] = ()
    csi_drivers: tuple[DnsSubdomain, ...] = ()
    reserved_taints: tuple[LabelKey, ...] = ()

    def modes(self) -> dict[GuardrailName, GuardrailMode]:
        """The mode of each guardrail, by name."""
        return {
            "hosts": self.hosts,
            "services": self.services,
            "people": self.people,
            "walls": self.walls,
            "pods": self.pods,
            "outside": self.outside,
        }

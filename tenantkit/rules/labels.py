"""Keys and values of labels, and names of extended resources: what the API server accepts.

Sources: page "Labels and Selectors"; page "Resource Management for Pods and Containers", section "Extended resources";
in k8s.io/apimachinery, pkg/api/validate/content.
"""

from __future__ import annotations

import re

from tenantkit.rules.names import LABEL_LIMIT, is_dns_subdomain, suggest_dns_subdomain

_QUOTA_PREFIXES = ("requests.", "limits.", "count/")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")


def check_label_value(value: object) -> str | None:
    """Why a value is not valid for a label, with a valid example; None if it is. The empty text is valid.

    Source: page "Labels and Selectors", section "Syntax and character set".

    Example:
        >>> check_label_value("Vision Team")
        "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'Vision-Team'"
    """
    if isinstance(value, str) and (not value or _is_qualified_part(value)):
        return None
    rule = "use letters, digits, '-', '_' and '.', at most 63 characters"
    return f"{rule}, for example {_suggest_qualified_part(value) or 'vision'!r}"


def check_label_key(value: object) -> str | None:
    """Why a value is not a valid key of a label or annotation, with a valid example; None if it is.

    Source: page "Labels and Selectors", section "Syntax and character set".

    Example:
        >>> check_label_key("Acme.com/cost centre")
        "use letters, digits, '-', '_' and '.', optionally after a DNS name and '/', for example 'acme.com/cost-centre'"
    """
    if _is_qualified(value):
        return None
    prefix, slash, name = str(value).rpartition("/")
    near = _suggest_qualified_part(name) or "team"
    domain = suggest_dns_subdomain(prefix)
    example = f"{domain}/{near}" if slash and domain else near
    return f"use letters, digits, '-', '_' and '.', optionally after a DNS name and '/', for example {example!r}"


def check_resource_name(value: object) -> str | None:
    """Why a value is not the name of an extended resource, with a valid example; None if it is.

    Args:
        value: a resource of nodes, such as `nvidia.com/gpu` or `nvidia.com/mig-1g.5gb`. Not an entry of a quota, such
            as `requests.nvidia.com/gpu`, nor `limits.nvidia.com/gpu`, which the server would take for a resource of
            its own; and not Kubernetes' own names: `cpu`, or those with `kubernetes.io/`.

    Source: page "Resource Management for Pods and Containers", section "Extended resources".

    Example:
        >>> check_resource_name("gpu")
        "use a DNS name, '/' and a name, for example 'nvidia.com/gpu'"
    """
    prefix = next((each for each in _QUOTA_PREFIXES if isinstance(value, str) and value.startswith(each)), None)
    if prefix is not None:
        bare = str(value).removeprefix(prefix)
        example = bare if check_resource_name(bare) is None else "nvidia.com/gpu"
        return f"remove the prefix {prefix!r}, which is only for quotas: use, for example, {example!r}"
    if not isinstance(value, str) or "/" not in value or not _is_qualified(f"requests.{value}"):
        return "use a DNS name, '/' and a name, for example 'nvidia.com/gpu'"
    if "kubernetes.io/" in value:
        return "use a name without 'kubernetes.io/', which Kubernetes reserves, for example 'nvidia.com/gpu'"
    return None


def _is_qualified_part(text: str) -> bool:
    return len(text) <= LABEL_LIMIT and _QUALIFIED.fullmatch(text) is not None


def _is_qualified(value: object) -> bool:
    if not isinstance(value, str):
        return False
    prefix, slash, name = value.rpartition("/")
    return _is_qualified_part(name) and (not slash or is_dns_subdomain(prefix))


def _suggest_qualified_part(value: object) -> str:
    edges = "-_."
    return re.sub(r"[^-A-Za-z0-9_.]+", "-", str(value)).strip(edges)[:LABEL_LIMIT].strip(edges)

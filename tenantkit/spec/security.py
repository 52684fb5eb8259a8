"""Pod Security levels of tenants' namespaces."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from tenantkit.spec.base import Spec
from tenantkit.spec.fields import DnsSubdomain

PodSecurityLevel = Literal["privileged", "baseline", "restricted"]


def _check_pod_security_version(text: str) -> str:
    if not re.fullmatch(r"latest|v1\.\d{1,3}", text):
        raise ValueError("use 'latest' or a version such as 'v1.37'")
    return text


PodSecurityVersion = Annotated[str, AfterValidator(_check_pod_security_version)]


class Security(Spec):
    """Pod Security levels of tenants' namespaces, and Secrets for pulling images.

    Args:
        enforce: Pod Security level that pods must meet (page "Pod Security Standards"). Default `baseline`: notebook
            and training images often run as root, which `restricted` refuses.
        audit: violations of this level are written to the audit log. Default `restricted`.
        warn: violations of this level return a warning. Default `restricted`.
        version: of the three levels: `latest`, or a version such as `v1.37`. Default `latest`.
        image_pull_secrets: names of Secrets in the tenant's namespace, for its ServiceAccounts. Default: none.

    Example:
        >>> tk.Security(enforce="restricted").warn
        'restricted'
    """

    enforce: PodSecurityLevel = "baseline"
    audit: PodSecurityLevel = "restricted"
    warn: PodSecurityLevel = "restricted"
    version: PodSecurityVersion = "latest"
    image_pull_secrets: tuple[DnsSubdomain, ...] = ()

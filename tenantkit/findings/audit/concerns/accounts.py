"""ServiceAccounts of a tenant, and their tokens.

Source: pages "Service Accounts" and "Secrets", section "ServiceAccount token Secrets".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence
from tenantkit.findings.audit.concerns.planned import planned_check
from tenantkit.findings.audit.fields import annotations_of, name_of
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView

_ACCOUNT = "kubernetes.io/service-account.name"


def _token_secrets(view: TenantView) -> Iterator[Found]:
    """Secrets of type service-account-token; the snapshot has no others, and no data of these."""
    for secret in view.of("Secret"):
        account = annotations_of(secret).get(_ACCOUNT)
        yield Evidence(name_of(secret), "type", f"a token of ServiceAccount {account!r} that never expires")


CHECKS = (
    planned_check(
        "default-account-token",
        "people",
        "medium",
        "Pods get no token of ServiceAccount default.",
        "ServiceAccount",
    ),
    Check(
        "token-secrets",
        "people",
        "high",
        "The namespace has no Secrets with tokens of ServiceAccounts.",
        Message("delete the Secret; pods get tokens that expire by themselves"),
        _token_secrets,
        ("Secret",),
    ),
)

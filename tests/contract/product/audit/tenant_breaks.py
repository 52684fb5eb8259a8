"""One break for each check of a tenant that a server lets an administrator make."""

from __future__ import annotations

from tests.contract.product.audit.content_breaks import PEOPLE, ROUTES, SERVICES, WORKLOADS
from tests.contract.product.audit.wall_breaks import NAMESPACE, NETWORK, QUOTAS

TENANT_BREAKS = (*NAMESPACE, *QUOTAS, *NETWORK, *PEOPLE, *ROUTES, *SERVICES, *WORKLOADS)

"""The platform and the routes that the form tests share."""

from __future__ import annotations

from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route

ROUTE = Route(service="ai-service", port=80, path="/ai-service")
EXACT = Route(name="tenant-ingress-1", service="api", port="http", path="/api", path_type="Exact")
PLATFORM = Platform(provisioners=["provisioner@example.com"])

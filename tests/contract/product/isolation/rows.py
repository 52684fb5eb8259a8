"""All attempts."""

from __future__ import annotations

from tests.contract.product.isolation.hosts import HOST_ROWS
from tests.contract.product.isolation.objects import CLAIMS, SERVICES, WALLED
from tests.contract.product.isolation.people import PEOPLE_ROWS
from tests.contract.product.isolation.pods import GUARDED, PARTS, SECURED
from tests.contract.product.isolation.provisioners import PROVISIONER_ROWS

ROWS = [*GUARDED, *SECURED, *PARTS, *SERVICES, *CLAIMS, *WALLED, *PEOPLE_ROWS, *HOST_ROWS, *PROVISIONER_ROWS]

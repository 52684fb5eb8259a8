"""`python -m tenantkit` is the command `tenantkit`."""

from __future__ import annotations

import sys

from tenantkit.cli.main import main

sys.exit(main())

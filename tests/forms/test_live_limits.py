"""A live view says what it leaves out."""

from __future__ import annotations

import pandas as pd

from tenantkit.forms.kit.markup import joined
from tenantkit.forms.live.causes import holders_content
from tenantkit.forms.live.texts import own_limit_content


def held(number: int) -> str:
    rows = [{"namespace": "vision", "resource": "pods", "workload": f"Job/{each}", "objects": 1, "used": 1.0,
             "unit": "count"} for each in range(number)]  # fmt: skip
    return str(joined(*holders_content(pd.DataFrame(rows), "vision", "pods")))


def test_the_holders_beyond_the_largest_are_counted() -> None:
    assert ": the 50 largest of 1,200" in held(1_200)
    assert "largest of" not in held(50)


def test_the_tenants_that_are_not_watched_are_counted() -> None:
    assert "The first 20 of 25 of your tenants are watched." in str(own_limit_content(25, 20))
    assert own_limit_content(20, 20) is None

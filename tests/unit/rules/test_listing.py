"""Lists in sentences: how many texts are named, and what is said of the others."""

from __future__ import annotations

import pytest

from tenantkit.rules.listing import first_of


@pytest.mark.parametrize(
    ("texts", "options", "said"),
    [
        ([], {}, ""),
        (["a", "b"], {}, "a, b"),
        (["a", "b", "c"], {}, "a, b and 1 more"),
        (["a", "b"], {"separator": "; "}, "a; b"),
        (["a", "b", "c"], {"separator": "; "}, "a; b; and 1 more"),
        (["a", "b", "c"], {"separator": "; ", "unit": "node"}, "a; b; and 1 more node"),
        (["a", "b", "c", "d"], {"separator": "; ", "unit": "node"}, "a; b; and 2 more nodes"),
        ([f"{n}" for n in range(1002)], {}, "0, 1 and 1,000 more"),
    ],
)
def test_the_first_are_named_and_the_others_counted(texts: list[str], options: dict[str, str], said: str) -> None:
    assert first_of(texts, 2, **options) == said

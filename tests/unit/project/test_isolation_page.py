"""`docs/isolation.md` shows what the tests of `tests/contract/product/isolation/` try, and by which wall it is denied.

`python -m tests.unit.project.test_isolation_page` writes its tables again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.contract.product.isolation.attempt import WALLS
from tests.contract.product.isolation.benchmark import BENCHMARK
from tests.contract.product.isolation.hosts import HOST_ROWS
from tests.contract.product.isolation.objects import CLAIMS, SERVICES, WALLED
from tests.contract.product.isolation.people import PEOPLE_ROWS
from tests.contract.product.isolation.pods import GUARDED, PARTS, SECURED
from tests.contract.product.isolation.provisioners import PROVISIONER_ROWS
from tests.contract.product.isolation.rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.contract.product.isolation.attempt import Attempt

PAGE = Path(__file__).parents[3] / "docs" / "isolation.md"
TESTS = PAGE.parents[1] / "tests" / "contract" / "product" / "isolation"
PARTS_OF_THE_PAGE = {
    "pods": [*GUARDED, *SECURED, *PARTS],
    "objects": [*SERVICES, *CLAIMS],
    "walls": WALLED,
    "people": PEOPLE_ROWS,
    "hosts": HOST_ROWS,
    "provisioners": PROVISIONER_ROWS,
}
_SHOWN = {
    "attempts": "the attempts above",
    "work": "owners add members with the three roles of tenants",
    "test_reach": 'the section "Reading"',
    "test_effects": "a test of the quota or of the policies",
    "not offered": "not offered, see below",
    "not enforced": "not enforced, see below",
}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def attempts(rows: Iterable[Attempt]) -> str:
    """A row for each thing that is tried; in how many kinds it is tried does not matter."""
    cells = dict.fromkeys((row.what, ", ".join(row.who), ", ".join(row.walls)) for row in rows)
    return table(("who", "tries to", "denied by"), [(who, what, walls) for what, who, walls in cells])


def tables() -> dict[str, str]:
    """The generated parts of the page, by their marker."""
    behaviours = [(f"`{name}`", str(level), _SHOWN[where]) for name, (level, where) in BENCHMARK.items()]
    return {
        **{name: attempts(rows) for name, rows in PARTS_OF_THE_PAGE.items()},
        "benchmark": table(("behaviour", "level", "shown by"), behaviours),
    }


def rendered(page: str) -> str:
    """The page with its tables written again."""
    for name, text in tables().items():
        before, marker, rest = page.partition(f"<!-- {name} -->\n")
        assert marker, f"the page has no part {name!r}"
        _, end, after = rest.partition("<!-- end -->")
        page = f"{before}{marker}{text}\n{end}{after}"
    return page


def test_the_page_shows_every_attempt_and_its_wall() -> None:
    page = PAGE.read_text()

    assert rendered(page) == page
    assert {str(row) for rows in PARTS_OF_THE_PAGE.values() for row in rows} == {str(row) for row in ROWS}


def test_the_page_explains_every_wall() -> None:
    page = PAGE.read_text()
    names = {"guardrail" if wall.startswith("guardrail") else wall for wall in WALLS}

    [explained] = re.findall(r"(?s)\| wall \| what it is .*?\n\n", page)
    assert {name for name in names if name not in explained} == set()


def test_every_behaviour_of_the_benchmark_is_tried_or_explained() -> None:
    tried = {row.source.removeprefix("benchmark ") for row in ROWS if row.source != "attack"}
    page = PAGE.read_text()

    assert {name for name, (_, where) in BENCHMARK.items() if where == "attempts"} == tried
    explained = {name for name, (_, where) in BENCHMARK.items() if where.startswith("not ")}
    assert {name for name in explained if f"- `{name}`: " not in page} == set()
    modules = {where for _, where in BENCHMARK.values() if where.startswith("test_")}
    assert {name for name in modules if not (TESTS / f"{name}.py").is_file()} == set()


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text()))

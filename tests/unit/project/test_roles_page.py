"""`docs/roles.md` shows the rules of the roles as they are in the code.

`python -m tests.unit.project.test_roles_page` writes its tables again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.manifests.role_rules import GRANTS, PROVISIONER_GRANTS
from tenantkit.spec.role_presets import DEVICE_CLAIMS, PRESETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.manifests.role_rules import Grant

PAGE = Path(__file__).parents[3] / "docs" / "roles.md"
_READ, _CHANGE = ("get", "list", "watch"), ("create", "update", "patch", "delete")


def verbs_text(verbs: Sequence[str]) -> str:
    """Verbs in words where they are all of a kind: `read`, `read, change`."""
    left = list(verbs)
    words = []
    for word, group in (("read", _READ), ("change", _CHANGE)):
        if set(group) <= set(left):
            words.append(word)
            left = [verb for verb in left if verb not in group]
    return ", ".join([*words, *left])


def resources_text(group: str, resources: Iterable[str], names: Sequence[str] = ()) -> str:
    listed = ", ".join(f"`{resource}`" for resource in resources)
    where = f" of `{group}`" if group else ""
    named = f" named {', '.join(f'`{name}`' for name in names)}" if names else ""
    return f"{listed}{where}{named}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def rows_of(role: str, grants: Iterable[Grant]) -> list[list[str]]:
    return [[role, resources_text(it.group, it.resources, it.names), verbs_text(it.verbs), it.why] for it in grants]


def tables() -> dict[str, str]:
    """The generated parts of the page, by their marker."""
    header = ("role", "resources", "verbs", "why")
    key = f"`read` is {', '.join(_READ)}; `change` is {', '.join(_CHANGE)}.\n\n"
    presets = [
        [
            f"`{name}`",
            level,
            resources_text(" and ".join(rule.api_groups), rule.resources, rule.resource_names),
            verbs_text(rule.verbs),
            preset.source,
        ]
        for name, preset in {**PRESETS, DEVICE_CLAIMS.rules.name: DEVICE_CLAIMS}.items()
        for level in ("viewer", "editor", "owner")
        for rule in getattr(preset.rules, level)
    ]
    return {
        "tenants": key + table(header, [row for role, grants in GRANTS.items() for row in rows_of(role, grants)]),
        "provisioners": table(header, rows_of("provisioner", PROVISIONER_GRANTS)),
        "presets": table(("preset", "role", "resources", "verbs", "from"), presets),
    }


def rendered(page: str) -> str:
    """The page with its tables written again."""
    for name, text in tables().items():
        pattern = re.compile(rf"(?s)<!-- {name} -->\n.*?<!-- end -->")
        assert pattern.search(page), f"the page has no part {name!r}"
        page = pattern.sub(lambda _, name=name, text=text: f"<!-- {name} -->\n{text}\n<!-- end -->", page)  # type: ignore[misc]
    return page


def test_the_page_of_roles_has_the_rules_of_the_code() -> None:
    page = PAGE.read_text()

    assert rendered(page) == page


def test_each_right_has_a_reason() -> None:
    for grants in (*GRANTS.values(), PROVISIONER_GRANTS):
        for grant in grants:
            assert len(grant.why.split()) > 2, grant


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text()))

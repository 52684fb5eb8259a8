"""Hostile and odd texts of specs: each is one error with its line, at once."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.spec.documents import LIMIT_BYTES
from tenantkit.spec.files import parse_specs, read_specs

if TYPE_CHECKING:
    from pathlib import Path

TENANT = "kind: Tenant\nname: a\nteam: t\nowners: [o@example.com]\nsize: small\n"
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
MERGES = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10))
DIGITS = "9" * 100_000


def refusal(text: str | bytes) -> str:
    start = time.monotonic()
    with pytest.raises(InvalidSpecError) as caught:
        parse_specs(text, source="t.yaml")
    assert time.monotonic() - start < 20
    assert len(str(caught.value)) < 2_000
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LAUGHS, "line 7: YAML='': has more than 500,000 values with its aliases"),
        (MERGES, "YAML='': has more than 500,000 values with its aliases"),
        ("a: &a [*a]\n", "line 1: YAML='': an alias stands for what it is in"),
        ("a: &a {b: {c: *a}}\n", "line 1: YAML='': an alias stands for what it is in"),
        ("kind: !!bool maybe\n", "line 1: YAML='': 'maybe' cannot be read as bool"),
        ("kind: !!map [a]\n", "line 1: YAML='': expected a mapping node, but found sequence"),
        ("kind: !!map x\n", "line 1: YAML='': expected a mapping node, but found scalar"),
        ("kind: !!seq {a: b}\n", "line 1: YAML='': expected a sequence node, but found mapping"),
        ("kind: !!str [a]\n", "line 1: YAML='': expected a scalar node, but found sequence"),
        ("kind: !!timestamp x\n", "line 1: YAML='': 'x' cannot be read as timestamp"),
        ("kind: !!binary é\n", "line 1: YAML='': "),
        ("kind: !!omap [a]\n", "line 1: YAML='': "),
        ("kind: !!set [a]\n", "line 1: YAML='': "),
        ("kind: !!pairs {a: b}\n", "line 1: YAML='': "),
        ("kind: !!float x\n", "line 1: YAML='': 'x' cannot be read, could not convert"),
        ("kind: !!int 0x\n", "line 1: YAML='': '0x' cannot be read, "),
        (f"kind: {DIGITS}\n", f"line 1: YAML='': '{'9' * 39}… cannot be read as int"),
        (f"kind: Tenant\nname: a\nteam: t\nowners: [o]\nquota: {{pods: {DIGITS}}}\n", "line 5: YAML='': "),
        (f"kind: 0x{DIGITS}\n", "line 1: kind="),
        ("kind: Tenant\n? !!map [a]\n: b\n", "line 2: YAML='': "),
        ("<<: a\n", "line 1: YAML='': expected a mapping or list of mappings for merging"),
        (
            "kind: Tenant\n\tname: a\n",
            "line 2: YAML='': found character '\\t' that cannot start any token: indent with spaces",
        ),
        ("kind: Tenant\nname: a\nname: b\n", "line 3: YAML='': 'name' appears twice"),
        ('{"kind": "Tenant", "name": "a",\n"name": "b"}', "line 2: YAML='': 'name' appears twice"),
        ("[" * 100_000, "YAML='': is nested too deeply"),
        ('{"a":' * 100_000, "YAML='': is nested too deeply"),
        ("a: " * 100_000, "line 1: YAML='': "),
        ("- " * 100_000, "YAML='': is nested too deeply"),
        ("kind: Tenant\nname: =\n", "line 2: YAML='': "),
        ("%YAML 9.9\n---\na: b\n", "YAML='': found incompatible YAML document"),
        (b"\xff\xfek\x00i\x00n\x00d\x00", "line 1: encoding=b'\\xff': save the file as UTF-8"),
        (b"kind: Tenant\nname: \xe9\n", "line 2: encoding=b'\\xe9': save the file as UTF-8"),
        ("kind: Tenant\nname: \x00\n", "line 2: YAML='\\x00': special characters are not allowed"),
        ("x" * (LIMIT_BYTES + 1), "size=4194305: is larger than 4 MiB: split it into several files"),
    ],
    ids=range(34),
)
def test_a_hostile_text_is_one_error_with_its_line(text: str | bytes, expected: str) -> None:
    assert expected in refusal(text)


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1:20", "true", "null", "2027-01-01", "[1]", "{a: 1}"])
def test_a_port_that_is_not_a_number_says_what_one_is(value: str) -> None:
    text = f"{TENANT}routes:\n- service: web\n  path: /\n  port: {value}\n"

    assert "line 9: routes[0].port=" in refusal(text)
    assert "use " in refusal(text)


def test_a_number_to_base_60_is_text() -> None:
    assert "line 9: routes[0].port='1:20': use a number from 1 to 65535" in refusal(
        f"{TENANT}routes:\n- service: web\n  path: /\n  port: 1:20\n"
    )


def test_json_may_be_indented_with_tabs() -> None:
    document = {"kind": "Tenant", "name": "a", "team": "t", "owners": ["o@example.com"], "size": "small"}
    text = json.dumps(document, indent="\t")

    assert parse_specs(text, source="t.json").tenants[0].name == "a"
    assert refusal(text.replace('"small"', "5")).startswith("t.yaml: line 8: size=5: ")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    for text in (TENANT, '{"kind": "Tenant", "name": "a", "team": "t", "owners": ["o"], "size": "small"}'):
        assert parse_specs(f"\ufeff{text}".encode(), source="t").tenants[0].name == "a"
        assert parse_specs(f"\ufeff{text}", source="t").tenants[0].name == "a"


def test_a_file_without_end_is_read_only_to_the_limit(tmp_path: Path) -> None:
    endless = tmp_path / "endless.yaml"
    endless.symlink_to("/dev/zero")

    with pytest.raises(InvalidSpecError, match="is larger than 4 MiB"):
        read_specs(endless)


def test_aliases_and_merge_keys_within_reason_are_read() -> None:
    owners = "owners: &people [o@example.com, p@example.com]\neditors: *people\n"

    [tenant] = parse_specs(TENANT.replace("owners: [o@example.com]\n", owners), source="t").tenants

    assert tenant.editors == tenant.owners

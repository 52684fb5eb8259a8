"""Files of specs: read strictly, each wrong field with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.spec.files import format_specs, parse_specs, read_specs
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from pathlib import Path

VISION = Tenant(
    name="vision",
    team="cv",
    owners=["dana@example.com"],
    size="small",
    routes=[Route(service="web", port=80, path="/web", path_type="Exact")],
)
TEXT = """\
apiVersion: tenantkit.dev/v1alpha1
kind: Tenant
name: vision
team: cv
owners: [dana@example.com]
size: small
routes:
- service: web
  port: 80
  path: /web
  pathType: Exact
"""


def refusal(text: str) -> str:
    with pytest.raises(InvalidSpecError) as caught:
        parse_specs(text, source="tenants.yaml")
    return str(caught.value)


def test_a_yaml_text_is_read_and_written_back(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_text(TEXT)

    assert read_specs(file).tenants == (VISION,)
    assert format_specs([VISION]) == TEXT.replace("owners: [dana@example.com]", "owners:\n- dana@example.com")


def test_specs_survive_the_way_through_a_file() -> None:
    platform = Platform(domain="ai.example.com", labels={"a": "b"})

    read = parse_specs(format_specs([platform, VISION]), source="text")

    assert (read.platform, read.tenants) == (platform, (VISION,))


def test_what_several_routes_share_may_stand_once() -> None:
    shared = "routes:\n- &web {service: web, port: 80, path: /a}\n- {<<: *web, path: /b}\n"

    [vision] = parse_specs(TEXT.partition("routes:")[0] + shared, source="text").tenants

    assert vision.routes == (Route(service="web", port=80, path="/a"), Route(service="web", port=80, path="/b"))


def test_json_is_yaml() -> None:
    text = '{"kind": "Tenant", "name": "a", "team": "t", "owners": ["o"], "size": "small"}'

    assert parse_specs(text, source="text").tenants[0].name == "a"


def test_every_wrong_field_of_every_document_is_told_with_its_line() -> None:
    text = TEXT.replace("/web", "web").replace("pathType", "pathTyp") + "---\nkind: Tenant\nname: B\n"

    assert refusal(text) == (
        "tenants.yaml: line 10: routes[0].path='web': start with '/', for example '/web'\n"
        "line 11: routes[0].pathTyp='Exact': no such field; did you mean 'pathType'?\n"
        "line 13: name='B': use lower-case letters, digits and '-', at most 63 characters, for example 'b'\n"
        "line 13: team=None: is required\n"
        "line 13: owners=None: is required"
    ).replace("line 13: name", "line 14: name")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: Tenant\nname: [", "tenants.yaml: line 2: YAML='': "),
        ("kind: Tenant\nname: a\nname: b\n", "tenants.yaml: line 3: YAML='': 'name' stands there twice"),
        ("- a\n- b\n", "tenants.yaml: line 1: document=['a', 'b']: give a mapping"),
        ("kind: Tennant\n", "tenants.yaml: line 1: kind='Tennant': use one of 'Tenant', 'Platform'"),
        ("kind: Tenant\napiVersion: v1\n", "tenants.yaml: line 2: apiVersion='v1': use 'tenantkit.dev/v1alpha1'"),
        ("kind: Tenant\nname: !!python/object:os.system x\n", "could not determine a constructor"),
        ("kind: Platform\n---\nkind: Platform\n", "2 platforms: keep one of them"),
        ("kind: Tenant\nname: \x07\n", "tenants.yaml: line 2: YAML='\\x07': special characters are not allowed"),
        ("kind: [Tenant]\n", "tenants.yaml: line 1: kind=['Tenant']: use one of 'Tenant', 'Platform'"),
        ("kind: Tenant\n? [a]\n: b\n", "tenants.yaml: line 2: YAML='': ['a'] can't be a key, which is text"),
        ("kind: Tenant\n1: x\n", "tenants.yaml: line 2: YAML='': 1 can't be a key, which is text"),
        ("kind: Tenant\nexpires: 2027-02-30\n", "line 2: YAML='': '2027-02-30' can't be read, day is out of range"),
        (
            "kind: Tenant\nname: !!int a\n",
            "tenants.yaml: line 2: YAML='': 'a' can't be read, invalid literal for int()",
        ),
        ("[" * 3000, "tenants.yaml: YAML='': is nested too deeply"),
    ],
)
def test_what_is_no_spec_is_refused_with_its_line(text: str, message: str) -> None:
    assert message in refusal(text)


def test_a_key_with_dots_and_quotes_is_found_on_its_line() -> None:
    told = refusal("kind: Platform\nlabels:\n  a: b\n  example.com/a: 'x y'\n  it's: z\n")

    assert [line.partition(" use ")[0] for line in told.splitlines()] == [
        "tenants.yaml: line 4: labels['example.com/a']='x y':",
        """line 5: labels["it's"]="it's": as a key,""",
    ]


def test_what_a_platform_finds_wrong_is_told_with_its_line() -> None:
    text = TEXT.replace("size: small", "size: huge").replace("  path: /web", "  host: other.example.ai")
    read = parse_specs(f"{text}---\n{text.replace('vision', 'speech')}---\n{TEXT}", source="tenants.yaml")

    with pytest.raises(InvalidSpecError) as caught:
        Platform().check(read.tenants[1:2])
    assert [(problem.line, problem.field) for problem in read.located(caught.value.problems)] == [
        (18, "speech.size"),
        (22, "speech.routes[0].host"),
    ]
    with pytest.raises(InvalidSpecError) as caught:
        Platform().check([read.tenants[2], read.tenants[2]])
    assert [(problem.line, problem.field) for problem in read.located(caught.value.problems)] == [(27, "name")]


def test_a_file_that_is_no_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_bytes(b"kind: Tenant\nteam: Universit\xe9\n")

    with pytest.raises(InvalidSpecError) as caught:
        read_specs(file)

    assert str(caught.value) == f"{file}: line 2: encoding=b'\\xe9': save the file as UTF-8"


def test_a_file_for_a_newer_tenantkit_says_so() -> None:
    with pytest.raises(SpecVersionError, match=r"tenants.yaml, line 1: this spec is written as tenantkit.dev/v2"):
        parse_specs(TEXT.replace("v1alpha1", "v2"), source="tenants.yaml")


def test_an_empty_file_holds_no_tenants() -> None:
    assert parse_specs("---\n# nothing yet\n", source="text").tenants == ()

"""Files of specs: written, read back, and read strictly with the line of each wrong field."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import InvalidSpecError, SpecVersionError
from tenantkit.provision.stored.tenants import TenantList
from tenantkit.spec.files import parse_specs, read_specs, specs_text, write_specs
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


PLATFORM = Platform(domain="ai.example.com", labels={"a": "b"})


def refusal(text: str) -> str:
    with pytest.raises(InvalidSpecError) as caught:
        parse_specs(text, source="tenants.yaml")
    return str(caught.value)


def test_a_file_is_read_and_written_in_the_same_form(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_text(TEXT)

    assert read_specs(file) == [VISION]
    written = TEXT.replace("owners: [dana@example.com]", "owners:\n- dana@example.com")
    assert specs_text([VISION]) == VISION.to_yaml() == written


@pytest.mark.parametrize("name", ["specs.yaml", "specs.yml", "specs.json", "specs.JSON", "specs"])
@pytest.mark.parametrize("specs", [[VISION], [PLATFORM, VISION], [VISION, VISION.with_(name="speech")], []])
def test_specs_survive_a_round_trip_through_a_file(tmp_path: Path, name: str, specs: list[Tenant | Platform]) -> None:
    assert write_specs(str(tmp_path / name), specs) == tmp_path / name

    assert read_specs(tmp_path / name) == specs


@pytest.mark.parametrize("name", ["tenants.yaml", "tenants.json"])
def test_a_tenant_that_could_not_be_read_is_missed_loudly(tmp_path: Path, name: str) -> None:
    found = TenantList([VISION], {"speech": "may not get Namespace 'speech':\nforbidden"})
    told = "left out, since it could not be read: the tenant in namespace speech: may not get Namespace 'speech':"

    with pytest.warns(UserWarning, match=re.escape(f"{tmp_path / name} does not have all tenants:\n{told}")):
        file = write_specs(tmp_path / name, found)

    text = file.read_text()
    assert text.startswith(f"# {told}\n# forbidden\napiVersion:") or name.endswith(".json")
    assert read_specs(file) == [VISION]


@pytest.mark.parametrize("spec", [VISION, PLATFORM])
def test_a_single_spec_is_written_without_a_list(tmp_path: Path, spec: Tenant | Platform) -> None:
    write_specs(tmp_path / "spec.yaml", spec)
    write_specs(tmp_path / "spec.json", spec)

    assert (tmp_path / "spec.yaml").read_text() == spec.to_yaml()
    assert json.loads((tmp_path / "spec.json").read_text()) == spec.to_document()
    assert read_specs(tmp_path / "spec.json") == [spec]


def test_a_file_that_is_passed_second_is_refused_with_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    swapped: Any = (VISION, "vision.yaml")  # an error cuts a longer path

    with pytest.raises(InvalidSpecError, match=r"='vision\.yaml': is the file: pass it first, then the specs"):
        write_specs(*swapped)


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ("vision", "specs='vision': pass a Tenant or a Platform"),
        ([VISION, {"kind": "Tenant"}], "specs={'kind': 'Tenant'}: pass a Tenant or a Platform"),
        ({"kind": "Tenant"}, "specs={'kind': 'Tenant'}: pass a Tenant or a Platform"),
        (None, "specs=None: pass a Tenant or a Platform"),
        ([PLATFORM, PLATFORM], "kind='Platform': there are 2 platforms: keep one of them"),
    ],
)
def test_a_file_that_could_not_be_read_back_is_not_written(tmp_path: Path, specs: Any, message: str) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_text(TEXT)

    with pytest.raises(InvalidSpecError) as caught:
        write_specs(file, specs)

    assert (str(caught.value), file.read_text()) == (message, TEXT)


def test_a_wrong_item_of_a_list_is_reported_with_its_line() -> None:
    items = "kind: List\nitems:\n- {kind: Tenant, name: a, team: t, owners: [o], size: small}\n- kind: Tenannt\n"

    assert refusal(items) == "tenants.yaml: line 4: kind='Tenannt': use one of 'Tenant', 'Platform'"


def test_yaml_anchors_and_merge_keys_are_read() -> None:
    shared = "routes:\n- &web {service: web, port: 80, path: /a}\n- {<<: *web, path: /b}\n"

    [vision] = parse_specs(TEXT.partition("routes:")[0] + shared, source="text").tenants

    assert vision.routes == (Route(service="web", port=80, path="/a"), Route(service="web", port=80, path="/b"))


def test_json_is_read_as_yaml() -> None:
    text = '{"kind": "Tenant", "name": "a", "team": "t", "owners": ["o"], "size": "small"}'

    assert parse_specs(text, source="text").tenants[0].name == "a"


def test_every_wrong_field_of_every_document_is_reported_with_its_line() -> None:
    text = TEXT.replace("/web", "web").replace("pathType", "pathTyp") + "---\nkind: Tenant\nname: B\n"

    assert refusal(text) == (
        "tenants.yaml: line 10: routes[0].path='web': start with '/', for example '/web'\n"
        "line 11: routes[0].pathTyp='Exact': no such field: did you mean 'pathType'?\n"
        "line 13: name='B': use lower-case letters, digits and '-', at most 63 characters, for example 'b'\n"
        "line 13: team=None: is required\n"
        "line 13: owners=None: is required"
    ).replace("line 13: name", "line 14: name")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: Tenant\nname: [", "tenants.yaml: line 2: YAML='': "),
        ("kind: Tenant\nname: a\nname: b\n", "tenants.yaml: line 3: YAML='': 'name' appears twice"),
        ("- a\n- b\n", "tenants.yaml: line 1: document=['a', 'b']: use a mapping"),
        ("kind: Tennant\n", "tenants.yaml: line 1: kind='Tennant': use one of 'Tenant', 'Platform'"),
        ("kind: Tenant\napiVersion: v1\n", "tenants.yaml: line 2: apiVersion='v1': use 'tenantkit.dev/v1alpha1'"),
        ("kind: Tenant\nname: !!python/object:os.system x\n", "could not determine a constructor"),
        ("kind: Platform\n---\nkind: Platform\n", "there are 2 platforms: keep one of them"),
        ("kind: Tenant\nname: \x07\n", "tenants.yaml: line 2: YAML='\\x07': special characters are not allowed"),
        ("kind: [Tenant]\n", "tenants.yaml: line 1: kind=['Tenant']: use one of 'Tenant', 'Platform'"),
        ("kind: Tenant\n? [a]\n: b\n", "tenants.yaml: line 2: YAML='': ['a'] cannot be a key: keys are text"),
        ("kind: Tenant\n1: x\n", "tenants.yaml: line 2: YAML='': 1 cannot be a key: keys are text"),
        ("kind: Tenant\nexpires: 2027-02-30\n", "line 2: YAML='': '2027-02-30' cannot be read, day is out of range"),
        (
            "kind: Tenant\nname: !!int a\n",
            "tenants.yaml: line 2: YAML='': 'a' cannot be read, invalid literal for int()",
        ),
        ("[" * 3000, "tenants.yaml: YAML='': is nested too deeply"),
    ],
)
def test_a_text_that_is_not_a_spec_is_refused_with_its_line(text: str, message: str) -> None:
    assert message in refusal(text)


def test_the_line_of_a_key_with_dots_and_quotes_is_found() -> None:
    message = refusal("kind: Platform\nlabels:\n  a: b\n  example.com/a: 'x y'\n  it's: z\n")

    assert [line.partition(" use ")[0] for line in message.splitlines()] == [
        "tenants.yaml: line 4: labels['example.com/a']='x y':",
        """line 5: labels["it's"]="it's": as a key,""",
    ]


def test_a_problem_with_the_platform_is_reported_with_its_line() -> None:
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


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_bytes(b"kind: Tenant\nteam: Universit\xe9\n")

    with pytest.raises(InvalidSpecError) as caught:
        read_specs(file)

    assert str(caught.value) == f"{file}: line 2: encoding=b'\\xe9': save the file as UTF-8"


def test_the_error_of_a_file_for_a_newer_tenantkit_names_its_version() -> None:
    with pytest.raises(SpecVersionError, match=r"tenants.yaml, line 1: this spec has apiVersion tenantkit.dev/v2"):
        parse_specs(TEXT.replace("v1alpha1", "v2"), source="tenants.yaml")


def test_an_empty_file_has_no_tenants() -> None:
    assert parse_specs("---\n# nothing yet\n", source="text").tenants == ()


def test_a_path_that_names_a_folder_is_refused_and_no_file_is_made(tmp_path: Path) -> None:
    platform = Platform()
    for path in (f"{tmp_path}/new/", tmp_path):
        with pytest.raises(InvalidSpecError, match=r"is a folder: give a file name, such as '.*tenants.yaml'"):
            write_specs(path, platform)

    assert list(tmp_path.iterdir()) == []

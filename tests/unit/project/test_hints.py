"""Messages in the words of each surface: every reference has words, and values are shown as they are."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit
from tenantkit import hints
from tenantkit.cli.main import program
from tenantkit.exceptions import InvalidSpecError, NotFound, Problem, TenantKitError
from tenantkit.hints import CODE, REFERENCES, SURFACES, Call, Code, Hint, Message, names_in
from tenantkit.provision.plan import Plan
from tenantkit.provision.reasons import Reason
from tenantkit.provision.report import Report
from tenantkit.spec.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.hints import Surface

PACKAGE = Path(hints.__file__).parent
DATA = "kubeconfig= {whoami} tk.whoami(cluster)"


def templates() -> Iterator[tuple[str, ast.Call]]:
    """Every call of Hint and Message in the package, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Hint", "Message"):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("reference", sorted(REFERENCES))
def test_every_reference_has_words_on_every_surface(reference: str, surface: Surface) -> None:
    words = Message(f"{{{reference}}}").words(surface)

    assert words.strip()
    assert "{" not in words


@pytest.mark.parametrize("reference", sorted(REFERENCES))
def test_the_words_of_the_command_line_name_no_function_and_no_argument(reference: str) -> None:
    words = Message(f"{{{reference}}}").words("shell")

    assert "tk." not in words
    assert "=" not in words


@pytest.mark.parametrize("reference", sorted(REFERENCES))
def test_the_words_of_a_reference_name_only_what_exists(reference: str) -> None:
    python, shell, form = (Message(f"{{{reference}}}").words(surface) for surface in SURFACES)

    for path in re.findall(r"\btk\.([\w.]+)", python + form):
        assert attrgetter(path)(tenantkit) is not None
    options = {name for command in program.commands.values() for each in command.params for name in each.opts}
    commands = [program.commands[name] for name in re.findall(r"`tenantkit (\w+)", shell)]
    for option in re.findall(r"--[\w-]+", shell):
        assert option in options
        assert all(option in {name for each in command.params for name in each.opts} for command in commands)


@pytest.mark.parametrize("name", sorted(CODE))
def test_code_is_ready_to_paste_with_its_values(name: str) -> None:
    values = {
        "tenant": 'a"b',
        "host": "x.example.ai",
        "hosts": ["x.example.ai", "y.example.ai"],
        "persons": "sam@example.com",
        "urls": ("/a b",),
    }
    python, shell, form = (Code(name, values).words(surface) for surface in SURFACES)

    calls = [node for node in ast.walk(ast.parse(python, mode="eval")) if isinstance(node, ast.Constant)]
    assert 'a"b' in [node.value for node in calls]
    assert form == f"`{python}`"
    assert "'a\"b'" in shell
    assert "tk." not in shell
    assert ";" not in python
    for path in re.findall(r"\btk\.([\w.]+)", python):
        assert attrgetter(path)(tenantkit) is not None
    assert set(re.findall(r"`tenantkit (\w+)", shell)) <= set(program.commands)


def test_every_sentence_is_a_literal_whose_names_are_references_or_values() -> None:
    wrong = []
    for place, call in templates():
        sentence, values = call.args[0], call.args[1] if len(call.args) > 1 else ast.Dict([], [])
        if not (isinstance(sentence, ast.Constant) and isinstance(sentence.value, str)):
            wrong.append(f"{place}: the sentence is not a literal, so that data could be taken for a reference")
        elif isinstance(values, ast.Dict):
            known = {key.value for key in values.keys if isinstance(key, ast.Constant)}
            wrong += [f"{place}: {name}" for name in names_in(sentence.value) - REFERENCES - known]

    assert wrong == []


def test_an_unknown_name_is_refused_when_the_message_is_made() -> None:
    with pytest.raises(ValueError, match="neither a reference nor a value"):
        Hint("see {nothing}")
    with pytest.raises(ValueError, match="cannot be the name of a value"):
        Hint("see {whoami}", {"whoami": "dana"})


@pytest.mark.parametrize("surface", SURFACES)
def test_a_value_that_looks_like_a_reference_is_shown_as_it_is(surface: Surface) -> None:
    hint = Hint("ask {owner}", {"owner": DATA})
    error = NotFound(f"{DATA} not found", hint=hint.then(Hint("look at {name!r}", {"name": DATA})))

    assert error.words(surface) == f"{DATA} not found; ask {DATA}; look at {DATA!r}"
    problem = Problem("name", DATA, DATA, hint=hint)
    assert InvalidSpecError([problem]).words(surface) == f"name={DATA!r}: {DATA}: ask {DATA}"


def test_a_message_within_a_message_has_the_words_of_the_same_surface() -> None:
    message = Message("{source} names {file}", {"source": Message("{kubeconfig}"), "file": "config"})

    assert [message.words(surface) for surface in SURFACES] == [
        "kubeconfig= names config",
        "--kubeconfig names config",
        "the argument kubeconfig= of `tk.connect()` names config",
    ]


ERRORS = [
    TenantKitError(Message("{whoami} of {name}", {"name": DATA}), hint=Hint("{whoami}, not {name}", {"name": DATA})),
    NotFound("not found", status=404, name="a", hint=Hint("{whoami}").then(Hint("{kubeconfig}"))),
    InvalidSpecError([Problem("name", "x", "too long", 3, Hint("{whoami}"))], source="a.yaml", hint=Hint("{connect}")),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_copying_and_pickling(error: TenantKitError) -> None:
    for copied in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 (its own)
        assert type(copied) is type(error)
        assert copied.__dict__ == error.__dict__
        assert [copied.words(surface) for surface in SURFACES] == [error.words(surface) for surface in SURFACES]


def test_a_further_hint_is_added_to_a_copy() -> None:
    error = NotFound("not found", hint=Hint("check its name"))
    more = error.with_hint(Hint("ask {whoami}"))

    assert str(error) == "not found; check its name"
    assert str(more) == "not found; check its name; ask tk.whoami(cluster)"
    assert more.words("shell") == "not found; check its name; ask `tenantkit whoami`"


PLAN = Plan(platform=Platform(), tenants=(), changes=())
SPEAKERS: list[Callable[[Any], object]] = [
    TenantKitError("x").words,
    Problem("name", "x", "too long").words,
    InvalidSpecError([Problem("name", "x", "too long")]).words,
    Reason("local-only", "x").words,
    PLAN.words,
    PLAN.as_json,
    Report().words,
    Report().as_json,
    Message("x").words,
]


@pytest.mark.parametrize("surface", ["x", "", None, ["python"], 5])
@pytest.mark.parametrize("speak", SPEAKERS, ids=lambda speak: speak.__qualname__)
def test_an_unknown_surface_is_refused_with_the_known_ones(speak: Callable[[Any], object], surface: Any) -> None:
    with pytest.raises(ValueError, match=r"surface=.*: use one of 'python', 'shell', 'form'"):
        speak(surface)


def test_a_call_has_its_arguments_in_the_words_of_each_surface() -> None:
    unnamed = Call("why", {"tenant": None, "workload": "Job/train"})
    assert unnamed.words("python") == 'tk.why(cluster, workload="Job/train")'
    assert unnamed.words("shell") == "`tenantkit why --workload Job/train`"

    call = Call("logs", {"workload": "Pod/a b", "namespaces": ["x", "y"], "max_pods": 3, "previous": True})

    assert [Message("see {call}", {"call": call}).words(surface) for surface in SURFACES] == [
        'see tk.logs(cluster, "Pod/a b", namespaces=["x", "y"], max_pods=3, previous=True)',
        "see `tenantkit logs 'Pod/a b' --namespaces x,y --max-pods 3 --previous`",
        'see `tk.logs(cluster, "Pod/a b", namespaces=["x", "y"], max_pods=3, previous=True)`',
    ]

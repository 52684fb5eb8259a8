"""The public names: at runtime, for editors and type checkers, what they return, and their documentation."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import subprocess
import sys
import typing
from collections import ChainMap
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pandas as pd
import pytest

import tenantkit

if TYPE_CHECKING:
    from types import ModuleType

SOURCE = Path(tenantkit.__file__)


def names_for_type_checkers() -> dict[str, str]:
    [block] = [
        node
        for node in ast.parse(SOURCE.read_text()).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    ]
    return {
        alias.asname or alias.name: (node.module or "").removeprefix("tenantkit.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_what_type_checkers_see_is_what_runs() -> None:
    modules = dict.fromkeys(tenantkit._MODULES, "tenantkit")

    assert names_for_type_checkers() == tenantkit._HOME | modules


def test_every_public_name_is_there_and_offered() -> None:
    for name in tenantkit.__all__:
        assert getattr(tenantkit, name) is not None
    assert dir(tenantkit) == sorted(tenantkit.__all__)


def test_no_public_name_is_hidden_by_a_module() -> None:
    modules = {path.stem for path in SOURCE.parent.iterdir()}

    assert modules & set(tenantkit.__all__) == set(tenantkit._MODULES)


def test_a_misspelt_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'tenantkit' has no attribute 'Tenat'"):
        _ = tenantkit.Tenat  # type: ignore[attr-defined]


def test_importing_tenantkit_imports_none_of_what_it_uses() -> None:
    heavy = ("pandas", "pydantic", "kubernetes", "ipywidgets", "aiohttp", "urllib3", "yaml", "orjson")
    code = f"import sys, tenantkit; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def type_checking_names(module: ModuleType) -> dict[str, object]:
    """The names that a module imports for type checkers only."""
    names: dict[str, object] = {}
    for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text())):
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            continue
        for statement in node.body:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                source = import_module(statement.module)
                names |= {alias.asname or alias.name: getattr(source, alias.name, Any) for alias in statement.names}
            elif isinstance(statement, ast.Import):
                names |= {alias.asname or alias.name: import_module(alias.name) for alias in statement.names}
    return names


def annotations_of(target: Any) -> dict[str, Any]:
    """The resolved annotations of a function or class, also those that only type checkers can resolve."""
    parts = reversed(target.__mro__) if isinstance(target, type) else [inspect.unwrap(target)]
    found: dict[str, Any] = {}
    for part in parts:
        if part.__module__.startswith("tenantkit"):
            module = sys.modules[part.__module__]
            public = {
                name: value for name, value in inspect.get_annotations(part).items() if "ClassVar" not in str(value)
            }
            bare = SimpleNamespace(__annotations__=public)
            found |= get_type_hints(bare, vars(module), ChainMap({}, type_checking_names(module), {"pd": pd}))
    return found


def classes_in(annotation: Any) -> set[type]:
    """The classes of tenantkit that an annotation names."""
    if isinstance(annotation, type) and not get_args(annotation):
        return {annotation} if annotation.__module__.startswith("tenantkit") else set()
    return {found for argument in get_args(annotation) for found in classes_in(argument)}


def classes_shown_by(cls: type) -> set[type]:
    """The classes that the public fields, properties and methods of a class give to a user."""
    found: set[type] = set()
    annotations = [value for name, value in annotations_of(cls).items() if not name.startswith("_")]
    for name, member in inspect.getmembers_static(cls):
        if name.startswith("_"):
            continue
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if inspect.isfunction(function) and function.__module__.startswith("tenantkit"):
            annotations.append(annotations_of(function).get("return"))
    for annotation in annotations:
        found |= classes_in(annotation)
    return found


def public_values() -> dict[str, Any]:
    values = {name: getattr(tenantkit, name) for name in tenantkit._HOME}
    return values | {f"plots.{name}": getattr(tenantkit.plots, name) for name in tenantkit.plots.__all__}


def public_classes() -> set[type]:
    exported = {value for value in public_values().values() if isinstance(value, type)}
    return exported | {value for value in vars(tenantkit.exceptions).values() if isinstance(value, type)}


def test_everything_that_a_public_function_returns_is_public() -> None:
    pending = {
        found
        for value in public_values().values()
        if inspect.isfunction(value)
        for found in classes_in(annotations_of(value).get("return"))
    } | public_classes()
    seen: set[type] = set()
    while pending:
        cls = pending.pop()
        if cls in seen or not cls.__module__.startswith("tenantkit"):
            continue
        seen.add(cls)
        pending |= classes_shown_by(cls)

    hidden = {f"{cls.__module__}.{cls.__name__}" for cls in seen - public_classes()}
    assert sorted(hidden) == []


RAISES = re.compile(r"^Raises:\n((?:    .*\n?|\n)+)", re.MULTILINE)


def documented_errors(value: object) -> set[str]:
    section = RAISES.search((inspect.getdoc(value) or "") + "\n")
    return set(re.findall(r"^    (\w+):", section[1], re.MULTILINE)) if section else set()


@pytest.mark.parametrize("name", sorted(public_values()))
def test_every_error_that_a_docstring_names_can_be_caught_by_a_public_name(name: str) -> None:
    value = public_values()[name]
    documented = documented_errors(value)
    if isinstance(value, type):
        methods = [member for key, member in inspect.getmembers(value, inspect.isfunction) if not key.startswith("_")]
        documented |= {error for method in methods for error in documented_errors(method)}

    known = {*vars(tenantkit.exceptions), *vars(builtins)}
    assert documented - known == set()


@pytest.mark.parametrize("name", sorted(name for name, value in public_values().items() if inspect.isfunction(value)))
def test_a_public_function_documents_what_a_caller_needs(name: str) -> None:
    function = public_values()[name]
    text = inspect.getdoc(function) or ""
    first = text.partition("\n")[0]

    assert first.endswith(".")
    assert not first.endswith("..")
    returns = () if annotations_of(function).get("return") is type(None) else ("Returns",)
    for section in ("Args", *returns, "Raises", "Example"):
        assert f"\n{section}:\n" in text, section
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"^    {parameter}: ", text, re.MULTILINE), parameter
    takes_cluster = next(iter(inspect.signature(function).parameters), "") == "cluster"
    assert "\nRBAC: " in text or not takes_cluster


# Names in signatures that a user finds outside tenantkit, or that only say which texts are accepted.
NAMES_OF_OTHERS = {
    *vars(builtins),
    *vars(typing),
    *("Callable", "Iterator", "Mapping", "Sequence"),  # collections.abc
    *("Event", "Path", "PathLike", "datetime", "os", "pd", "threading", "timedelta"),
    *("ApiClient", "DataFrame", "Figure", "Styler"),
}
KNOWN_ALIASES = {"Manifest", "Theme"}  # a dict as Kubernetes has it, and `light` or `dark`


def names_in_signature(function: Any) -> set[str]:
    """The names of classes and aliases in the annotations that Shift+Tab shows."""
    signature = inspect.signature(function)
    shown = [signature.return_annotation, *(each.annotation for each in signature.parameters.values())]
    trees = [ast.parse(text, mode="eval") for text in shown if isinstance(text, str)]
    found = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("name", sorted(name for name, value in public_values().items() if inspect.isfunction(value)))
def test_a_signature_names_only_what_a_user_finds(name: str) -> None:
    public = {*tenantkit.__all__, *tenantkit.plots.__all__}

    assert names_in_signature(public_values()[name]) - public - NAMES_OF_OTHERS - KNOWN_ALIASES == set()


def test_a_public_name_that_can_be_called_is_a_function_or_a_class() -> None:
    callables = {name: value for name, value in public_values().items() if callable(value)}

    assert [
        name for name, value in callables.items() if not inspect.isroutine(value) and not inspect.isclass(value)
    ] == []


def test_the_modules_are_there_after_a_plain_import() -> None:
    code = "import tenantkit as tk; print(tk.exceptions.NotFound.__name__, tk.plots.__name__)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "NotFound tenantkit.plots\n"


def test_the_docstring_is_a_map_of_tasks_that_names_only_what_exists() -> None:
    text = tenantkit.__doc__ or ""

    for path in re.findall(r"\btk\.([\w.]+)\b", text):
        assert attrgetter(path)(tenantkit) is not None
    for task in ("connect", "platform", "onboard", "quota", "pod does not start", "delete a tenant"):
        assert task in text


def test_readers_take_the_tenant_by_position_behind_what_they_read() -> None:
    behind = {"logs": "workload", "follow_logs": "workload", "resources": "kind"}
    readers = {
        name: list(inspect.signature(function).parameters.values())
        for name in tenantkit.__all__
        if inspect.isfunction(function := getattr(tenantkit, name))
        and "tenant" in inspect.signature(function).parameters
    }

    by_position = {
        name: [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD][: 3 if name in behind else 2]
        for name, parameters in readers.items()
    }

    assert {"why", "fits", "pods", "members", "logs"} <= by_position.keys()
    assert by_position == {name: ["cluster", *([behind[name]] if name in behind else []), "tenant"] for name in readers}


def test_the_role_is_the_fourth_argument_of_a_new_member() -> None:
    for function in (tenantkit.add_member, tenantkit.plan_add_member):
        role = list(inspect.signature(function).parameters.values())[3]
        assert (role.name, role.kind) == ("role", role.POSITIONAL_OR_KEYWORD)

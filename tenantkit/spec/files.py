"""Files of specs: YAML or JSON, read strictly, every wrong field named with its line.

One file may hold several documents: tenants, and at most one platform. Each says `kind: Tenant` or `kind: Platform`.
YAML is read by PyYAML's safe loader, with two changes: a key that stands twice is an error (the last one would win in
silence), and its nodes keep their lines.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tenantkit.exceptions import InvalidSpecError, Problem, SpecVersionError
from tenantkit.spec.base import API_VERSION
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.spec.base import Spec

_KINDS: dict[str, type[Spec]] = {"Tenant": Tenant, "Platform": Platform}
# A field's path in parts: a name, an index, or a mapping's key as Python writes it.
_PART = re.compile(r"""\[(?:\d+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]|[^.\[\]]+""")


@dataclass(frozen=True, slots=True)
class SpecFile:
    """What a file holds: its tenants in the file's order, and its platform, if any.

    Args:
        tenants: in the file's order.
        platform: None where the file has none.
        nodes: where each tenant stands, by name.
    """

    tenants: tuple[Tenant, ...]
    platform: Platform | None = None
    nodes: Mapping[str, yaml.Node] = field(default_factory=dict, repr=False, compare=False)

    def located(self, problems: Sequence[Problem]) -> list[Problem]:
        """What a platform finds wrong with these tenants (`vision.size`, a `name` that is there twice), with lines."""
        return [Problem(problem.field, problem.value, problem.reason, self._line_of(problem)) for problem in problems]

    def _line_of(self, problem: Problem) -> int | None:
        name, _, below = problem.field.partition(".")
        if not below:
            name, below = str(problem.value), problem.field
        node = self.nodes.get(name)
        return _line(node, below) if node is not None else problem.line


def read_specs(path: str | Path) -> SpecFile:
    """Read the tenants and the platform in a YAML or JSON file.

    Args:
        path: of the file; `-` is standard input.

    Raises:
        InvalidSpecError: with every wrong field of every document, each with its line.
        SpecVersionError: a document is written for a newer tenantkit.
        OSError: the file can't be read.
    """
    import sys

    content = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem("encoding", content[error.start : error.start + 1], "save the file as UTF-8", line)
        raise InvalidSpecError([problem], source=str(path)) from None
    return parse_specs(text, source=str(path))


def parse_specs(text: str, *, source: str) -> SpecFile:
    """Read the tenants and the platform in a YAML or JSON text.

    Args:
        text: one or several YAML documents.
        source: the text's name in errors.

    Raises:
        InvalidSpecError: with every wrong field of every document, each with its line.
        SpecVersionError: a document is written for a newer tenantkit.

    Example:
        >>> text = "{kind: Tenant, name: vision, team: cv, owners: [dana@example.com], size: small}"
        >>> parse_specs(text, source="text").tenants[0].name
        'vision'
    """
    specs: list[Spec] = []
    problems: list[Problem] = []
    nodes: dict[str, yaml.Node] = {}
    for node, data in _documents(text, source):
        try:
            spec = _spec(data)
            specs.append(spec)
            if isinstance(spec, Tenant):
                nodes[spec.name] = node
        except InvalidSpecError as error:
            problems += [
                Problem(problem.field, problem.value, problem.reason, _line(node, problem.field))
                for problem in error.problems
            ]
        except SpecVersionError as error:
            raise SpecVersionError(f"{source}, line {node.start_mark.line + 1}: {error}") from None
    platforms = [spec for spec in specs if isinstance(spec, Platform)]
    if len(platforms) > 1:
        problems.append(Problem("kind", "Platform", f"{len(platforms)} platforms: keep one of them"))
    if problems:
        raise InvalidSpecError(problems, source=source)
    return SpecFile(
        tenants=tuple(spec for spec in specs if isinstance(spec, Tenant)),
        platform=platforms[0] if platforms else None,
        nodes=nodes,
    )


def format_specs(specs: Sequence[Spec]) -> str:
    """The YAML text of specs, one document each; `parse_specs` reads it back to equal specs."""
    documents = [{"apiVersion": API_VERSION, "kind": type(spec).__name__, **spec.to_mapping()} for spec in specs]
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)


def _spec(data: Any) -> Spec:
    if not isinstance(data, dict):
        raise InvalidSpecError([Problem("document", data, "give a mapping with 'kind: Tenant' or 'kind: Platform'")])
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InvalidSpecError([Problem("kind", kind, f"use one of {', '.join(map(repr, _KINDS))}")])
    return _KINDS[kind].from_mapping(data)


def _documents(text: str, source: str) -> Iterator[tuple[yaml.Node, Any]]:
    """Each document's node, for the lines, and data; empty documents are passed over."""
    try:
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            data = loader.construct_document(node) if node is not None else None
            if node is not None and data is not None:
                yield node, data
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        reason = f"{error.problem or error.context}: mend the YAML there"
        raise InvalidSpecError([Problem("YAML", "", reason, line)], source=source) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"{error.reason}: write it as an escape in double quotes"
        raise InvalidSpecError([Problem("YAML", chr(error.character), reason, line)], source=source) from None
    except RecursionError:
        raise InvalidSpecError([Problem("YAML", "", "is nested too deeply: no spec is")], source=source) from None


class _Loader(yaml.SafeLoader):
    """The safe loader, which refuses a key that stands twice or is no text, and tells where a value can't be read."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 (PyYAML's)
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:  # such as a date that no calendar has
            raise _refusal(f"{node.value!r} can't be read, {error}", node) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 (PyYAML's)
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _refusal(f"{key!r} can't be a key, which is text", key_node)
            if key in seen:
                raise _refusal(f"{key!r} stands there twice", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _refusal(reason: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, reason, node.start_mark)


def _line(node: yaml.Node, field: str) -> int:
    """The line on which a field such as `routes[0].path` or `labels['a/b']` stands, or its nearest part."""
    line: int = node.start_mark.line + 1
    for part in _PART.findall(field):
        below = _below(node, ast.literal_eval(part[1:-1]) if part.startswith("[") else part)
        if below is None:
            break
        line, node = below
    return line


def _below(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    return None

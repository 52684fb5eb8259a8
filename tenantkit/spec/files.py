"""Files of specs: YAML or JSON, read strictly, with the line of every wrong field.

One file may hold several documents: tenants, and at most one platform, each with `kind: Tenant` or `kind: Platform`;
`documents` reads them.
"""

from __future__ import annotations

import ast
import json
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from tenantkit.exceptions import InvalidSpecError, Problem, SpecVersionError
from tenantkit.spec.base import Spec
from tenantkit.spec.documents import LIMIT_BYTES, documents, read_text
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KINDS: dict[str, type[Tenant | Platform]] = {"Tenant": Tenant, "Platform": Platform}
_LIST = "List"
# The parts of a field's path: a name, an index, or a key of a mapping in Python's quotes.
_PART = re.compile(r"""\[(?:\d+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]|[^.\[\]]+""")


@dataclass(frozen=True, slots=True)
class SpecFile:
    """The content of a file: its tenants in the file's order, and its platform, if any.

    Args:
        tenants: in the file's order.
        platform: None where the file has none.
        specs: all of them, in the file's order.
        nodes: the YAML node of each tenant, by name.
    """

    tenants: tuple[Tenant, ...]
    platform: Platform | None = None
    specs: tuple[Tenant | Platform, ...] = ()
    nodes: Mapping[str, yaml.Node] = field(default_factory=dict, repr=False, compare=False)

    def located(self, problems: Sequence[Problem]) -> list[Problem]:
        """The problems that a platform finds with these tenants (`vision.size`, or a repeated `name`), with lines."""
        return [replace(problem, line=self._line_of(problem)) for problem in problems]

    def _line_of(self, problem: Problem) -> int | None:
        name, _, below = problem.field.partition(".")
        if not below:
            name, below = str(problem.value), problem.field
        node = self.nodes.get(name)
        return _line(node, below) if node is not None else problem.line


def read_specs(path: str | Path) -> list[Tenant | Platform]:
    """Read the tenants and the platform in a YAML or JSON file.

    Args:
        path: of the file. It may hold several YAML documents, or a `kind: List` with `items`.

    Returns:
        The specs in the file's order; at most one of them is a Platform.

    Raises:
        InvalidSpecError: with every wrong field of every document, each with its line.
        SpecVersionError: a document was written for a newer tenantkit.
        OSError: the file cannot be read.

    Example:
        >>> import tempfile
        >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tk.read_specs(tk.write_specs(f"{folder}/tenants.yaml", [vision])) == [vision]
        True
    """
    with Path(path).open("rb") as file:
        return list(parse_specs(file.read(LIMIT_BYTES + 1), source=str(path)).specs)


def write_specs(path: str | Path, specs: Tenant | Platform | Sequence[Tenant | Platform]) -> Path:
    """Write tenants and a platform into a file that `read_specs` reads back to equal specs.

    A spec is what a tenant is granted, with its members and routes. Workloads, Secrets and data are not in the file.

    Args:
        path: of the file, which is replaced. A name that ends in `.json` is written as JSON, any other as YAML.
        specs: one spec or several, with at most one Platform; also the result of `get_tenants`.

    Returns:
        The path of the file. If `get_tenants` could not read some tenants, a warning names their namespaces, and so
        does a comment at the top of a YAML file.

    Raises:
        InvalidSpecError: something in `specs` is not a Tenant or Platform, there are two Platforms, or the path is a
            folder. The file stays as it was.
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = tk.write_specs(f"{folder}/vision.yaml", vision)
        ...     print(file.read_text())
        apiVersion: tenantkit.dev/v1alpha1
        kind: Tenant
        name: vision
        team: ml-vision
        owners:
        - dana@example.com
        size: small
        <BLANKLINE>
    """
    if isinstance(specs, str | Path) and not isinstance(path, str | Path):
        raise InvalidSpecError([Problem("specs", str(specs), "is the file: pass it first, then the specs")])
    listed = _listed(specs)
    if str(path).endswith(("/", os.sep)) or Path(path).is_dir():
        reason = f"is a folder: give a file name, such as {str(Path(path, 'tenants.yaml'))!r}"
        raise InvalidSpecError([Problem("path", str(path), reason)])
    left_out = list(_left_out(specs))
    is_json, file = str(path).lower().endswith(".json"), Path(path)
    comment = "".join(f"# {line}\n" for text in left_out for line in text.splitlines())
    file.write_text(_json_text(listed) if is_json else comment + specs_text(listed), encoding="utf-8")
    if left_out:
        warnings.warn("\n".join([f"{file} does not have all tenants:", *left_out]), stacklevel=2)
    return file


def parse_specs(content: str | bytes, *, source: str) -> SpecFile:
    """Read the tenants and the platform in a YAML or JSON text.

    Args:
        content: one or several YAML documents; bytes are UTF-8.
        source: the text's name in errors.

    Raises:
        InvalidSpecError: with every wrong field of every document, each with its line.
        SpecVersionError: a document was written for a newer tenantkit.

    Example:
        >>> text = "{kind: Tenant, name: vision, team: cv, owners: [dana@example.com], size: small}"
        >>> parse_specs(text, source="text").tenants[0].name
        'vision'
    """
    specs: list[Tenant | Platform] = []
    problems: list[Problem] = []
    nodes: dict[str, yaml.Node] = {}
    for node, data in _items(documents(read_text(content, source), source)):
        try:
            spec = _spec(data)
            specs.append(spec)
            if isinstance(spec, Tenant):
                nodes[spec.name] = node
        except InvalidSpecError as error:
            problems += [replace(problem, line=_line(node, problem.field)) for problem in error.problems]
        except SpecVersionError as error:
            raise SpecVersionError(f"{source}, line {node.start_mark.line + 1}: {error}") from None
    platforms = [spec for spec in specs if isinstance(spec, Platform)]
    if len(platforms) > 1:
        problems.append(_too_many_platforms(len(platforms)))
    if problems:
        raise InvalidSpecError(problems, source=source)
    return SpecFile(
        tenants=tuple(spec for spec in specs if isinstance(spec, Tenant)),
        platform=platforms[0] if platforms else None,
        specs=tuple(specs),
        nodes=nodes,
    )


def specs_text(specs: Sequence[Tenant | Platform]) -> str:
    """The YAML text of specs, one document each; `parse_specs` reads it back to equal specs."""
    return yaml.safe_dump_all([spec.to_document() for spec in specs], sort_keys=False, allow_unicode=True)


def _json_text(specs: Sequence[Tenant | Platform]) -> str:
    """One document, or a List of them, as `kubectl get -o json` writes it."""
    items = [spec.to_document() for spec in specs]
    document = items[0] if len(items) == 1 else {"apiVersion": "v1", "kind": _LIST, "items": items}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _listed(specs: object) -> list[Tenant | Platform]:
    """The specs in a list, all of them checked."""
    is_one = isinstance(specs, str | Mapping | Spec) or not isinstance(specs, Iterable)
    listed = [specs] if is_one else list(cast("Iterable[object]", specs))
    problems = [Problem("specs", spec, "pass a Tenant or a Platform") for spec in listed if not _is_spec(spec)]
    platforms = [spec for spec in listed if isinstance(spec, Platform)]
    if len(platforms) > 1:
        problems.append(_too_many_platforms(len(platforms)))
    if problems:
        raise InvalidSpecError(problems)
    return [spec for spec in listed if isinstance(spec, Tenant | Platform)]


def _left_out(specs: object) -> Iterator[str]:
    """What a result of `get_tenants` says of the tenants that could not be read."""
    attrs = getattr(specs, "attrs", None)
    incomplete = attrs.get("incomplete") if isinstance(attrs, dict) else None
    for namespace, reason in (incomplete or {}).items():
        yield f"left out, since it could not be read: the tenant in namespace {namespace}: {reason}"


def _is_spec(spec: object) -> bool:
    return isinstance(spec, Tenant | Platform)


def _too_many_platforms(count: int) -> Problem:
    return Problem("kind", "Platform", f"there are {count} platforms: keep one of them")


def _spec(data: Any) -> Tenant | Platform:
    if not isinstance(data, dict):
        reason = "use a mapping with 'kind: Tenant' or 'kind: Platform'"
        raise InvalidSpecError([Problem("document", data, reason)])
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InvalidSpecError([Problem("kind", kind, f"use one of {', '.join(map(repr, _KINDS))}")])
    return _KINDS[kind].from_mapping(data)


def _items(found: Iterable[tuple[yaml.Node, Any]]) -> Iterator[tuple[yaml.Node, Any]]:
    """The documents themselves, and in place of a `kind: List` its items."""
    for node, data in found:
        items = data.get("items") if isinstance(data, dict) and data.get("kind") == _LIST else None
        below = _below(node, "items")
        if isinstance(items, list) and below is not None and isinstance(below[1], yaml.SequenceNode):
            yield from zip(below[1].value, items, strict=True)
        else:
            yield node, data


def _line(node: yaml.Node, field: str) -> int:
    """The line of a field such as `routes[0].path` or `labels['a/b']`, or of its nearest parent."""
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

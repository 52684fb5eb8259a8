"""The file arguments of commands: specs or one plan, in files, in folders or on standard input."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.cli.output import notify
from tenantkit.exceptions import InvalidSpecError, Problem, SpecVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.spec.files import SpecFile
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

STANDARD_INPUT = "-"
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Given:
    """What the files hold.

    Args:
        tenants: in the order of the files.
        platform: None where no file has one.
        files: each file's specs, by its name.
        plan: the content of a plan file, with its name; None if the files hold specs.
    """

    tenants: tuple[Tenant, ...] = ()
    platform: Platform | None = None
    files: Mapping[str, SpecFile] = field(default_factory=dict)
    plan: tuple[str, bytes] | None = None

    @property
    def sources(self) -> str:
        """The names of the files, for an error about all of them."""
        return ", ".join(self.files)

    def misfits(self, platform: Platform) -> Iterator[InvalidSpecError]:
        """The tenants that do not fit a platform, each with its file and lines."""
        for source, specs in self.files.items():
            for tenant in specs.tenants:
                try:
                    platform.check([tenant])
                except InvalidSpecError as error:
                    yield InvalidSpecError(specs.located(error.problems), source=source)


def read_spec_files(paths: Sequence[str]) -> Given:
    """Read specs from files, from folders with all their YAML and JSON files, and from standard input (`-`).

    Raises:
        InvalidSpecError: a file is invalid, or two files have the same tenant; every invalid file was reported.
        SpecVersionError: a newer tenantkit wrote one of them.
        OSError: a file cannot be read.
    """
    from tenantkit.provision.plan_files import is_plan
    from tenantkit.spec.files import parse_specs

    files: dict[str, SpecFile] = {}
    invalid: list[InvalidSpecError | SpecVersionError] = []
    for source in _sources(paths):
        content = _content(source)
        if is_plan(content):
            if len(paths) > 1:
                raise InvalidSpecError([Problem("kind", "Plan", "is a plan: pass it alone")], source=source)
            return Given(plan=(source, content))
        try:
            files[source] = parse_specs(content, source=source)
        except (InvalidSpecError, SpecVersionError) as error:
            invalid.append(error)
    for one in invalid[:-1]:
        notify(f"tenantkit: {one.words('shell')}")
    if invalid:
        raise invalid[-1]
    return _together(files)


def _sources(paths: Sequence[str]) -> list[str]:
    """The files, each once and in order; a folder stands for the files in it and below it, without hidden ones."""
    found: list[str] = []
    for path in paths:
        if path == STANDARD_INPUT or not Path(path).is_dir():
            found.append(path)
            continue
        inside = [
            str(file)
            for file in sorted(Path(path).rglob("*"))
            if file.suffix.lower() in _SUFFIXES and file.is_file() and not _is_hidden(file.relative_to(path))
        ]
        if not inside:
            listed = ", ".join(f"*{suffix}" for suffix in _SUFFIXES)
            raise InvalidSpecError([Problem("FILE", path, f"has no file {listed}: name another folder or a file")])
        found += inside
    return list(dict.fromkeys(found))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _content(source: str) -> bytes:
    return sys.stdin.buffer.read() if source == STANDARD_INPUT else Path(source).read_bytes()


def _together(files: Mapping[str, SpecFile]) -> Given:
    """The specs of all files; each tenant and the platform once."""
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for source, specs in files.items():
        for tenant in specs.tenants:
            first = sources.setdefault(tenant.name, source)
            if first != source:
                problems.append(Problem("name", tenant.name, f"is in {first} and in {source}: keep one of them"))
    platforms = {source: specs.platform for source, specs in files.items() if specs.platform is not None}
    if len(platforms) > 1:
        problems.append(Problem("kind", "Platform", f"is in {' and in '.join(platforms)}: keep one of them"))
    if problems:
        raise InvalidSpecError(problems)
    tenants = tuple(tenant for specs in files.values() for tenant in specs.tenants)
    return Given(tenants, next(iter(platforms.values()), None), files)

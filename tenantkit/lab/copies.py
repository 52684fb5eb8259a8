"""Copies tenantkit's notebooks into a folder of the user, who may change them there.

A file that the user changed is never overwritten. A file of digests beside the copies records what was written, so that
a newer tenantkit updates the unchanged files, and only these. A notebook is changed when its cells say something else:
JupyterLab writes outputs, counts and metadata into every notebook that is run, and users did not write those. Rejected
alternatives: opening the notebooks where they are installed, where another user may not write and the next upgrade
resets them; comparing bytes, which calls each notebook changed after its first run.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_FOLDER = "tenantkit-notebooks"
_DIGESTS = ".tenantkit.json"


@dataclass(frozen=True, slots=True)
class Copies:
    """The result of copying the notebooks.

    Args:
        folder: the folder of the copies, absolute.
        first: the first notebook to open, relative to the folder.
        written: files that were created or updated; outputs of their last run are replaced by tenantkit's.
        kept: files that the user changed and that differ from tenantkit's; they were not overwritten.
    """

    folder: Path
    first: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]

    def __str__(self) -> str:
        lines = [f"notebooks in {self.folder}: {len(self.written)} written"]
        lines += [
            f"{path} was not updated, because you changed it: rename it to get tenantkit's version"
            for path in self.kept
        ]
        return "\n".join(lines)


def copy_notebooks(folder: str | Path = DEFAULT_FOLDER) -> Copies:
    """Copy the notebooks and their images into a folder. It may be called again.

    Args:
        folder: the folder, which is created if it does not exist. Default `tenantkit-notebooks`, in the current folder.

    Raises:
        OSError: the folder cannot be written.

    Example:
        >>> copy_notebooks("notebooks").first
        PosixPath('01-quickstart.ipynb')
    """
    target = Path(folder).absolute()
    target.mkdir(parents=True, exist_ok=True)
    known = _read_digests(target)
    written, kept = [], []
    sources = dict(_sources())
    for name, content in sources.items():
        path = target / name
        wanted, live = _digest(name, content), _digest_of(path)
        if live is not None and live not in (wanted, known.get(str(name))):
            kept.append(name)
            continue
        if live != wanted:
            _write(path, content)
            written.append(name)
        known[str(name)] = wanted
    _write(target / _DIGESTS, (json.dumps(known, indent=2, sort_keys=True) + "\n").encode())
    first = min(name for name in sources if name.suffix == ".ipynb")
    return Copies(target, first, tuple(written), tuple(kept))


def source_folder() -> Path:
    """The folder of tenantkit's own notebooks: in the package (wheel), or beside it (checkout)."""
    packaged = Path(str(files(__package__).joinpath("notebooks")))
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "notebooks"


def _sources() -> Iterator[tuple[Path, bytes]]:
    root = source_folder()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name, path.read_bytes()


def _read_digests(folder: Path) -> dict[str, str]:
    """The digests of the last copy; without them every file that differs counts as changed by the user."""
    try:
        known = json.loads((folder / _DIGESTS).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest(name: Path, content: bytes) -> str:
    """The digest of what a person wrote in a file: of a notebook its cells, of any other file its bytes."""
    cells = _cells(content) if name.suffix == ".ipynb" else None
    return hashlib.sha256(content if cells is None else json.dumps(cells, sort_keys=True).encode()).hexdigest()


def _cells(content: bytes) -> list[Any] | None:
    """The type, text and pasted pictures of each cell with a text; None if this is not a notebook.

    Empty cells do not count: JupyterLab adds one after the last cell is run.
    Source: the notebook format 4 of nbformat: a text may also be a list of its lines.
    """
    try:
        cells = json.loads(content)["cells"]
        texts = [[cell["cell_type"], "".join(cell["source"]), cell.get("attachments") or {}] for cell in cells]
        return [cell for cell in texts if cell[1].strip()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _digest_of(path: Path) -> str | None:
    try:
        return _digest(path, path.read_bytes())
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Write a file completely or not at all: half a notebook would count as changed by the user forever."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

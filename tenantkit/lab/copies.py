"""The notebooks that come with tenantkit, copied into a folder of the user's, where they may be changed.

What the user changed is never written over. A file of digests beside the copies tells what is still as it was written,
so that a newer tenantkit can bring these, and only these, up to date. Turned down: to open the notebooks where they are
installed, which another user may not write and the next upgrade would reset.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_FOLDER = "tenantkit-notebooks"
_DIGESTS = ".tenantkit.json"


@dataclass(frozen=True, slots=True)
class Copies:
    """What copying did.

    Args:
        folder: where the notebooks are now, absolute.
        first: the notebook to begin with, relative to the folder.
        written: files that are new or newer.
        kept: files that differ from tenantkit's, since the user changed them; they were left alone.
    """

    folder: Path
    first: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]

    def __str__(self) -> str:
        told = [f"notebooks in {self.folder}: {len(self.written)} written"]
        told += [f"{path} is yours by now and stays; to get tenantkit's, rename it" for path in self.kept]
        return "\n".join(told)


def copy_notebooks(folder: str | Path = DEFAULT_FOLDER) -> Copies:
    """Copy the notebooks, and the pictures in them, into a folder. Repeatable.

    Args:
        folder: where to; made if it is not there. Default `tenantkit-notebooks`, in the current folder.

    Raises:
        OSError: it can't be written.

    Example:
        >>> print(copy_notebooks("/tmp/notebooks"))  # doctest: +SKIP
    """
    target = Path(folder).absolute()
    target.mkdir(parents=True, exist_ok=True)
    known = _read_digests(target)
    written, kept = [], []
    sources = dict(_sources())
    for name, content in sources.items():
        place = target / name
        wanted, live = _digest(content), _digest_of(place)
        if live is not None and live not in (wanted, known.get(str(name))):
            kept.append(name)
            continue
        if live != wanted:
            _write(place, content)
            written.append(name)
        known[str(name)] = wanted
    _write(target / _DIGESTS, (json.dumps(known, indent=2, sort_keys=True) + "\n").encode())
    first = min(name for name in sources if name.suffix == ".ipynb")
    return Copies(target, first, tuple(written), tuple(kept))


def source_folder() -> Path:
    """Where tenantkit's own notebooks are: in the wheel inside the package, in a checkout beside it."""
    packaged = Path(str(files(__package__).joinpath("notebooks")))
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "notebooks"


def _sources() -> Iterator[tuple[Path, bytes]]:
    root = source_folder()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name, path.read_bytes()


def _read_digests(folder: Path) -> dict[str, str]:
    """What was written last time; where that can't be told, everything there counts as the user's."""
    try:
        known = json.loads((folder / _DIGESTS).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str | None:
    try:
        return _digest(path.read_bytes())
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a notebook cut in half would count as changed for ever."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

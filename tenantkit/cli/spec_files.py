"""The file argument of commands: specs of a file or of standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.spec.files import SpecFile


def read_spec_file(file: str) -> SpecFile:
    """The specs of a file; `-` is standard input."""
    from tenantkit.spec.files import parse_specs

    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return parse_specs(content, source=file)

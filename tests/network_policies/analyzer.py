"""Ask network-config-analyzer about many worlds; runs in that program's own environment, which has none of ours.

It reads a JSON list of worlds from standard input, each with `namespaces`, `pods` and `policies` as manifests, and
writes a JSON list of what the analyzer prints about each. One process for all, since it takes a second to import.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from nca.nca_cli import nca_main


def analysis(world: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("namespaces", "pods"):
            manifest = {"apiVersion": "v1", "kind": "List", "items": world[part]}
            (folder / f"{part}.json").write_text(json.dumps(manifest))
        (folder / "policies").mkdir()
        listed = {"apiVersion": "v1", "kind": "List", "items": world["policies"]}
        (folder / "policies" / "policies.yaml").write_text(json.dumps(listed))
        printed = io.StringIO()
        arguments = ["--connectivity", str(folder / "policies"), "-n", str(folder / "namespaces.json")]
        arguments += ["-p", str(folder / "pods.json"), "-o", "txt_no_fw_rules", "--output_endpoints", "pods"]
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            nca_main(arguments)
        return printed.getvalue()


if __name__ == "__main__":
    json.dump([analysis(world) for world in json.load(sys.stdin)], sys.stdout)

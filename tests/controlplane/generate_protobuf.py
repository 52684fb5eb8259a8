"""Reads Kubernetes' generated.proto files, and writes tenantkit/sandbox/data/protobuf.json.

kubectl and client-go send some requests as protobuf whatever the server says that it accepts. A field's number stands
in these files only, so they are read from the Go modules of the release that the sandbox follows. Embedded structs,
which JSON does not know, get an empty name.

    python tests/controlplane/generate_protobuf.py --go-modules "$(go env GOMODCACHE)/k8s.io"
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "tenantkit" / "sandbox" / "data"
FILES = {
    "api": ["core/v1", "networking/v1", "rbac/v1", "authorization/v1", "authentication/v1", "coordination/v1"],
    "apimachinery": ["pkg/apis/meta/v1", "pkg/api/resource", "pkg/runtime", "pkg/util/intstr"],
}
FIELD = re.compile(r"^  (optional |repeated |)(map<string, ([\w.]+)>|[\w.]+) (\w+) = (\d+);", re.MULTILINE)
SCALARS = {"string", "bool", "int32", "int64", "bytes", "double"}
OPTIONS = {"v1/DeleteOptions": "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions"}


def messages(text: str, known: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """The messages of one file: `{name: {number: [JSON name, type]}}`; a type is a word, `[]word` or `{}word`."""
    package = re.search(r"^package ([\w.]+);", text, re.MULTILINE)
    assert package is not None
    found: dict[str, dict[str, list[str]]] = {}
    for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        full = f"{package[1]}.{name}"
        schema = known.get(f"io.k8s.{full.removeprefix('k8s.io.')}", {})
        fields = schema.get("fields") if isinstance(schema, dict) else None
        found[full] = {}
        for label, plain, mapped, field, number in FIELD.findall(body):
            kind = (mapped or plain).removeprefix(".")
            kind = kind if kind in SCALARS or "." in kind else f"{package[1]}.{kind}"
            kind = ("{}" if mapped else "[]" if label == "repeated " else "") + kind
            inline = fields is not None and field not in fields and kind not in SCALARS
            found[full][number] = ["" if inline else field, kind]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--go-modules", type=Path, required=True, help="folder that holds api@v… and apimachinery@v…")
    modules: Path = parser.parse_args().go_modules
    types = json.loads((DATA / "types.json").read_text())
    version = "v0" + types["kubernetes"].removeprefix("v1")
    every: dict[str, dict[str, list[str]]] = {}
    for module, folders in FILES.items():
        for folder in folders:
            text = (modules / f"{module}@{version}" / folder / "generated.proto").read_text()
            every |= messages(text, types["types"])
    kinds = {kind: f"k8s.{schema.removeprefix('io.k8s.')}" for kind, schema in types["kinds"].items()}
    kinds = {kind: name.replace("k8s.", "k8s.io.", 1) for kind, name in kinds.items()} | OPTIONS
    reached: dict[str, dict[str, list[str]]] = {}
    todo = list(kinds.values())
    while todo:
        name = todo.pop()
        if name in every and name not in reached:
            reached[name] = every[name]
            todo += [kind.lstrip("[]{}") for _, kind in every[name].values()]
    content = {"kubernetes": types["kubernetes"], "kinds": kinds, "messages": reached}
    (DATA / "protobuf.json").write_text(json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

"""The field numbers of the API's protobuf messages: data/protobuf.json, read by sandbox/apimachinery/protobuf.py.

kubectl and client-go send some requests as protobuf whatever the server accepts. Only the generated.proto files have
the numbers of the fields, so they are read from the Go modules of the same release. Embedded structs, which JSON does
not have, get an empty name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.controlplane.gateway_api import GROUP

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
Messages = dict[str, dict[str, list[str]]]

FILES = {
    "api": [
        "apps/v1",
        "authentication/v1",
        "authorization/v1",
        "autoscaling/v1",
        "batch/v1",
        "coordination/v1",
        "core/v1",
        "discovery/v1",
        "events/v1",
        "networking/v1",
        "policy/v1",
        "rbac/v1",
        "scheduling/v1",
        "storage/v1",
    ],
    "apimachinery": ["pkg/apis/meta/v1", "pkg/api/resource", "pkg/runtime", "pkg/util/intstr"],
}
FIELD = re.compile(r"^  (optional |repeated |)(map<string, ([\w.]+)>|[\w.]+) (\w+) = (\d+);", re.MULTILINE)
SCALARS = {"string", "bool", "int32", "int64", "bytes", "double"}
OPTIONS = {"v1/DeleteOptions": "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions"}


def protobuf_messages(types: Json, go_modules: Path, version: str) -> Json:
    """The messages that the served kinds reach, by the release's generated.proto files.

    Args:
        types: the content of types.json.
        go_modules: the folder that holds api@v… and apimachinery@v….
        version: theirs, as in `v0.37.2`.
    """
    every: Messages = {}
    for module, folders in FILES.items():
        for folder in folders:
            text = (go_modules / f"{module}@{version}" / folder / "generated.proto").read_text()
            every |= messages(text, types["types"])
    kinds = {
        kind: f"k8s.io.{schema.removeprefix('io.k8s.')}"
        for kind, schema in types["kinds"].items()
        if not kind.startswith(GROUP)
    } | OPTIONS
    reached: Messages = {}
    todo = list(kinds.values())
    while todo:
        name = todo.pop()
        if name in every and name not in reached:
            reached[name] = every[name]
            todo += [kind.lstrip("[]{}") for _, kind in every[name].values()]
    return {"kinds": kinds, "messages": reached}


def messages(text: str, known: Json) -> Messages:
    """The messages of one file: `{name: {number: [JSON name, type]}}`; a type is a word, `[]word` or `{}word`."""
    package = re.search(r"^package ([\w.]+);", text, re.MULTILINE)
    assert package is not None
    found: Messages = {}
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

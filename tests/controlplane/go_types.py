"""The API types that the sandbox reads from data/types.json: see tenantkit/sandbox/apimachinery/schema.py.

OpenAPI has the fields, their defaults and how lists merge. It does not have which zero values a Go type leaves out of
its JSON (`omitempty` and pointers). These come from the Go modules k8s.io/api and k8s.io/apimachinery of the same
version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.controlplane.gateway_api import GROUP

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]

REF = "#/components/schemas/"
# names of the reflection packages in OpenAPI, and where their types.go is under the k8s.io modules
PACKAGES = {"io.k8s.api.": "api", "io.k8s.apimachinery.": "apimachinery"}


class GoField(NamedTuple):
    """A field in types.go: how its zero value is written, its Go type, and the struct that embeds it."""

    zero: str  # keep (a pointer), null (one without omitempty), empty (omitempty), drop (omitzero) or always
    go: str
    embedded: str


class GoTypes:
    """Facts that only the Go source has; the messages of decoding errors use them."""

    def __init__(self, modules: Path, version: str) -> None:
        self.modules, self.version = modules, version
        self.read: dict[str, dict[str, list[tuple[str, str, str]]]] = {}

    def fields(self, schema: str) -> dict[str, GoField]:
        """The fields of a schema by their JSON names."""
        package, _, name = schema.rpartition(".")
        return self._struct(package, name)

    def _struct(self, package: str, name: str, embedded: str = "") -> dict[str, GoField]:
        found: dict[str, GoField] = {}
        rules = {"omitzero": "drop", "omitempty": "empty"}  # omitempty never leaves out a struct
        for go_type, json_name, options in self._package(package).get(name, []):
            if not json_name:  # embedded
                inner = go_type.lstrip("*").rpartition(".")[2]
                meta = go_type.startswith("metav1.")
                home = "io.k8s.apimachinery.pkg.apis.meta.v1" if meta else package
                found |= self._struct(home, inner, f"{embedded}{inner}.")
            elif json_name != "-":
                rule = next((rule for option, rule in rules.items() if option in options), "always")
                if go_type.startswith("*"):
                    rule = "null" if rule == "always" else "keep"
                found[json_name] = GoField(rule, printed(go_type), embedded)
        return found

    def _package(self, package: str) -> dict[str, list[tuple[str, str, str]]]:
        if package not in self.read:
            self.read[package] = {
                name: re.findall(r'^\t(?:\w+\s+)?(\S+)\s+`json:"([^",]*)(,?[^"]*)"', body, re.MULTILINE)
                for name, body in re.findall(
                    r"^type (\w+) struct \{\n(.*?)^\}", self._source(package), re.MULTILINE | re.DOTALL
                )
            }
        return self.read[package]

    def _source(self, package: str) -> str:
        for prefix, module in PACKAGES.items():
            if package.startswith(prefix):
                folder = self.modules / f"{module}@{self.version}" / package.removeprefix(prefix).replace(".", "/")
                return "".join(path.read_text() for path in sorted(folder.glob("*types*.go")))
        raise LookupError(f"no Go module is known for {package}: add it to PACKAGES")


def printed(go_type: str) -> str:
    """A Go type as the JSON decoder prints it, in a package that is called v1."""
    found = re.sub(r"\b(?:\w+\.)?([A-Z]\w*)", r"v1.\1", go_type.replace("*", "", 1) if go_type[0] == "*" else go_type)
    return found.replace("v1.UID", "types.UID").replace("[]byte", "[]uint8")


def compact_type(schema: Json) -> Any:
    """A property's type in the short form that the sandbox uses; see tenantkit/sandbox/apimachinery/schema.py."""
    if "allOf" in schema or "$ref" in schema:
        name = (schema.get("$ref") or schema["allOf"][0]["$ref"]).removeprefix(REF)
        return {"ref": name} | ({"atomic": 1} if schema.get("x-kubernetes-map-type") == "atomic" else {})
    kind = schema.get("type")
    if kind == "array":
        by, keys = schema.get("x-kubernetes-list-type", "atomic"), schema.get("x-kubernetes-list-map-keys")
        return {"list": compact_type(schema["items"]), "by": by} | ({"keys": keys} if keys else {})
    if kind == "object" and "properties" not in schema:
        atomic = {"atomic": 1} if schema.get("x-kubernetes-map-type") == "atomic" else {}
        return {"map": compact_type(schema.get("additionalProperties", {}))} | atomic
    if schema.get("format") in ("int-or-string", "date-time", "byte"):
        return schema["format"]
    return {"integer": schema.get("format", "integer")}.get(kind or "", kind or "any")


def compact_types(documents: dict[str, Json], go_types: GoTypes) -> Json:
    """Every reachable type, as one table."""
    kinds: dict[str, str] = {}
    types: Json = {}
    for document in documents.values():
        for name, schema in document["components"]["schemas"].items():
            for gvk in schema.get("x-kubernetes-group-version-kind", []):
                if not gvk["kind"].endswith(("List", "Options", "Status", "WatchEvent")):
                    kinds["/".join(filter(None, (gvk["group"], gvk["version"], gvk["kind"])))] = name
            if is_custom(schema):
                types[name] = custom_type(schema)
                continue
            if "properties" not in schema:
                special = {"Quantity": "quantity", "MicroTime": "micro-time", "IntOrString": "int-or-string"}
                types[name] = special.get(name.rpartition(".")[2]) or compact_type(schema)
                continue
            go = go_types.fields(name)
            types[name] = {"fields": {p: compact_field(p, s, schema, go) for p, s in schema["properties"].items()}}
            if schema.get("x-kubernetes-map-type") == "atomic":
                types[name]["atomic"] = 1
    return {"kinds": kinds, "types": types}


def is_custom(schema: Json) -> bool:
    """Whether a schema is a CRD's: it has no Go type, and values stay as they were sent."""
    return any(gvk["group"] == GROUP for gvk in schema.get("x-kubernetes-group-version-kind", ()))


def custom_type(schema: Json) -> Any:
    """A CRD's type with nested structs, since none of them has a name."""
    if schema.get("type") == "array":
        return {**compact_type(schema), "list": custom_type(schema["items"])}
    if "properties" not in schema:
        return compact_type(schema)
    fields = {}
    for name, inner in schema["properties"].items():
        field: Json = {"t": custom_type(inner), "go": "", "zero": "keep"}
        if "default" in inner:
            field["default"] = inner["default"]
        fields[name] = field
    return {"fields": fields} | ({"atomic": 1} if schema.get("x-kubernetes-map-type") == "atomic" else {})


def compact_field(name: str, schema: Json, owner: Json, go: dict[str, GoField]) -> Json:
    """One field: its type, default, whether it is required, how its zero value is written, how patches merge it."""
    field: Json = {"t": compact_type(schema), "go": go[name].go}
    if schema.get("default") not in (None, {}):
        field["default"] = schema["default"]
    if name in owner.get("required", []):
        field["required"] = 1
    is_struct = "allOf" in schema or "$ref" in schema
    field["zero"] = "always" if go[name].zero == "empty" and is_struct else go[name].zero.replace("empty", "drop")
    if go[name].embedded:
        field["embedded"] = go[name].embedded
    for short, long in (("merge_key", "x-kubernetes-patch-merge-key"), ("strategy", "x-kubernetes-patch-strategy")):
        if long in schema:
            field[short] = schema[long]
    return field

"""The schemas of the served kinds, from files generated with a real API server and read when first used.

Each file names its Kubernetes release under `kubernetes`. The files are:

- `data/openapi/<group-version with "/" as "__">.json`: `{"document": …}`, the document at
  `/openapi/v3/<group-version>`, for example `data/openapi/apis__networking.k8s.io__v1.json` at
  `/openapi/v3/apis/networking.k8s.io/v1`.
- `data/discovery.json`: `{"api": …, "apis": …}`, the aggregated discovery documents.
- `data/bootstrap_rbac.json`: `{"items": [...]}`, the built-in ClusterRoles and their bindings.
- `data/tables.json`: `{"columns": {resource: [...]}}`, the columns of the tables that `kubectl get` prints.
- `data/protobuf.json`: the field numbers of protobuf, see `protobuf.py`.
- `data/types.json`: the same types as in the OpenAPI documents, in a fifth of the size, which this module reads:
  `{"kinds": {"v1/Pod": schema}, "types": {schema: type}}`. A type is a name for a scalar, `{"ref": schema}`,
  `{"map": type}`, `{"list": type, "by": "atomic|set|map", "keys": [...]}` or `{"fields": {name: field}}`; `"atomic": 1`
  means that server-side apply treats it as a whole. A field has `t`, its type, `go`, its Go type, and optionally
  `default`, `required`, `merge_key`, `strategy`, `embedded`; `zero` is what happens to an empty value: it is left out
  (`drop`), written (`keep`), or written even when it is not set (`always`, or as `null`). The Gateway API's kinds have
  no Go types: their structs are nested and have no names, and `go` is empty.

`make facts` writes all files. Rejected alternative: hand-written lists of merge keys, which become wrong without notice
with the next release.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Zero = Literal["drop", "keep", "always", "null"]
MISSING: Final = object()


@dataclass(slots=True, eq=False)
class Type:
    """A type of the API: a struct has `fields`, a map or list an `element`, and a scalar a `name`."""

    form: Literal["struct", "map", "list", "scalar"]
    name: str = ""  # of a struct: its Go name; of a scalar: string, int32, int64, boolean, quantity, date-time, …
    atomic: bool = False
    fields: dict[str, StructField] = field(default_factory=dict)
    required: tuple[StructField, ...] = ()  # the fields that are written even when they are not set
    element: Type | None = None
    by: Literal["atomic", "set", "map"] = "atomic"
    keys: tuple[str, ...] = ()

    @property
    def item(self) -> Type:
        """The type of a list's items or a map's values."""
        if self.element is None:
            raise TypeError(f"{self.name or self.form} has no elements")
        return self.element

    def child(self, name: str) -> Type | None:
        """The type of a struct's field or a map's value; None if the struct has no such field."""
        found = self.fields.get(name)
        return found.type if found else self.element


@dataclass(frozen=True, slots=True, eq=False)
class StructField:
    """A field of a struct."""

    name: str
    type: Type
    go: str
    zero: Zero
    default: Any = None
    merge_key: str = ""
    strategy: frozenset[str] = frozenset()
    embedded: str = ""


def data_file(name: str) -> Traversable:
    """A generated file, by its path under data/."""
    return files("tenantkit.sandbox").joinpath(f"data/{name}")


@cache
def load(name: str) -> Any:
    """The content of a generated file; shared, so it must not be changed."""
    return json.loads(data_file(name).read_bytes())


@cache
def kubernetes_version() -> str:
    """The Kubernetes release of the generated files, as in `/version`: `v1.37.2`."""
    return str(load("types.json")["kubernetes"])


@cache
def schema_of(api_version: str, kind: str) -> Type:
    """The type of a served kind.

    Args:
        api_version: as in a manifest.
        kind: as in a manifest.

    Returns:
        Its type; the same object at each call.

    Raises:
        LookupError: the sandbox does not serve it.
    """
    name = load("types.json")["kinds"].get(f"{api_version}/{kind}")
    if name is None:
        raise LookupError(f'no kind "{kind}" is registered for version "{api_version}"')
    return type_named(name)


@cache
def type_named(name: str) -> Type:
    """The type of that schema name."""
    return _build(load("types.json")["types"][name], name.rpartition(".")[2])


def _build(raw: Any, name: str = "") -> Type:
    """A type from its description in types.json."""
    if isinstance(raw, str):
        return Type("scalar", raw)
    atomic = bool(raw.get("atomic"))
    if "ref" in raw:
        return replace(type_named(raw["ref"]), atomic=True) if atomic else type_named(raw["ref"])
    if "list" in raw:
        return Type("list", by=raw["by"], keys=tuple(raw.get("keys", ())), element=_build(raw["list"]))
    if "map" in raw:
        return Type("map", atomic=atomic, element=_build(raw["map"]))
    fields = {key: _field(key, value) for key, value in raw["fields"].items()}
    always = tuple(item for item in fields.values() if item.zero in {"always", "null"})
    return Type("struct", name, atomic=atomic, fields=fields, required=always)


def _field(name: str, raw: Any) -> StructField:
    """A field from its description in types.json."""
    kind = _build(raw["t"])
    if raw["go"] == "v1.ResourceList":  # only these quantities are rounded up to milli
        kind = Type("map", element=Type("scalar", "resource-quantity"))
    return StructField(
        name,
        kind,
        raw["go"],
        raw["zero"],
        raw.get("default"),
        raw.get("merge_key", ""),
        frozenset(filter(None, raw.get("strategy", "").split(","))),
        raw.get("embedded", ""),
    )

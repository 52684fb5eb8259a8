r"""Asks a real control plane for what the sandbox must know, and writes tenantkit/sandbox/data/*.json.

Nothing in those files is typed by hand: discovery, OpenAPI and built-in roles come from a running kube-apiserver. One
thing no server tells is which zero values a Go type leaves out of its JSON (`omitempty` and pointers): that is read
from the Go module k8s.io/api of the same version. Turned down: serving the OpenAPI whole, 3 MB for a tenth in use.

    python tests/controlplane/generate_facts.py --server https://127.0.0.1:6443 --token T --ca CERTS/apiserver.crt \\
        --go-modules "$(go env GOMODCACHE)/k8s.io"

The controller manager must be running: it fills the rules of the aggregated roles admin, edit and view.
"""

from __future__ import annotations

import argparse
import json
import re
import ssl
import sys
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Json = dict[str, Any]

DATA = Path(__file__).parents[2] / "tenantkit" / "sandbox" / "data"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
FOREIGN = re.compile(r"protobuf|cbor|^application/yaml$")
REF = "#/components/schemas/"
SUBRESOURCES = {"status", "finalize", "token", "log"}
SERVED = {
    "api/v1": [
        "configmaps",
        "events",
        "limitranges",
        "namespaces",
        "persistentvolumeclaims",
        "pods",
        "resourcequotas",
        "secrets",
        "serviceaccounts",
        "services",
    ],
    "apis/authentication.k8s.io/v1": ["selfsubjectreviews", "tokenreviews"],
    "apis/authorization.k8s.io/v1": [
        "localsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
    ],
    "apis/coordination.k8s.io/v1": ["leases"],
    "apis/networking.k8s.io/v1": ["ingressclasses", "ingresses", "networkpolicies"],
    "apis/rbac.authorization.k8s.io/v1": ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
}
ROLES = ["cluster-admin", "admin", "edit", "view", "system:basic-user", "system:discovery", "system:public-info-viewer"]
# names of the reflection packages as OpenAPI writes them, and where their types.go lies under the k8s.io modules
PACKAGES = {"io.k8s.api.": "api", "io.k8s.apimachinery.": "apimachinery"}


class Server:
    """A control plane, reached with a token."""

    def __init__(self, url: str, token: str, ca: str | None) -> None:
        self.url, self.token = url.rstrip("/"), token
        self.tls = ssl.create_default_context(cafile=ca)
        if ca is None:
            self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE

    def get(self, path: str, accept: str = "application/json") -> Any:
        request = urllib.request.Request(  # noqa: S310 (the server that the caller named)
            f"{self.url}/{path}", headers={"Authorization": f"Bearer {self.token}", "Accept": accept}
        )
        with urllib.request.urlopen(request, context=self.tls, timeout=30) as answer:  # noqa: S310 (as above)
            return json.load(answer)


def from_kubeconfig(path: Path) -> Server:
    """The server and token of a kubeconfig's current context."""
    config = yaml.safe_load(path.read_text())
    named = {part: {item["name"]: item for item in config[part]} for part in ("clusters", "users", "contexts")}
    context = named["contexts"][config["current-context"]]["context"]
    cluster = named["clusters"][context["cluster"]]["cluster"]
    user = named["users"][context["user"]]["user"]
    return Server(cluster["server"], user["token"], cluster.get("certificate-authority"))


def served_discovery(server: Server) -> Json:
    """The aggregated discovery documents of /api and /apis, with nothing but the served resources."""
    documents: Json = {}
    for root in ("api", "apis"):
        document = server.get(root, DISCOVERY)
        groups = []
        for group in document["items"]:
            versions = []
            for version in group["versions"]:
                name = group["metadata"].get("name")
                wanted = SERVED.get(f"{root}/{name}/{version['version']}" if name else f"{root}/{version['version']}")
                if wanted:
                    resources = [keep_subresources(r) for r in version["resources"] if r["resource"] in wanted]
                    versions.append({**version, "resources": resources})
            if versions:
                groups.append({**group, "metadata": clean(group["metadata"]), "versions": versions})
        documents[root] = {**document, "items": groups}
    return documents


def keep_subresources(resource: Json) -> Json:
    """A resource of the discovery document without the subresources that the sandbox has not."""
    kept = [s for s in resource.get("subresources", []) if s["subresource"] in SUBRESOURCES]
    rest = {key: value for key, value in resource.items() if key != "subresources"}
    return {**rest, "subresources": kept} if kept else rest


def clean(metadata: Json) -> Json:
    """Metadata without what one server gave it at one time."""
    passing = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
    return {key: value for key, value in metadata.items() if key not in passing}


def refs_in(node: object) -> set[str]:
    """Every schema that a document points at."""
    if isinstance(node, dict):
        found = {node["$ref"].removeprefix(REF)} if isinstance(node.get("$ref"), str) else set()
        return found.union(*(refs_in(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(refs_in(value) for value in node))
    return set()


def json_only(node: Any) -> Any:
    """A document without the media types that the sandbox does not speak."""
    if isinstance(node, dict):
        if "content" in node and isinstance(node["content"], dict):
            spoken = {kind: body for kind, body in node["content"].items() if not FOREIGN.search(kind)}
            node = {**node, "content": spoken}
        return {key: json_only(value) for key, value in node.items()}
    return [json_only(item) for item in node] if isinstance(node, list) else node


def is_served(path: str, plurals: list[str]) -> bool:
    """Whether a path of an OpenAPI document belongs to a served resource or subresource."""
    parts = [part for part in path.strip("/").split("/") if not part.startswith("{")]
    if "watch" in parts:
        return False
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    if not rest or rest == ["namespaces"]:
        return not rest or "namespaces" in plurals
    if rest[0] == "namespaces" and "{namespace}" in path:
        rest = rest[1:]
    return rest[0] in plurals and (len(rest) == 1 or rest[1] in SUBRESOURCES)


def pruned(document: Json, plurals: list[str]) -> Json:
    """One group-version's OpenAPI document: the served paths and the schemas that they reach."""
    paths = json_only({path: item for path, item in document["paths"].items() if is_served(path, plurals)})
    schemas, reached, todo = document["components"]["schemas"], set[str](), refs_in(paths)
    while todo:
        name = todo.pop()
        reached.add(name)
        todo |= refs_in(schemas[name]) - reached
    components = {**document["components"], "schemas": {name: schemas[name] for name in reached}}
    return {**document, "paths": paths, "components": components}


class GoField(NamedTuple):
    """What types.go says of one field: how its zero value is written, its Go type, the struct that embeds it."""

    zero: str  # keep (a pointer), empty (omitempty), drop (omitzero) or always
    go: str
    embedded: str


class GoTypes:
    """What only the Go source tells of the types; the text of decoding errors speaks of it."""

    def __init__(self, modules: Path, version: str) -> None:
        self.modules, self.version = modules, "v0" + version.removeprefix("v1")
        self.read: dict[str, dict[str, list[tuple[str, str, str]]]] = {}

    def fields(self, schema: str) -> dict[str, GoField]:
        """The fields of a schema by their JSON names."""
        package, _, name = schema.rpartition(".")
        return self._struct(package, name)

    def _struct(self, package: str, name: str, embedded: str = "") -> dict[str, GoField]:
        found: dict[str, GoField] = {}
        rules = {"omitzero": "drop", "omitempty": "empty"}  # omitempty leaves out no struct
        for go_type, json_name, options in self._package(package).get(name, []):
            if not json_name:  # embedded
                inner = go_type.lstrip("*").rpartition(".")[2]
                meta = go_type.startswith("metav1.")
                home = "io.k8s.apimachinery.pkg.apis.meta.v1" if meta else package
                found |= self._struct(home, inner, f"{embedded}{inner}.")
            elif json_name != "-":
                rule = next((rule for option, rule in rules.items() if option in options), "always")
                found[json_name] = GoField("keep" if go_type.startswith("*") else rule, printed(go_type), embedded)
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
    return re.sub(r"\b(?:\w+\.)?([A-Z]\w*)", r"v1.\1", go_type.replace("*", "", 1) if go_type[0] == "*" else go_type)


def compact_type(schema: Json) -> Any:
    """A property's type in the few words that the sandbox uses; see tenantkit/sandbox/schema.py."""
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
            if "properties" not in schema:
                special = {"Quantity": "quantity", "MicroTime": "micro-time", "IntOrString": "int-or-string"}
                types[name] = special.get(name.rpartition(".")[2]) or compact_type(schema)
                continue
            go = go_types.fields(name)
            types[name] = {"fields": {p: compact_field(p, s, schema, go) for p, s in schema["properties"].items()}}
            if schema.get("x-kubernetes-map-type") == "atomic":
                types[name]["atomic"] = 1
    return {"kinds": kinds, "types": types}


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


def bootstrap_rbac(server: Server) -> list[Json]:
    """The built-in ClusterRoles that people meet, and the bindings to them."""
    rbac, kept = "apis/rbac.authorization.k8s.io/v1", []
    for plural, kind in (("clusterroles", "ClusterRole"), ("clusterrolebindings", "ClusterRoleBinding")):
        for item in server.get(f"{rbac}/{plural}")["items"]:
            if item["metadata"]["name"] in ROLES:
                if kind == "ClusterRole" and not item.get("rules"):
                    sys.exit(f"{item['metadata']['name']!r} has no rules: start the controller manager, then try again")
                kept.append({"apiVersion": rbac[5:], "kind": kind, **item, "metadata": clean(item["metadata"])})
    return kept


def write(path: str, content: Any) -> None:
    """One file of data, the same for the same answers."""
    target = DATA / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kubeconfig", type=Path)
    parser.add_argument("--server")
    parser.add_argument("--token", default="")
    parser.add_argument("--ca", help="the server's CA; without it the certificate is not checked")
    parser.add_argument("--go-modules", type=Path, required=True, help="folder that holds api@v… and apimachinery@v…")
    arguments = parser.parse_args()
    if arguments.kubeconfig:
        server = from_kubeconfig(arguments.kubeconfig)
    else:
        server = Server(arguments.server, arguments.token, arguments.ca)
    version = server.get("version")["gitVersion"]
    documents = {gv: pruned(server.get(f"openapi/v3/{gv}"), plurals) for gv, plurals in SERVED.items()}
    for gv, document in documents.items():
        write(f"openapi/{gv.replace('/', '__')}.json", document)
    write("discovery.json", {"kubernetes": version, **served_discovery(server)})
    write("types.json", {"kubernetes": version, **compact_types(documents, GoTypes(arguments.go_modules, version))})
    write("bootstrap_rbac.json", {"kubernetes": version, "items": bootstrap_rbac(server)})


if __name__ == "__main__":
    main()

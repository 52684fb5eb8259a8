"""Reads the facts that the sandbox needs from a real control plane into tenantkit/sandbox/data/*.json: `make facts`.

Nothing in those files is typed by hand: discovery, OpenAPI, the columns of tables and the built-in roles come from a
running kube-apiserver, and the rest from the Go modules of the same version. Each file names that release under
`kubernetes`.
Rejected alternative: serving the whole OpenAPI document, 3 MB of which a tenth is used.

    python -m tests.controlplane.generate_facts [--kubeconfig FILE] [--go-modules FOLDER]

Without a kubeconfig it starts a separate control plane. With one, a controller manager must run there too: it fills the
rules of the aggregated roles admin, edit and view. The Gateway API's CRDs are installed there and stay.
"""

from __future__ import annotations

import argparse
import json
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.gateway_api import GROUP, OLDER_PLURALS, PLURALS, put_on
from tests.controlplane.go_types import REF, GoTypes, compact_types
from tests.controlplane.protobuf_facts import protobuf_messages

Json = dict[str, Any]

DATA = Path(__file__).parents[2] / "tenantkit" / "sandbox" / "data"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
FOREIGN = re.compile(r"protobuf|cbor|^application/yaml$")
SUBRESOURCES = {"binding", "ephemeralcontainers", "eviction", "finalize", "log", "scale", "status", "token"}
SERVED = {
    "api/v1": [
        "configmaps",
        "events",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "resourcequotas",
        "secrets",
        "serviceaccounts",
        "services",
    ],
    "apis/admissionregistration.k8s.io/v1": ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
    "apis/apps/v1": ["deployments", "replicasets", "statefulsets"],
    "apis/authentication.k8s.io/v1": ["selfsubjectreviews", "tokenreviews"],
    "apis/authorization.k8s.io/v1": [
        "localsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
    ],
    "apis/batch/v1": ["cronjobs", "jobs"],
    "apis/coordination.k8s.io/v1": ["leases"],
    "apis/discovery.k8s.io/v1": ["endpointslices"],
    "apis/events.k8s.io/v1": ["events"],
    f"apis/{GROUP}/v1": [*PLURALS],
    f"apis/{GROUP}/v1beta1": [*OLDER_PLURALS],
    "apis/networking.k8s.io/v1": ["ingressclasses", "ingresses", "networkpolicies"],
    "apis/rbac.authorization.k8s.io/v1": ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
    "apis/scheduling.k8s.io/v1": ["priorityclasses"],
    "apis/storage.k8s.io/v1": ["storageclasses"],
}
AGGREGATED = ["admin", "edit", "view"]
# the components that the sandbox has: admission policies ask what they may do
CONTROLLERS = [
    "clusterrole-aggregation-controller",
    "deployment-controller",
    "endpointslice-controller",
    "generic-garbage-collector",
    "job-controller",
    "namespace-controller",
    "node-controller",
    "persistent-volume-binder",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "service-account-controller",
    "statefulset-controller",
]
ROLES = [
    "cluster-admin",
    *AGGREGATED,
    *(f"system:aggregate-to-{name}" for name in AGGREGATED),
    "system:basic-user",
    "system:discovery",
    "system:kube-scheduler",
    "system:public-info-viewer",
    *(f"system:controller:{name}" for name in CONTROLLERS),
]


class NoFactsError(Exception):
    """The control plane can't answer, or not yet; the message says why."""


class Connection:
    """A connection to a control plane as the user of a kubeconfig's current context, who has a token."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        named = {part: {item["name"]: item for item in config[part]} for part in ("clusters", "users", "contexts")}
        context = named["contexts"][config["current-context"]]["context"]
        cluster = named["clusters"][context["cluster"]]["cluster"]
        self._server: str = cluster["server"]
        self._token: str = named["users"][context["user"]]["user"]["token"]
        self._trust = ssl.create_default_context(cafile=cluster["certificate-authority"])

    def get(self, path: str, accept: str = "application/json") -> Any:
        """The JSON at a path."""
        request = urllib.request.Request(  # noqa: S310 (the server that the caller named)
            f"{self._server}/{path}", headers={"Authorization": f"Bearer {self._token}", "Accept": accept}
        )
        with urllib.request.urlopen(request, context=self._trust, timeout=30) as answer:  # noqa: S310 (as above)
            return json.load(answer)

    def ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Send any request and return its answer."""
        request = urllib.request.Request(  # noqa: S310 (as above)
            f"{self._server}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, context=self._trust, timeout=30) as answer:  # noqa: S310 (as above)
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode(errors="replace")


def generate(connection: Connection, go_modules: Path) -> dict[str, Json]:
    """All facts that the sandbox needs: the content of each file, by its path under data/.

    Args:
        connection: to the control plane; may read everything.
        go_modules: the folder that holds the modules api@v… and apimachinery@v… of its version.

    Raises:
        NoFactsError: the controllers have not filled the built-in roles.
        NotServedError: the Gateway API's kinds can't be put there.
        OSError: the control plane does not answer, or a module is missing.
    """
    put_on(connection.ask, go_modules)
    version: str = connection.get("version")["gitVersion"]
    of_modules = "v0" + version.removeprefix("v1")
    documents = {gv: pruned(connection.get(f"openapi/v3/{gv}"), plurals) for gv, plurals in SERVED.items()}
    discovery = served_discovery(connection)
    types = compact_types(documents, GoTypes(go_modules, of_modules))
    files: dict[str, Json] = {
        "discovery.json": discovery,
        "types.json": types,
        "protobuf.json": protobuf_messages(types, go_modules, of_modules),
        "tables.json": {"columns": columns_of_tables(connection, discovery)},
        "bootstrap_rbac.json": {"items": bootstrap_rbac(connection)},
        **{f"openapi/{gv.replace('/', '__')}.json": {"document": document} for gv, document in documents.items()},
    }
    return {name: {"kubernetes": version, **content} for name, content in files.items()}


def write(files: dict[str, Json], folder: Path) -> None:
    """Write the files into a folder, the same bytes for the same answers."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        target.write_text(f"{text}\n")


def modules_of_go() -> Path:
    """Go's folder of the k8s.io modules that the control plane was built from."""
    go = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True)
    return Path(go.stdout.strip()) / "k8s.io"


def served_discovery(connection: Connection) -> Json:
    """The aggregated discovery documents of /api and /apis, reduced to the resources that the sandbox serves."""
    documents: Json = {}
    for root in ("api", "apis"):
        document = connection.get(root, DISCOVERY)
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
    """A resource of the discovery document without the subresources that the sandbox does not have."""
    kept = [s for s in resource.get("subresources", []) if s["subresource"] in SUBRESOURCES]
    rest = {key: value for key, value in resource.items() if key != "subresources"}
    return {**rest, "subresources": kept} if kept else rest


def clean(metadata: Json) -> Json:
    """Metadata without the values that differ from server to server."""
    passing = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
    return {key: value for key, value in metadata.items() if key not in passing}


def refs_in(node: object) -> set[str]:
    """Every schema that a document refers to."""
    if isinstance(node, dict):
        found = {node["$ref"].removeprefix(REF)} if isinstance(node.get("$ref"), str) else set()
        return found.union(*(refs_in(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(refs_in(value) for value in node))
    return set()


def json_only(node: Any) -> Any:
    """A document without the media types that the sandbox does not support."""
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


def columns_of_tables(connection: Connection, discovery: Json) -> Json:
    """The columns of each kind that can be listed, by its resource: `{"ingresses.networking.k8s.io": [...]}`."""
    found: Json = {}
    for root in ("api", "apis"):
        for group in discovery[root]["items"]:
            name = group["metadata"].get("name", "")
            for version, resource in ((v["version"], r) for v in group["versions"] for r in v["resources"]):
                if "list" in resource["verbs"]:
                    path = "/".join(filter(None, (root, name, version, resource["resource"])))
                    table = connection.get(f"{path}?labelSelector=nobody=has", TABLE)
                    found[".".join(filter(None, (resource["resource"], name)))] = table["columnDefinitions"]
    return found


def bootstrap_rbac(connection: Connection) -> list[Json]:
    """The built-in ClusterRoles for users and for the components of the sandbox, and the bindings to them."""
    rbac, kept = "apis/rbac.authorization.k8s.io/v1", []
    for plural, kind in (("clusterroles", "ClusterRole"), ("clusterrolebindings", "ClusterRoleBinding")):
        for item in connection.get(f"{rbac}/{plural}")["items"]:
            if item["metadata"]["name"] in ROLES:
                if kind == "ClusterRole" and not item.get("rules"):
                    name = item["metadata"]["name"]
                    raise NoFactsError(f"{name!r} has no rules: start the controller manager, then try again")
                kept.append({"apiVersion": rbac[5:], "kind": kind, **item, "metadata": clean(item["metadata"])})
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kubeconfig", type=Path, help="of a control plane; default: one that is started for this")
    parser.add_argument("--go-modules", type=Path, help="folder that holds api@v… and apimachinery@v…; default: Go's")
    arguments = parser.parse_args()
    go_modules = arguments.go_modules or modules_of_go()
    if arguments.kubeconfig:
        files = generate(Connection(arguments.kubeconfig), go_modules)
    else:
        with ControlPlane() as plane:
            files = generate(Connection(plane.kubeconfig), go_modules)
    write(files, DATA)


if __name__ == "__main__":
    main()

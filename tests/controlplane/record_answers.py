"""Sends the requests of three recorded files to a real control plane again, and writes its answers beside them.

The unit tests of the sandbox's object semantics compare with these answers, so that "as the real server" is recorded
and not remembered. It needs a fresh control plane without a controller manager, whose writes would interfere, and with
the admission plug-in ServiceAccount disabled, since nothing creates the accounts that it requires.

    python tests/controlplane/record_answers.py --server https://127.0.0.1:6443 --token T --ca CERTS/apiserver.crt

A step is `{"op", "kind", "name", "body", "manager", "force", "subresource", "dry_run", "answer"}`; `op` is create, put,
apply, merge, strategic or json. Times, uids and versions are left out of the answers; a Service's address is `IP`.
"""

from __future__ import annotations

import argparse
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

Json = dict[str, Any]

RECORDED = Path(__file__).parents[1] / "unit" / "sandbox" / "recorded"
FILES = ("random.json", "sequences.json", "validation.json")
CONTENT_TYPES = {
    "apply": "application/apply-patch+yaml",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
GROUPS = {
    **dict.fromkeys(("Ingress", "IngressClass", "NetworkPolicy"), "networking.k8s.io"),
    **dict.fromkeys(("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), "rbac.authorization.k8s.io"),
    "Lease": "coordination.k8s.io",
}
PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "IngressClass": "ingressclasses"}
CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "IngressClass"}


def path_of(kind: str, namespace: str) -> str:
    """The path of an object of a kind."""
    group = GROUPS.get(kind)
    within = "" if kind in CLUSTER_WIDE else f"/namespaces/{namespace}"
    return (f"/apis/{group}/v1" if group else "/api/v1") + within + "/" + PLURALS.get(kind, f"{kind.lower()}s")


def normalised(code: int, answer: Json) -> Json:
    """An answer without the values that differ from run to run, and without the order of Go's maps."""
    if answer.get("kind") == "Status":
        details = answer.get("details") or {}
        causes = sorted(details.get("causes", []), key=lambda cause: json.dumps(cause, sort_keys=True))
        message = "" if causes else answer.get("message", "")
        return {"code": code, "reason": answer.get("reason", ""), "message": message, "causes": causes}
    metadata = {k: v for k, v in answer["metadata"].items() if k not in ("uid", "resourceVersion", "creationTimestamp")}
    metadata.pop("generateName", None)
    if "managedFields" in metadata:
        entries = [{k: v for k, v in entry.items() if k != "time"} for entry in metadata["managedFields"]]
        metadata["managedFields"] = sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
    found = {**answer, "metadata": metadata}
    if answer["kind"] == "Service" and answer["spec"].get("clusterIP") not in (None, "None"):
        found["spec"] = {**answer["spec"], "clusterIP": "IP", "clusterIPs": ["IP"]}
    return found


def ask(arguments: argparse.Namespace, method: str, path: str, body: Any, content_type: str) -> Json:
    """One request's normalised answer."""
    tls = ssl.create_default_context(cafile=arguments.ca)
    if arguments.ca is None:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    headers = {"Authorization": f"Bearer {arguments.token}", "Content-Type": content_type}
    request = urllib.request.Request(  # noqa: S310 (the server that the caller named)
        arguments.server + path, data=json.dumps(body).encode(), method=method, headers=headers
    )
    try:
        with urllib.request.urlopen(request, context=tls, timeout=30) as answer:  # noqa: S310 (as above)
            return normalised(answer.status, json.load(answer))
    except urllib.error.HTTPError as error:
        return normalised(error.code, json.load(error))


def answer_of(arguments: argparse.Namespace, step: Json, namespace: str) -> Json:
    """The server's answer to a step."""
    query = f"?fieldManager={step['manager']}" + ("&force=true" if step.get("force") else "")
    query += "&dryRun=All" if step.get("dry_run") else ""
    path = path_of(step["kind"], namespace)
    if step["op"] == "create":
        return ask(arguments, "POST", path + query, step["body"], "application/json")
    subresource = f"/{step['subresource']}" if step.get("subresource") else ""
    method, content_type = ("PUT", "application/json") if step["op"] == "put" else ("PATCH", CONTENT_TYPES[step["op"]])
    return ask(arguments, method, f"{path}/{step['name']}{subresource}{query}", step["body"], content_type)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--ca", help="the server's CA; without it the certificate is not checked")
    arguments = parser.parse_args()
    for file in (RECORDED / name for name in FILES):
        namespace = f"recorded-{file.stem}"
        ask(arguments, "POST", "/api/v1/namespaces", {"metadata": {"name": namespace}}, "application/json")
        steps = json.loads(file.read_text())
        for step in steps:
            step["answer"] = answer_of(arguments, step, namespace)
        lines = [json.dumps(step, sort_keys=True, ensure_ascii=False, separators=(",", ":")) for step in steps]
        file.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()

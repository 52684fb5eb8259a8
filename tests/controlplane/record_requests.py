"""Sends the requests below to a real control plane, and writes its answers into tests/unit/sandbox/recorded/.

They are what clients send first and what they get wrong: missing tokens and permissions, wrong kinds, options,
selectors, pages, preconditions, finalizers, reviews, escalation. The sandbox's unit test sends the same requests and
compares whole answers. It needs a fresh control plane with `--anonymous-auth=false` and a kubeconfig with the users
admin, owner and stranger.

    python tests/controlplane/record_requests.py --kubeconfig FILE
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

import urllib3
import yaml

Json = Any
RECORDED = Path(__file__).parents[1] / "unit" / "sandbox" / "recorded" / "requests.json"

JSON, YAML = "application/json", "application/yaml"
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
JSON_PATCH, STRATEGIC = "application/json-patch+json", "application/strategic-merge-patch+json"

_RBAC_GROUP = "rbac.authorization.k8s.io"
RBAC = f"/apis/{_RBAC_GROUP}/v1"
NET = "/apis/networking.k8s.io/v1"
REVIEW = "/apis/authorization.k8s.io/v1"
WHO = "/apis/authentication.k8s.io/v1"
IN = "/api/v1/namespaces/recorded"
MAPS, PODS = f"{IN}/configmaps", f"{IN}/pods"
ROLES, BINDINGS = f"{RBAC}/namespaces/recorded/roles", f"{RBAC}/namespaces/recorded/rolebindings"

STARRED = frozenset({
    "ca.crt", "clusterIP", "continue", "creationTimestamp", "deletionTimestamp", "expirationTimestamp",
    "lastTransitionTime", "resourceVersion", "serverAddress", "time", "token", "uid",
})  # fmt: skip
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER_IN_RECORD = re.compile(r"in record \(\d+\)")
SETTLES_WITHIN_S = 2.0


def config_map(name: str = "", **fields: Json) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name} if name else {}, **fields}


def role(name: str, *rules: Json) -> Json:
    return {"apiVersion": f"{_RBAC_GROUP}/v1", "kind": "Role", "metadata": {"name": name}, "rules": list(rules)}


def rule(verbs: str, resources: str, groups: str = "", **fields: Json) -> Json:
    lists = {"apiGroups": groups, "resources": resources, "verbs": verbs}
    return {key: text.split(",") for key, text in lists.items()} | fields


def binding(name: str, kind: str, to: str, user: str = "x") -> Json:
    return {
        "apiVersion": f"{_RBAC_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _RBAC_GROUP, "kind": kind, "name": to},
        "subjects": [{"kind": "User", "name": user, "apiGroup": _RBAC_GROUP}],
    }


def pod(name: str, **spec: Json) -> Json:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "main", "image": "busybox"}], **spec}}


def access(verb: str, resource: str, group: str = "", **fields: Json) -> Json:
    return {"spec": {"resourceAttributes": {"verb": verb, "resource": resource, "group": group, **fields}}}


def ask(user: str, method: str, path: str, body: Json = None, content_type: str = JSON, **headers: str) -> Json:
    """One request; `-` in `headers` is written `_`."""
    found = {"user": user, "method": method, "path": path}
    if body is not None:
        found |= {"body": body, "content_type": content_type}
    return found | ({"headers": {key.replace("_", "-"): value for key, value in headers.items()}} if headers else {})


def about_the_server() -> list[Json]:
    paths = ("/healthz", "/readyz", "/livez", "/", "/metrics", f"{NET}/ingresses", "/api/v1/namespaces/default")
    foreign = ("/api/v1/secrets?watch=1", "/apis/foo.example.com/v1/foos", f"{PODS}/x/log", f"{PODS}/%3Cb%3E")
    unknown = ("/nope", "/apis/foo.example.com/v1/foos", "/api/v1/foos", f"{MAPS}/x/status", "/api/v1/pods/x")
    return [
        ask("", "GET", "/api/v1/namespaces"),
        ask("nobody-knows-this", "GET", "/version"),
        *(ask("stranger", "GET", path) for path in (*paths, *foreign)),
        ask("stranger", "DELETE", PODS),
        *(ask("admin", "GET", path) for path in unknown),
    ]


def creates() -> list[Json]:
    wrong = (
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}},
        {"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "b"}},
        {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "b"}},
        role("b"),
        config_map("b", data={"x": 1}),
        config_map(),
        {"apiVersion": "v1", "kind": "ConfigMap"},
        {**config_map("b"), "metadata": {"name": "b", "namespace": "other"}},
        {**config_map("b"), "metadata": {"name": "b", "resourceVersion": "5"}},
        config_map("Bad_Name"),
    )
    unknown = {"?fieldValidation=Strict": "uf2", "?fieldValidation=Ignore": "uf3", "": "uf1"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "recorded"}}
    return [
        ask("admin", "POST", "/api/v1/namespaces?dryRun=All", namespace),
        ask("admin", "POST", "/api/v1/namespaces", namespace) | {"settle": True},
        ask("admin", "POST", "/api/v1/namespaces", namespace),
        ask("admin", "POST", "/api/v1/namespaces?dryRun=Foo", namespace),
        ask("admin", "POST", MAPS, config_map("a", data={"x": "1"})),
        ask("admin", "POST", MAPS, {"metadata": {"name": "b"}}),
        *(ask("admin", "POST", MAPS, body) for body in wrong),
        *(ask("admin", "POST", MAPS, body) for body in ("", "{nope", "[]")),
        ask("admin", "POST", MAPS, "x", "text/plain"),
        ask("admin", "POST", MAPS, "metadata: {name: c}\ndata: {when: 2026-11-25}\n", YAML),
        ask("admin", "POST", MAPS, "metadata: {name: e}\ndata: {a: 1}\n", YAML),
        ask("admin", "POST", MAPS, "a: [", YAML),
        *(ask("admin", "POST", MAPS + query, config_map(name, foo=1, bar=2)) for query, name in unknown.items()),
        ask("admin", "POST", f"{MAPS}?fieldValidation=Foo", config_map("d")),
        ask("admin", "POST", f"{MAPS}?fieldManager={'x' * 129}", config_map("d")),
        ask("admin", "POST", f"{MAPS}?fieldManager=me", config_map("d")),
        ask("admin", "POST", f"{MAPS}/d", config_map("d")),
        ask("admin", "POST", "/api/v1/configmaps", config_map("d")),
        ask("admin", "POST", "/api/v1/namespaces/nowhere/configmaps", config_map("d")),
    ]


def updates_and_patches() -> list[Json]:
    here = f"{MAPS}/a"
    other_uid = {**config_map("a"), "metadata": {"name": "a", "uid": "00000000-0000-0000-0000-000000000000"}}
    elsewhere = {**config_map("a"), "metadata": {"name": "a", "namespace": "other"}}
    puts = (config_map("a", data={"x": "2"}), config_map("b"), other_uid, elsewhere, config_map())
    versions = ("1", "abc")
    merges = ({"data": {"y": "1"}}, {"data": {"y": "1"}}, {"foo": 1}, {"metadata": {"name": "q"}})
    meta_merges = ({"metadata": {"resourceVersion": "1"}}, {"metadata": {"uid": "q"}})
    return [
        *(ask("admin", "PUT", here, body) for body in puts),
        *(
            ask("admin", "PUT", here, {**config_map(), "metadata": {"name": "a", "resourceVersion": version}})
            for version in versions
        ),
        ask("admin", "PUT", f"{MAPS}/nf", config_map("nf")),
        ask("admin", "PUT", MAPS, config_map("a")),
        ask("admin", "PUT", f"{ROLES}/put", role("put", rule("get", "pods"))),
        ask("admin", "PUT", f"{RBAC}/namespaces/recorded/nope/x", config_map("a")),
        *(ask("admin", "PATCH", here, body, MERGE) for body in (*merges, *meta_merges)),
        ask("admin", "PATCH", here, [{"op": "add", "path": "/data/z", "value": "1"}], JSON_PATCH),
        ask("admin", "PATCH", here, {"metadata": {"labels": {"l": "1"}}}, STRATEGIC),
        ask("admin", "PATCH", here, {"data": {}}, JSON),
        ask("admin", "PATCH", f"{MAPS}/nf", {"data": {}}, MERGE),
        ask("admin", "PATCH", f"{here}?force=true", {"data": {}}, MERGE),
        ask("admin", "GET", here, Accept="application/xml"),
    ]


def applies() -> list[Json]:
    here, one, two = f"{MAPS}/ap", config_map("ap", data={"a": "1"}), config_map("ap", data={"a": "2"})
    by = f"{here}?fieldManager="
    new = f"{MAPS}/ap2?fieldManager=t"
    odd = ({**config_map("ap2"), "kind": "Secret"}, {"metadata": {"name": "ap2"}}, config_map(), config_map("ap3"))
    return [
        ask("admin", "PATCH", here, one, APPLY),
        ask("admin", "PATCH", f"{by}t&dryRun=All", one, APPLY),
        ask("admin", "PATCH", f"{by}t", one, APPLY),
        ask("admin", "PATCH", f"{by}t", one, APPLY),
        ask("admin", "PATCH", f"{by}u", two, APPLY),
        ask("admin", "PATCH", f"{by}u&force=true", two, APPLY),
        ask("admin", "PATCH", f"{by}u", {**two, "metadata": {"name": "ap", "resourceVersion": "5"}}, APPLY),
        *(ask("admin", "PATCH", new, body, APPLY) for body in (*odd, "a: [", config_map("ap2", foo=1))),
        ask("admin", "PATCH", new, {**config_map(), "metadata": {"name": "ap2", "uid": "5"}}, APPLY),
        ask("admin", "PATCH", "/api/v1/namespaces/nowhere/configmaps/a?fieldManager=t", config_map("a"), APPLY),
    ]


def lists() -> list[Json]:
    selectors = ("labelSelector=l=1", "fieldSelector=metadata.name=a", "fieldSelector=data.x=1", "labelSelector=a+in")
    versions = ("resourceVersionMatch=Exact", "resourceVersion=abc", "resourceVersion=0&resourceVersionMatch=Exact")
    odd = ("resourceVersion=5&resourceVersionMatch=Foo", "limit=x", "continue=xx", "watch=1&sendInitialEvents=true")
    return [
        *(ask("admin", "GET", f"{MAPS}?{query}") for query in (*selectors, *versions, *odd)),
        ask("admin", "GET", f"{PODS}?fieldSelector=spec.foo=1"),
        ask("admin", "GET", "/api/v1/namespaces?fieldSelector=status.phase=Terminating"),
        ask("admin", "GET", f"{MAPS}?limit=2"),
        ask("admin", "GET", f"{MAPS}?limit=2&continue={{continue}}"),
        ask("admin", "GET", f"{MAPS}?limit=2&resourceVersion=1&continue={{continue}}"),
        ask("admin", "GET", "/api/v1/namespaces/nowhere/configmaps"),
    ]


def deletes() -> list[Json]:
    here = f"{MAPS}/a"
    bodies = ({"preconditions": {"uid": "x"}}, {"preconditions": {"resourceVersion": "1"}}, config_map())
    return [
        ask("admin", "DELETE", f"{MAPS}/d"),
        ask("admin", "DELETE", f"{MAPS}/d"),
        *(ask("admin", "DELETE", here, body) for body in bodies),
        ask("admin", "DELETE", f"{here}?dryRun=All"),
        ask("admin", "DELETE", f"{here}?propagationPolicy=Foo"),
        ask("admin", "PATCH", here, {"metadata": {"finalizers": ["example.com/x"]}}, MERGE),
        ask("admin", "DELETE", here),
        ask("admin", "DELETE", here),
        ask("admin", "PATCH", here, {"metadata": {"finalizers": ["example.com/x", "example.com/y"]}}, MERGE),
        ask("admin", "PATCH", here, {"metadata": {"finalizers": None}}, MERGE),
        ask("admin", "GET", here),
        ask("admin", "DELETE", f"{MAPS}?labelSelector=nobody=has"),
        ask("admin", "DELETE", f"{MAPS}?fieldSelector=metadata.name=c"),
        ask("admin", "DELETE", "/api/v1/namespaces"),
    ]


def reviews() -> list[Json]:
    mine, theirs = f"{REVIEW}/selfsubjectaccessreviews", f"{REVIEW}/subjectaccessreviews"
    local, me = f"{REVIEW}/namespaces/recorded/localsubjectaccessreviews", f"{WHO}/selfsubjectreviews"
    path = {"nonResourceAttributes": {"verb": "get", "path": "/api"}}
    questions: tuple[Json, ...] = (
        access("list", "pods", namespace="recorded"),
        access("create", "selfsubjectaccessreviews", "authorization.k8s.io"),
        {"spec": path},
        {"spec": {}},
    )
    master = {"spec": {"user": "x", "groups": ["system:masters"], **access("get", "pods")["spec"]}}
    return [
        *(ask("stranger", "POST", mine, question) for question in questions),
        ask("admin", "POST", mine, access("*", "*", "*")),
        ask("admin", "GET", mine),
        ask("stranger", "POST", theirs, {"spec": {}}),
        ask("admin", "POST", theirs, master),
        ask("admin", "POST", theirs, access("get", "pods")),
        ask("admin", "POST", local, {"spec": {"user": "x", **access("get", "pods", namespace="recorded")["spec"]}}),
        ask("admin", "POST", local, {"spec": {"user": "x", **access("get", "pods", namespace="other")["spec"]}}),
        ask("stranger", "POST", f"{REVIEW}/selfsubjectrulesreviews", {"spec": {"namespace": "recorded"}}),
        ask("stranger", "POST", f"{REVIEW}/selfsubjectrulesreviews", {"spec": {}}),
        ask("stranger", "POST", me, {}),
        ask("admin", "POST", me, {}, Impersonate_User="dana", Impersonate_Group="ml-vision"),
        ask("admin", "POST", me, {}, Impersonate_User="system:serviceaccount:recorded:default"),
        ask("stranger", "GET", "/version", Impersonate_User="dana"),
        ask("admin", "POST", f"{WHO}/tokenreviews", {"spec": {"token": "nope"}}),
        ask("admin", "POST", f"{WHO}/tokenreviews", {"spec": {}}),
        ask("admin", "POST", f"{IN}/serviceaccounts/nope/token", {"spec": {}}),
    ]


def escalation() -> list[Json]:
    own = role(
        "own",
        rule("create,get,patch,update,delete", "roles,rolebindings", _RBAC_GROUP),
        rule("get,list", "pods"),
        rule("bind", "clusterroles", _RBAC_GROUP, resourceNames=["view"]),
        rule("patch", "configmaps"),
    )
    much = role("e2", rule("get,list,delete", "pods,secrets", ",apps", resourceNames=["a", "b"]), rule("watch", "pods"))
    everything = {"rules": [rule("*", "*", "*")]}
    question = access("get", "pods", namespace="recorded")
    return [
        ask("admin", "POST", ROLES, own),
        ask("admin", "POST", BINDINGS, binding("own", "Role", "own", "owner@example.com")) | {"settle": True},
        ask("owner", "POST", ROLES, role("e1", rule("get", "pods"))),
        ask("owner", "POST", ROLES, much),
        ask("owner", "PATCH", f"{ROLES}/e3?fieldManager=x", role("e3", rule("*", "secrets")), APPLY),
        ask("owner", "PATCH", f"{ROLES}/own", everything, MERGE),
        ask("owner", "PATCH", f"{ROLES}/own", {"metadata": {"finalizers": []}}, MERGE),
        ask("owner", "POST", BINDINGS, binding("b1", "ClusterRole", "view")),
        ask("owner", "POST", BINDINGS, binding("b2", "ClusterRole", "nope")),
        ask("owner", "POST", BINDINGS, binding("b3", "Role", "own")),
        ask("owner", "POST", BINDINGS, binding("b4", "ClusterRole", "cluster-admin")),
        ask("owner", "POST", f"{REVIEW}/selfsubjectaccessreviews", question),
        ask("owner", "PATCH", f"{MAPS}/o?fieldManager=t", config_map("o"), APPLY),
    ]


def other_kinds() -> list[Json]:
    backend = {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}
    ingresses = f"{NET}/namespaces/recorded/ingresses"
    address = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
    return [
        ask("admin", "POST", PODS, pod("p")),
        ask("admin", "PATCH", f"{PODS}/p/status", {"status": {"phase": "Running"}, "spec": {"nodeName": "x"}}, MERGE),
        ask("admin", "GET", f"{PODS}/p/log"),
        ask("admin", "GET", f"{PODS}?fieldSelector=status.phase=Running"),
        ask("admin", "DELETE", f"{PODS}/p"),
        ask("admin", "POST", PODS, pod("on-a-node", nodeName="n1")),
        ask("admin", "DELETE", f"{PODS}/on-a-node"),
        ask("admin", "DELETE", f"{PODS}/on-a-node?gracePeriodSeconds=5"),
        ask("admin", "DELETE", f"{PODS}/on-a-node?gracePeriodSeconds=0"),
        ask("admin", "GET", f"{PODS}/on-a-node"),
        ask("admin", "POST", ingresses, {"metadata": {"name": "i"}, "spec": backend}),
        ask("admin", "PATCH", f"{ingresses}/i", {"spec": {"ingressClassName": "x"}}, MERGE),
        ask("admin", "PATCH", f"{ingresses}/i/status", address, MERGE),
        ask("admin", "DELETE", f"{ingresses}/i"),
        ask("admin", "DELETE", "/api/v1/namespaces/recorded", {"preconditions": {"uid": "x"}}),
        ask("admin", "DELETE", "/api/v1/namespaces/recorded?dryRun=All"),
        ask("admin", "DELETE", "/api/v1/namespaces/recorded"),
    ]


SECTIONS = (
    about_the_server,
    creates,
    updates_and_patches,
    applies,
    lists,
    deletes,
    reviews,
    escalation,
    other_kinds,
)


def normalised(value: Json) -> Json:
    """An answer without the values that differ from run to run, and without the token volumes of real pods."""
    if isinstance(value, dict):
        found: dict[str, Json] = {
            key: "*" if key in STARRED and item else normalised(item) for key, item in value.items()
        }
        for unordered in ("resourceRules", "nonResourceRules"):  # in the order of the server's cache of bindings
            if unordered in found:
                found[unordered].sort(key=lambda rule: json.dumps(rule, sort_keys=True))
        return {key: item for key, item in found.items() if key not in ("volumes", "volumeMounts")}
    if isinstance(value, list):
        return [normalised(item) for item in value]
    return NUMBER_IN_RECORD.sub("in record (*)", IDENTIFIER.sub("*", value)) if isinstance(value, str) else value


class Asker:
    """Sends one request after the other to one server."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        self._server = config["clusters"][0]["cluster"]["server"]
        self._tokens = {user["name"].rpartition("-")[2]: user["user"]["token"] for user in config["users"]}
        self._pool = urllib3.PoolManager(cert_reqs="CERT_NONE")
        self._continue = ""

    def answer(self, request: Json) -> Json:
        """Status, warnings and body of the answer, normalised; a page's token fills `{continue}` in later paths."""
        headers = {"User-Agent": "recorder/1", **request.get("headers", {})}
        user, body = request["user"], request.get("body")
        if user:
            headers["Authorization"] = f"Bearer {self._tokens.get(user, user)}"
        if body is not None:
            headers["Content-Type"] = request["content_type"]
            body = body if isinstance(body, str) else json.dumps(body)
        url = self._server + request["path"].replace("{continue}", self._continue)
        got = self._pool.request(request["method"], url, headers=headers, body=body, retries=False)
        try:
            found = json.loads(got.data)
            self._continue = (found.get("metadata") or {}).get("continue") or self._continue
        except ValueError:
            found = got.data.decode()
        return {"status": got.status, "warnings": got.headers.getlist("Warning"), "body": normalised(found)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kubeconfig", type=Path, required=True)
    asker = Asker(parser.parse_args().kubeconfig)
    urllib3.disable_warnings()
    lines = []
    for section in SECTIONS:
        for request in section():
            lines.append(json.dumps({**request, "section": section.__name__, "answer": asker.answer(request)}))
            if request.get("settle"):
                time.sleep(SETTLES_WITHIN_S)  # for the control plane's controllers and its cache of roles
    RECORDED.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()

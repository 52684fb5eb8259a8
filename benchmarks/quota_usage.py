"""`quota_usage` over 10,000 namespaces against the least that it could cost: the bytes fetched, and parsed by orjson.

A server in a process of its own answers recorded pages over TLS; each side runs in a fresh process, in turn, each with
a connection that is open already, pages of 500 where it lets one say so, and its imports done. The floor pauses the
garbage collector and keeps what it parsed; it makes no frame. Nor do the other clients, which stop at their own
objects.

`python benchmarks/quota_usage.py [--namespaces N] [--rounds N]`; exits with 1 when the ratio misses what is to be
reached.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import random
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tenantkit.manifests.labels import MANAGED_BY_LABEL, TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.quantities import format_quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Fetch = Callable[[], int]

REACH = 1.3
PAGE = 500
ENTRIES = 18
TOKEN = "benchmark"  # noqa: S105 (the server looks at none)
COLLECTION = "/api/v1/resourcequotas"
WARM_UP = "warm-up"

ACCELERATORS = ("nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "nvidia.com/mig-3g.40gb", "amd.com/gpu")
STEPS = {"cpu": Fraction(1, 4), "memory": Fraction(256 * 2**20), "storage": Fraction(2**30)}
KIND = {
    "name": "resourcequotas",
    "singularName": "resourcequota",
    "namespaced": True,
    "kind": "ResourceQuota",
    "verbs": ["get", "list"],
}
DISCOVERY: dict[str, dict[str, Any]] = {
    "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.2"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [KIND]},
}


def recorded_quotas(count: int) -> list[bytes]:
    """ResourceQuotas of 18 entries as an API server answers them, half used, with the fields that it writes itself."""
    from tenantkit.manifests.quota import make_quota
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

    draw = random.Random(1)  # noqa: S311 (the same answers every time)
    platform = Platform(accelerators=ACCELERATORS)
    quotas = []
    for number in range(count):
        size = draw.choice(sorted(platform.sizes))
        tenant = Tenant(name=f"team-{number:05d}", team=f"unit-{number % 97}", owners=["dana@example.com"], size=size)
        quota = make_quota(tenant, platform)
        del quota["apiVersion"], quota["kind"]  # the items of a list have none
        hard = dict(sorted(quota["spec"]["hard"].items()))
        quota["metadata"] |= server_fields(number, hard)
        quota["spec"]["hard"] = hard
        quota["status"] = {"hard": hard, "used": {name: used_of(name, text, draw) for name, text in hard.items()}}
        quotas.append(orjson.dumps(quota))
    return quotas


def used_of(name: str, hard: str, draw: random.Random) -> str:
    """Something between nothing and all of it, in the round amounts that pods ask for, as the server writes it."""
    granted = parse_quantity(hard)
    step = next((step for part, step in STEPS.items() if part in name), Fraction(1))
    used = step * draw.randint(0, int(granted / step))
    return format_quantity(used, family="decimal" if step <= 1 else "binary")


def server_fields(number: int, hard: dict[str, str]) -> dict[str, Any]:
    """What the server adds to an object's metadata: most of its bytes."""
    fields: dict[str, Any] = {f"f:{name}": {} for name in hard}
    labels: dict[str, Any] = {f"f:{name}": {} for name in (MANAGED_BY_LABEL, TEAM_LABEL, TENANT_LABEL)}
    entry = {"apiVersion": "v1", "time": "2026-11-25T13:08:27Z", "fieldsType": "FieldsV1"}
    applied = {"f:metadata": {"f:labels": labels}, "f:spec": {"f:hard": fields}}
    counted = {"f:status": {"f:hard": {".": {}, **fields}, "f:used": {".": {}, **fields}}}
    return {
        "uid": f"{number:08x}-7c1e-4b5a-9d55-1f0e2d3c4b5a",
        "resourceVersion": str(100_000 + number),
        "creationTimestamp": "2026-11-25T13:08:27Z",
        "managedFields": [
            {"manager": "tenantkit", "operation": "Apply", **entry, "fieldsV1": applied},
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                **entry,
                "fieldsV1": counted,
                "subresource": "status",
            },
        ],
    }


class Pages:
    """The answers, each made once."""

    def __init__(self, quotas: list[bytes]) -> None:
        self.quotas = quotas
        self.made: dict[tuple[int, int], bytes] = {}

    def answer(self, target: str) -> bytes:
        """The body for a path and query; a namespace of its own holds nothing."""
        url = urlsplit(target)
        if url.path.rstrip("/") in DISCOVERY:
            return orjson.dumps(DISCOVERY[url.path.rstrip("/")])
        if url.path != COLLECTION:
            return self.page(0, 0)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return self.page(int(query.get("continue", 0)), int(query.get("limit", 0)) or len(self.quotas))

    def page(self, start: int, limit: int) -> bytes:
        """So many quotas from the one at start, as a list."""
        if (start, limit) not in self.made:
            end = start + limit
            more = f',"continue":"{end}"' if limit and end < len(self.quotas) else ""
            head = (
                f'{{"kind":"ResourceQuotaList","apiVersion":"v1","metadata":{{"resourceVersion":"1"{more}}},"items":['
            )
            self.made[start, limit] = head.encode() + b",".join(self.quotas[start:end]) + b"]}"
        return self.made[start, limit]


class Handler(BaseHTTPRequestHandler):
    """Answers GET from the pages."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go in two writes
    pages: Pages

    def do_GET(self) -> None:
        body = self.pages.answer(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the figures are what is to be read."""


def serve(folder: Path, count: int) -> None:
    """Write a kubeconfig into the folder, say so, and answer until the end."""
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    Handler.pages = Pages(recorded_quotas(count))
    for start in range(0, count, PAGE):
        Handler.pages.page(start, PAGE)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = f"https://127.0.0.1:{server.server_port}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "benchmark",
        "contexts": [{"name": "benchmark", "context": {"cluster": "benchmark", "user": "benchmark"}}],
        "clusters": [
            {"name": "benchmark", "cluster": {"server": address, "certificate-authority": str(folder / "ca.pem")}}
        ],
        "users": [{"name": "benchmark", "user": {"token": TOKEN}}],
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    print("ready", flush=True)
    server.serve_forever()


def floor(kubeconfig: Path) -> Fetch:
    """Raw bytes over urllib3, and orjson with the collector paused."""
    import urllib3

    server = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]
    pool = urllib3.PoolManager(ca_certs=server["certificate-authority"], headers={"Authorization": f"Bearer {TOKEN}"})
    pool.request("GET", f"{server['server']}/version")
    items: list[Any] = []

    def fetch() -> int:
        token = ""
        gc.disable()
        while True:
            answer = pool.request("GET", f"{server['server']}{COLLECTION}?limit={PAGE}&continue={token}")
            page = orjson.loads(answer.data)
            items.extend(page["items"])
            token = page["metadata"].get("continue")
            if not token:
                return len(items)

    return fetch


def tenantkit(kubeconfig: Path) -> Fetch:
    """Ours, to the frame."""
    import tenantkit as tk

    cluster = tk.connect(kubeconfig=kubeconfig)
    tk.quota_usage(cluster, namespaces=[WARM_UP])

    return lambda: len(tk.quota_usage(cluster)) // ENTRIES


def lightkube(kubeconfig: Path) -> Fetch:
    """To lightkube's models."""
    from lightkube import Client, KubeConfig
    from lightkube.resources.core_v1 import ResourceQuota

    client: Any = Client(config=KubeConfig.from_file(str(kubeconfig)))
    list(client.list(ResourceQuota, namespace=WARM_UP))
    return lambda: len(list(client.list(ResourceQuota, namespace="*", chunk_size=PAGE)))


def typed(kubeconfig: Path) -> Fetch:
    """To the official client's typed models."""
    from kubernetes import client, config

    config.load_kube_config(str(kubeconfig))  # type: ignore[no-untyped-call]
    api = client.CoreV1Api()
    api.list_namespaced_resource_quota(WARM_UP)

    def fetch() -> int:
        items: list[Any] = []
        token = None
        while True:
            page = api.list_resource_quota_for_all_namespaces(limit=PAGE, _continue=token)
            items += page.items
            token = page.metadata._continue if page.metadata else None  # noqa: SLF001 (the generated name)
            if not token:
                return len(items)

    return fetch


def kr8s(kubeconfig: Path) -> Fetch:
    """To kr8s' objects."""
    import kr8s as client

    api = client.api(kubeconfig=str(kubeconfig))
    list(api.get("resourcequotas", namespace=WARM_UP))
    return lambda: len(list(api.get("resourcequotas", namespace=client.ALL)))


SIDES: dict[str, tuple[Callable[[Path], Fetch], str | None]] = {
    "floor": (floor, None),
    "tenantkit": (tenantkit, None),
    "lightkube": (lightkube, "lightkube"),
    "typed": (typed, "kubernetes"),
    "kr8s": (kr8s, "kr8s"),
}
FEW = 2  # rounds of those that are looked at only for comparison


def measure(side: str, kubeconfig: Path, count: int) -> None:
    """One side, once: print seconds and what memory it took at most, in megabytes."""
    fetch = SIDES[side][0](kubeconfig)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = fetch()
    seconds = time.perf_counter() - start
    if found != count:
        raise SystemExit(f"{side} found {found} of {count} quotas")
    print(seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


@contextmanager
def served(count: int) -> Iterator[Path]:
    """The kubeconfig of a running server."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", folder, "--namespaces", str(count)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                if server.stdout is None or server.stdout.readline() != "ready\n":
                    raise SystemExit("the server did not start")
                yield Path(folder, "kubeconfig")
            finally:
                server.terminate()


def compare(count: int, rounds: int) -> int:
    """All sides in turn; print medians and ratios."""
    seconds: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    with served(count) as kubeconfig:
        for turn in range(rounds):
            for side, (_, package) in SIDES.items():
                if package and (turn >= FEW or importlib.util.find_spec(package) is None):
                    continue
                command = [sys.executable, __file__, "--side", side, "--namespaces", str(count)]
                command += ["--kubeconfig", str(kubeconfig)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                took, megabytes = map(float, done.stdout.split())
                seconds.setdefault(side, []).append(took)
                memory[side] = max(megabytes, memory.get(side, 0))
    medians = {side: statistics.median(times) for side, times in seconds.items()}
    print(f"{time.strftime('%Y-%m-%d')}  python {sys.version.split()[0]}  {count} quotas of {ENTRIES} entries")
    print(f"{'':12}{'median s':>10}{'best s':>10}{'ratio':>8}{'peak MB':>9}")
    for side, median in medians.items():
        ratio = median / medians["floor"]
        print(f"{side:12}{median:10.3f}{min(seconds[side]):10.3f}{ratio:8.2f}{memory[side]:9.0f}")
    ratio = medians["tenantkit"] / medians["floor"]
    print(f"to reach: {REACH}")
    return int(ratio > REACH)


def main() -> int:
    """Compare, or be one of the processes that a comparison consists of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespaces", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--kubeconfig", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.namespaces)
    elif options.side:
        measure(options.side, options.kubeconfig, options.namespaces)
    else:
        return compare(options.namespaces, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())

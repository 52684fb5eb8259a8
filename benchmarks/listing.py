"""Fetching a long list as a frame, against the lowest possible cost: fetching the bytes, and parsing them with orjson.

A server in a process of its own answers recorded pages over TLS. Each side runs in a fresh process, in turn, with an
open connection, pages of 500 if the client allows it, and its imports done. The floor pauses the garbage collector and
keeps the parsed objects, without a frame. The other clients stop at their own objects too. Each benchmark defines the
list and tenantkit's call.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import orjson

from benchmarks.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Fetch = Callable[[], int]

PAGE = 500
TOKEN = "benchmark"  # noqa: S105 (the server looks at none)
WARM_UP = "warm-up"
FEW = 2  # rounds of the clients that are shown only for comparison


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of a benchmark.

    Args:
        script: the benchmark's own file, which is started again for each side.
        plural: of the core group: `pods`.
        kind: of an item.
        count: how many items; default of `--count`.
        collections: from the count to the items of each collection, by its path; and of those that tenantkit reads too.
        ask: tenantkit's call, given a connection and namespaces; returns how many items it found.
        typed: the names of the official client's methods for one namespace and for all.
        target: the highest ratio to the floor's time.
        memory_target: the highest ratio of its memory to the bytes of the answers; None: not bounded.
    """

    script: str
    plural: str
    kind: str
    count: int
    collections: Callable[[int], Mapping[str, list[bytes]]]
    ask: Callable[[Any, list[str] | None], int]
    typed: tuple[str, str]
    target: float
    memory_target: float | None = None

    @property
    def path(self) -> str:
        """The path of the collection."""
        return f"/api/v1/{self.plural}"

    @property
    def discovery(self) -> dict[str, dict[str, Any]]:
        """The answers that some clients need first."""
        kind = {"name": self.plural, "singularName": self.kind.lower(), "namespaced": True, "kind": self.kind}
        resources = [kind | {"verbs": ["get", "list"]}]
        return {
            "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.2"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources},
        }


class Pages:
    """The answers, each built once."""

    def __init__(self, listing: Listing, count: int) -> None:
        self.listing = listing
        self.collections = listing.collections(count)
        self.made: dict[tuple[str, int, int], bytes] = {}
        for path, items in self.collections.items():
            for start in range(0, len(items), PAGE):
                self.page(path, start, PAGE)

    def answer(self, target: str) -> bytes:
        """The body for a path and query; a single namespace exists and is empty."""
        url = urlsplit(target)
        if url.path == f"/api/v1/namespaces/{WARM_UP}":
            return orjson.dumps({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": WARM_UP}})
        if found := self.listing.discovery.get(url.path.rstrip("/")):
            return orjson.dumps(found)
        items = self.collections.get(url.path, [])
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        return self.page(url.path, int(query.get("continue", 0)), int(query.get("limit", 0)) or len(items))

    def page(self, path: str, start: int, limit: int) -> bytes:
        """A list of `limit` items from `start` on."""
        if (path, start, limit) not in self.made:
            items = self.collections.get(path, [])
            end = start + limit
            more = f',"continue":"{end}"' if limit and end < len(items) else ""
            metadata = f'"metadata":{{"resourceVersion":"1"{more}}}'
            head = f'{{"kind":"{self.listing.kind}List","apiVersion":"v1",{metadata},"items":['
            self.made[path, start, limit] = head.encode() + b",".join(items[start:end]) + b"]}"
        return self.made[path, start, limit]


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
        """Log nothing, since the output is the figures."""


def serve(listing: Listing, folder: Path, count: int) -> None:
    """Write a kubeconfig into the folder, print `ready`, and answer until the process ends."""
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    Handler.pages = Pages(listing, count)
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
    print("ready", sum(map(len, Handler.pages.collections[listing.path])), flush=True)
    server.serve_forever()


def floor(listing: Listing, kubeconfig: Path) -> Fetch:
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
            answer = pool.request("GET", f"{server['server']}{listing.path}?limit={PAGE}&continue={token}")
            page = orjson.loads(answer.data)
            items.extend(page["items"])
            token = page["metadata"].get("continue")
            if not token:
                return len(items)

    return fetch


def tenantkit(listing: Listing, kubeconfig: Path) -> Fetch:
    """tenantkit, up to the frame."""
    import tenantkit as tk

    cluster = tk.connect(kubeconfig=kubeconfig)
    listing.ask(cluster, [WARM_UP])

    return lambda: listing.ask(cluster, None)


def lightkube(listing: Listing, kubeconfig: Path) -> Fetch:
    """lightkube, up to its models."""
    from lightkube import Client, KubeConfig
    from lightkube.resources import core_v1

    client: Any = Client(config=KubeConfig.from_file(str(kubeconfig)))
    model = getattr(core_v1, listing.kind)
    list(client.list(model, namespace=WARM_UP))
    return lambda: len(list(client.list(model, namespace="*", chunk_size=PAGE)))


def typed(listing: Listing, kubeconfig: Path) -> Fetch:
    """The official client, up to its typed models."""
    from kubernetes import client, config

    config.load_kube_config(str(kubeconfig))  # type: ignore[no-untyped-call]
    api = client.CoreV1Api()
    of_one, of_all = (getattr(api, name) for name in listing.typed)
    of_one(WARM_UP)

    def fetch() -> int:
        items: list[Any] = []
        token = None
        while True:
            page = of_all(limit=PAGE, _continue=token)
            items += page.items
            token = page.metadata._continue if page.metadata else None  # noqa: SLF001 (the generated name)
            if not token:
                return len(items)

    return fetch


def kr8s(listing: Listing, kubeconfig: Path) -> Fetch:
    """kr8s, up to its objects."""
    import kr8s as client

    api = client.api(kubeconfig=str(kubeconfig))
    list(api.get(listing.plural, namespace=WARM_UP))
    return lambda: len(list(api.get(listing.plural, namespace=client.ALL)))


SIDES: dict[str, tuple[Callable[[Listing, Path], Fetch], str | None]] = {
    "floor": (floor, None),
    "tenantkit": (tenantkit, None),
    "lightkube": (lightkube, "lightkube"),
    "typed": (typed, "kubernetes"),
    "kr8s": (kr8s, "kr8s"),
}


def measure(listing: Listing, side: str, kubeconfig: Path, count: int) -> None:
    """Run one side once: print its seconds and its peak memory in megabytes."""
    fetch = SIDES[side][0](listing, kubeconfig)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = fetch()
    seconds = time.perf_counter() - start
    if found != count:
        raise SystemExit(f"{side} found {found} of {count} {listing.plural}")
    print(seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


@contextmanager
def served(listing: Listing, count: int) -> Iterator[tuple[Path, float]]:
    """The kubeconfig of a running server, and the size of its list in megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, listing.script, "--serve", folder, "--count", str(count)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                said = server.stdout.readline().split() if server.stdout else []
                if said[:1] != ["ready"]:
                    raise SystemExit("the server did not start")
                yield Path(folder, "kubeconfig"), int(said[1]) / 2**20
            finally:
                server.terminate()


def compare(listing: Listing, count: int, rounds: int) -> int:
    """Run all sides in turn, and print medians and ratios; returns 1 if a figure misses its target."""
    seconds: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    with served(listing, count) as (kubeconfig, size):
        for turn in range(rounds):
            for side, (_, package) in SIDES.items():
                if package and (turn >= FEW or importlib.util.find_spec(package) is None):
                    continue
                command = [sys.executable, listing.script, "--side", side, "--count", str(count)]
                command += ["--kubeconfig", str(kubeconfig)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                took, megabytes = map(float, done.stdout.split())
                seconds.setdefault(side, []).append(took)
                memory[side] = max(megabytes, memory.get(side, 0))
    medians = {side: statistics.median(times) for side, times in seconds.items()}
    print(f"{time.strftime('%Y-%m-%d')}  python {sys.version.split()[0]}  {count} {listing.plural}, {size:.1f} MB")
    print(f"{'':12}{'median s':>10}{'best s':>10}{'ratio':>8}{'peak MB':>9}")
    for side, median in medians.items():
        ratio = median / medians["floor"]
        print(f"{side:12}{median:10.3f}{min(seconds[side]):10.3f}{ratio:8.2f}{memory[side]:9.0f}")
    figures, ratio = Figures(), medians["tenantkit"] / medians["floor"]
    figures.show(f"tenantkit takes {ratio:.2f} x the floor's time", ratio, at_most=listing.target)
    if listing.memory_target is not None:
        times = memory["tenantkit"] / size
        figures.show(f"peak memory {times:.2f} x the list's bytes", times, at_most=listing.memory_target)
    return figures.exit_code


def run(listing: Listing) -> int:
    """Compare all sides, or run as one of the processes of a comparison."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--count", type=int, default=listing.count)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--kubeconfig", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(listing, options.serve, options.count)
    elif options.side:
        measure(listing, options.side, options.kubeconfig, options.count)
    else:
        return compare(listing, options.count, options.rounds)
    return 0

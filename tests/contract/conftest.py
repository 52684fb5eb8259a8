"""One suite, two engines: only this folder's fixtures know which one a test runs on.

`pytest tests/contract` runs on the sandbox and, if `make controlplane` has built it, on the real control plane (marker
`controlplane`). With `--kubeconfig FILE` it runs on that test cluster only. A test marked
`gap("sandbox", raises=…, reason=…)` must fail there with that error, so closing the gap fails the run.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.rules.manifest import ref_of
from tests.contract import engines
from tests.contract.api.kind_samples import GATEWAY_API, GOOD, QUIET, place
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.nodes import PRODUCT, takes_pods
from tests.contract.wire import Wire
from tests.controlplane.components import BINARIES
from tests.controlplane.nodes import make_node
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test once per engine; a known gap is expected to fail there with its known error."""
    if "engine" not in metafunc.fixturenames:
        return
    marks: dict[str, list[pytest.MarkDecorator]] = {"sandbox": [], "controlplane": [pytest.mark.controlplane]}
    if metafunc.config.getoption("--kubeconfig"):
        marks = {"kubeconfig": []}
    for gap in metafunc.definition.iter_markers("gap"):
        if gap.args[0] in marks:
            marks[gap.args[0]].append(pytest.mark.xfail(strict=True, **gap.kwargs))
    nodes = metafunc.definition.path.parent.name == "nodes"
    params = [pytest.param((name, nodes), marks=of_engine, id=name) for name, of_engine in marks.items()]
    metafunc.parametrize("engine", params, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    """The server under test; started once for all tests, and once with nodes for those in `nodes/`.

    One fixture serves both, so that pytest rebuilds everything that depends on it when the server changes.
    """
    name, nodes = request.param
    starts: dict[str, Callable[[], Any]] = {
        "sandbox": lambda: engines.sandbox(nodes=nodes),
        "controlplane": lambda: _controlplane_if_built(request.config, nodes=nodes),
        "kubeconfig": lambda: _foreign(request.config, tmp_path_factory, nodes=nodes),
    }
    with starts[name]() as started:
        yield started


@contextmanager
def _controlplane_if_built(config: pytest.Config, *, nodes: bool) -> Iterator[engines.Engine]:
    """The real control plane; skips if it is not built."""
    # when `-m controlplane` asks for it, a missing control plane is an error and not a skip
    if not BINARIES.is_dir() and "controlplane" not in config.getoption("-m"):
        pytest.skip("the control plane is not built: run `make controlplane`")
    with engines.controlplane(nodes=nodes) as engine:
        yield engine


@contextmanager
def _foreign(config: pytest.Config, folders: pytest.TempPathFactory, *, nodes: bool) -> Iterator[engines.Engine]:
    if nodes:
        pytest.skip("no kubelet would run pods on the nodes that these tests create")
    admin = engines.Login(config.getoption("--kubeconfig"), config.getoption("--context"))
    yield engines.ForeignEngine(admin, folders.mktemp("foreign"))


@pytest.fixture(scope="session")
def connect_as(engine: engines.Engine) -> Iterator[Callable[[str], Cluster]]:
    """Connections to the engine, by user: admin, provisioner, owner, editor, viewer or stranger."""
    made: dict[str, Cluster] = {}

    def connected(user: str) -> Cluster:
        if user not in made:
            login = engine.login(user)
            made[user] = connect(kubeconfig=login.kubeconfig, context=login.context)
        return made[user]

    yield connected
    for connection in made.values():
        connection.close()


@pytest.fixture(scope="session")
def wire_as(engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Wire]]:
    """Plain requests to the engine, by user."""
    made: dict[str, Wire] = {}

    def wired(user: str) -> Wire:
        if user not in made:
            login = engine.login(user)
            made[user] = Wire.of(login.kubeconfig, login.context, tmp_path_factory.mktemp(user))
        return made[user]

    yield wired
    for wire in made.values():
        wire.close()


@pytest.fixture(scope="session")
def cluster(connect_as: Callable[[str], Cluster]) -> Cluster:
    """A connection to the engine, as its admin."""
    return connect_as("admin")


@pytest.fixture(scope="session")
def wire(wire_as: Callable[[str], Wire]) -> Wire:
    """Plain requests to the engine, as its admin."""
    return wire_as("admin")


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for one test, deleted afterwards."""
    with own_namespace(cluster, fresh_name()) as name:
        yield name


@pytest.fixture(scope="module")
def shared_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for objects with different names; it is ready for pods."""
    with own_namespace(cluster, fresh_name()) as name:
        eventually(lambda: cluster.get("ServiceAccount", "default", name))
        yield name


@pytest.fixture
def make_kind(wire: Wire, shared_namespace: str) -> Iterator[Callable[..., Manifest]]:
    """Create a valid object of a kind, with some changes; cluster-scoped ones are deleted afterwards."""
    made: list[Manifest] = []

    def create(kind: str, changes: Manifest | None = None) -> Manifest:
        good = (GOOD | GATEWAY_API)[kind]
        manifest = good.named(fresh_name(), QUIET.get(kind, {}) | (changes or {}))
        answer = wire("POST", good.path(shared_namespace), manifest)
        assert answer.status == 201, answer.body
        made.append(answer.body)
        return dict(answer.body)

    yield create
    for manifest in made:
        if "namespace" not in manifest["metadata"]:
            wire("DELETE", place(manifest))


@pytest.fixture(scope="session", name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    """`tests.eventually.eventually`; new tests import it."""
    return eventually


@pytest.fixture
def gpu_node(cluster: Cluster) -> Iterator[Callable[..., str]]:
    """Create a ready node with eight GPUs and return its name; all nodes are deleted after the test.

    Its argument changes the manifest before it is sent: taints, fewer GPUs, another label.
    """
    made: list[Manifest] = []

    def make(change: Callable[[Manifest], None] = lambda _: None) -> str:
        name = f"gpu-{uuid.uuid4().hex[:6]}"
        node = make_node(name, room={"nvidia.com/gpu": "8"}, labels={"nvidia.com/gpu.product": PRODUCT})
        change(node)
        made.append(cluster.create(node))
        eventually(lambda: takes_pods(cluster.get("Node", name)))
        return name

    yield make
    for node in made:
        cluster.delete(ref_of(node))

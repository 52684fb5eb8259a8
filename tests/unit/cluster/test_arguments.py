"""The first argument of public functions and forms: a missing or wrong cluster is refused before anything else."""

from __future__ import annotations

import inspect
import pickle
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.arguments import FULL_TRACEBACK, takes_cluster
from tenantkit.exceptions import Conflict, InvalidSpecError
from tests.unit.cluster.seam import Script
from tests.unit.cluster.seam import cluster as make_cluster

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.cluster_api import ClusterApi

_CONNECT = "pass the result of tk.connect() as the first argument"


@takes_cluster
def read(cluster: Cluster, tenant: str, *, limit: int = 5) -> tuple[str, int]:
    """Read something."""
    assert cluster.server
    return tenant, limit


class Form:
    """A form."""

    @takes_cluster
    def __init__(self, cluster: Cluster, tenant: str | None = None) -> None:
        self.shown = (cluster.server, tenant)


anything: Any = read
any_form: Any = Form


def test_the_decorated_function_is_called_as_before() -> None:
    cluster = make_cluster(Script())

    assert read(cluster, "vision", limit=3) == ("vision", 3)
    assert read(tenant="vision", cluster=cluster) == ("vision", 5)
    assert Form(cluster=cluster, tenant="vision").shown == (cluster.server, "vision")
    assert list(inspect.signature(read).parameters) == ["cluster", "tenant", "limit"]
    assert read.__doc__ == "Read something."


def test_the_signature_names_the_public_class_whatever_protocol_the_function_takes() -> None:
    @takes_cluster
    def write(cluster: ClusterApi, tenant: str) -> None:
        """Write something."""

    assert str(inspect.signature(write)) == "(cluster: 'Cluster', tenant: 'str') -> 'None'"
    assert write.__annotations__["cluster"] == "Cluster"
    assert str(inspect.signature(Form)) == "(cluster: 'Cluster', tenant: 'str | None' = None) -> 'None'"


@pytest.mark.parametrize("function", [anything, any_form])
def test_a_missing_cluster_is_reported_before_other_missing_arguments(function: Any) -> None:
    for call in (partial(function), partial(function, tenant="vision")):
        with pytest.raises(InvalidSpecError) as caught:
            call()

        assert str(caught.value) == f"cluster is missing: {_CONNECT}"
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 (its own)


@pytest.mark.parametrize("function", [anything, any_form])
@pytest.mark.parametrize(("wrong", "shown"), [("vision", "'vision'"), (None, "None"), ({"token": "s3cret"}, "<dict>")])
def test_a_value_that_is_not_a_cluster_is_shown_unless_it_may_hold_credentials(
    function: Any, wrong: object, shown: str
) -> None:
    for call in (partial(function, wrong, "vision"), partial(function, cluster=wrong, tenant="vision")):
        with pytest.raises(InvalidSpecError) as caught:
            call()

        assert str(caught.value) == f"cluster={shown} is not a Cluster: {_CONNECT}"


def test_a_function_that_takes_something_else_first_cannot_be_decorated() -> None:
    def plot(frame: object) -> object:
        return frame

    with pytest.raises(TypeError, match="takes 'frame' first, not 'cluster'"):
        takes_cluster(plot)


@takes_cluster
def refuses(cluster: Cluster) -> None:
    assert cluster.server
    raise Conflict("the object has changed", status=409) from KeyError("inside")


def frames_of(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def test_an_expected_error_shows_the_call_and_none_of_our_own_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FULL_TRACEBACK)

    with pytest.raises(Conflict) as caught:
        refuses(make_cluster(Script()))

    assert "refuses" not in frames_of(caught.value)
    assert isinstance(caught.value.__cause__, KeyError)


def test_all_frames_are_shown_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FULL_TRACEBACK, "1")

    with pytest.raises(Conflict) as caught:
        refuses(make_cluster(Script()))

    assert "refuses" in frames_of(caught.value)

"""Every error class of tenantkit: copied and pickled, it is the same error, with its attributes and its texts."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import inspect
import pickle
import pkgutil
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

import tenantkit
from tenantkit.cluster.arguments import MISSING, WrongArgument
from tenantkit.cluster.http.transport import TransportError
from tenantkit.exceptions import (
    ClusterError,
    InvalidSpecError,
    MissingExtraError,
    NotFound,
    PartialApplyError,
    Portable,
    Problem,
    TenantKitError,
)
from tenantkit.hints import SURFACES, Message
from tenantkit.rules.selectors.selector_errors import SelectorSyntaxError
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause
from tests.unit.project.failing_worker import HINT, REPORT, fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _classes() -> Iterator[type[Exception]]:
    for module in pkgutil.walk_packages(tenantkit.__path__, "tenantkit."):
        if module.name.endswith("__main__"):
            continue
        try:
            imported = importlib.import_module(module.name)
        except MissingExtraError:  # the lab's, where JupyterLab is not installed
            assert importlib.util.find_spec("jupyterlab") is None
            continue
        for _, found in inspect.getmembers(imported, inspect.isclass):
            if issubclass(found, Exception) and found.__module__ == module.name:
                yield found


CLASSES = sorted(set(_classes()), key=lambda each: (each.__module__, each.__qualname__))


def make(kind: type[Exception]) -> Exception:
    """An error with a value in each of its attributes."""
    made: Exception
    if issubclass(kind, InvalidSpecError):
        problems = [Problem("name", {"a": [1]}, "use text", 3, HINT), WrongArgument("cluster", MISSING, "is missing")]
        made = kind(problems, source="tenants.yaml", hint=HINT)
    elif issubclass(kind, PartialApplyError):
        made = kind(Message("{report}: {what}", {"what": "no"}), report=REPORT, hint=HINT)
    elif issubclass(kind, ClusterError):
        given: dict[str, Any] = {
            "reason": "r",
            "operation": "get",
            "kind": "Pod",
            "name": "a",
            "namespace": "b",
            "causes": ["c"],
        }
        made = kind("what", status=409, hint=HINT, **given)
    elif issubclass(kind, TenantKitError):
        made = kind(Message("{kubeconfig} is {what}", {"what": "wrong"}), hint=HINT)
    elif issubclass(kind, ApiError):
        cause = Cause("FieldValueInvalid", "no", "spec")
        made = kind(code=422, reason="Invalid", message="no", name="a", causes=[cause], retry_after_s=3)
    elif issubclass(kind, SelectorSyntaxError):
        made = kind("no", "x", "y", 4)
    elif issubclass(kind, TransportError):
        made = kind("timeout", "only 5 bytes of it arrived")
    elif kind.__name__ == "_Conflicts":
        made = kind({"kubectl": frozenset({(".data",)})})
    else:
        made = kind("what")
    made.__cause__ = TransportError("reset", "why")
    return made


def all_of(error: BaseException) -> dict[str, Any]:
    """What an error says and holds."""
    cause = error.__cause__
    words = [error.words(surface) for surface in SURFACES] if isinstance(error, TenantKitError) else []
    own = {name: value for name, value in vars(error).items() if name != "report"}
    return {"own": own, "args": error.args, "text": str(error), "words": words, "cause": cause and repr(cause)}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301 (our own)
@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__qualname__)
def test_every_error_survives_a_copy_and_the_way_to_another_process(
    kind: type[Exception], copied: Callable[[Exception], Exception]
) -> None:
    error = make(kind)
    again = copied(error)

    assert type(again) is kind
    mine, other = all_of(error), all_of(again)
    if not isinstance(error, Portable):
        mine["cause"] = None  # Exception itself leaves it out
    assert other == mine
    if isinstance(error, PartialApplyError) and isinstance(again, PartialApplyError):
        assert again.report == error.report


def test_a_value_that_cannot_be_sent_arrives_as_its_text() -> None:
    lock = threading.Lock()
    error = InvalidSpecError([Problem("owners", lock, "use a list")])

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)

    assert str(again) == str(error)
    assert repr(again.value) == repr(lock)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_errors_of_workers_reach_the_parent(method: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
        partial, value, other = (
            pool.submit(fail, each).exception(timeout=60) for each in ("partial", "value", "other")
        )

    assert isinstance(partial, PartialApplyError)
    assert (partial.report, partial.hint) == (REPORT, HINT)
    assert isinstance(value, InvalidSpecError)
    assert value.problems[0].field == "owners"
    assert isinstance(other, NotFound)
    assert (other.status, other.name, str(other)) == (404, "a", "no")
    with get_context(method).Pool(2) as old, pytest.raises(PartialApplyError) as caught:
        old.apply(fail, ("partial",))
    assert caught.value.report == REPORT

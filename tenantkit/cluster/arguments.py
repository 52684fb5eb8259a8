"""The `cluster` argument of public functions: missing or wrong, it is one error with one text.

Rejected alternative: a check in the first line of each function, which is forgotten in the next new function.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, final

from tenantkit.exceptions import InvalidSpecError, Problem, TenantKitError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")
FULL_TRACEBACK = "TENANTKIT_FULL_TRACEBACK"  # the environment variable with which errors show tenantkit's own frames
_SHOWN_TYPE = "Cluster"
_CONNECT = Hint("pass the result of {connect} as the first argument")


@final
class _Missing:
    """The value of an argument that was not passed."""

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of which only the type is shown: a kubeconfig, for example, holds credentials."""

    type_name: str

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


class WrongArgument(Problem):
    """A problem whose reason continues the sentence: `namespaces=[] is empty`, `cluster is missing`."""

    __slots__ = ()

    @property
    def subject(self) -> str:
        """The argument and its value, or its name alone if it was not passed."""
        if self.value is MISSING:
            return f"{self.field} "
        return super(WrongArgument, self).subject.removesuffix(": ") + " "  # noqa: UP008 (slots: a second class)


def takes_cluster(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorate a public function whose first argument is `cluster`, or such an `__init__` of a form.

    The decorated function raises InvalidSpecError if it is called without a Cluster: with a tenant's name, a kubeconfig
    or a Sandbox. Its signature names `Cluster`, the class that users know, also where the function itself needs only a
    part of it, such as `provision.cluster_api.ClusterApi`.

    An expected error is raised without tenantkit's own frames, since it says itself what to do. With
    $TENANTKIT_FULL_TRACEBACK, it has them.

    Raises:
        TypeError: at decoration, if the first argument has another name.
    """
    names = function.__code__.co_varnames
    place = 1 if names[0] == "self" else 0
    if names[place] != "cluster":
        raise TypeError(f"{function.__qualname__} takes {names[place]!r} first, not 'cluster'")

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        cluster: Any = args[place] if len(args) > place else kwargs.get("cluster", MISSING)
        check_is_cluster(cluster)
        try:
            return function(*args, **kwargs)
        except TenantKitError as error:
            if not os.environ.get(FULL_TRACEBACK):
                error.with_traceback(None)
            raise

    signature = inspect.signature(function)
    parameters = signature.parameters | {"cluster": signature.parameters["cluster"].replace(annotation=_SHOWN_TYPE)}
    checked.__signature__ = signature.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]
    checked.__annotations__ = {**function.__annotations__, "cluster": _SHOWN_TYPE}
    return checked


def as_seconds(value: object) -> float | None:
    """A number of Python or numpy as seconds; None if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value):
        return None
    return float(value)


def check_is_cluster(cluster: object) -> None:
    """Refuse everything but a Cluster.

    Raises:
        InvalidSpecError: it is missing, or it is something else.
    """
    if cluster is MISSING:
        raise InvalidSpecError([WrongArgument("cluster", MISSING, "is missing", hint=_CONNECT)])
    if not (hasattr(cluster, "get") and hasattr(cluster, "list")):
        shown = cluster if cluster is None or isinstance(cluster, str) else _Value(type(cluster).__name__)
        raise InvalidSpecError([WrongArgument("cluster", shown, "is not a Cluster", hint=_CONNECT)])

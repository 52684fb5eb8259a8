"""The `cluster` argument of public functions: forgotten or wrong, it is one error with one text.

Rejected alternative: a check in the first line of each function, which is forgotten in the next one that is written.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")
_MISSING = "(not given)"


def takes_cluster(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorate a public function, or a form's `__init__`, whose first argument is `cluster`.

    Raises:
        InvalidSpecError: when the function is called without a Cluster: with a tenant's name, a kubeconfig, a Sandbox.
    """
    code = function.__code__
    place = 1 if code.co_varnames[0] == "self" else 0

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        given: Any = args[place] if len(args) > place else kwargs.get("cluster", _MISSING)
        check_is_cluster(given)
        return function(*args, **kwargs)

    return checked


def check_is_cluster(cluster: object) -> None:
    """Refuse what is not a Cluster.

    Raises:
        InvalidSpecError: something else was given.
    """
    if not (hasattr(cluster, "get") and hasattr(cluster, "list")):
        hint = Hint("pass what {connect} returns as the first argument")
        raise InvalidSpecError([Problem("cluster", cluster, "is not a Cluster", hint=hint)])

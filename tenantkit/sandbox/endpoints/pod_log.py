"""The options of a pod's log, which are checked although the sandbox has no logs.

Source: pkg/apis/core/validation (ValidatePodLogOptions) and pkg/registry/core/pod/strategy.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request, invalid
from tenantkit.sandbox.endpoints.request import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest

_LISTS = ("containers", "initContainers", "ephemeralContainers")


def check_log_options(query: Mapping[str, str], name: str) -> None:
    """Raise ApiError 400 for a number that is none, and 422 for one that is out of range."""
    least = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}
    sent = {option: number(query, option) for option in ("sinceSeconds", "tailLines", "limitBytes")}
    causes = [
        Cause(
            option,
            f"Invalid value: {value}: must be greater than {'or equal to ' * (lowest == 0)}0",
            "FieldValueInvalid",
        )
        for option, lowest in least.items()
        if (value := sent[option]) is not None and value < lowest
    ]
    if causes:
        raise invalid("v1", "PodLogOptions", name, causes)


def check_log_container(query: Mapping[str, str], pod: Manifest) -> None:
    """Raise ApiError 400 for a container that the pod does not have, or for none if it has several."""
    name, asked, spec = pod["metadata"]["name"], query.get("container", ""), pod["spec"]
    names = [container["name"] for part in _LISTS for container in spec.get(part) or ()]
    if asked and asked not in names:
        raise bad_request(f"container {asked} is not valid for pod {name}")
    if not asked and len(spec["containers"]) != 1:
        every = " ".join(names)
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{every}]")
    if node := spec.get("nodeName"):
        raise ApiError(code=404, reason="NotFound", message=f'nodes "{node}" not found', kind="nodes", name=node)

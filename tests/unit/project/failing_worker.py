"""A worker of a pool of processes that fails; apart from its tests, which import everything."""

from __future__ import annotations

from tenantkit.cluster.http.transport import TransportError
from tenantkit.exceptions import InvalidSpecError, NotFound, PartialApplyError, Problem
from tenantkit.hints import Hint
from tenantkit.provision.reasons import Reason
from tenantkit.provision.report import ApplyOutcome, Report
from tenantkit.rules.manifest import ObjectRef

HINT = Hint("{whoami} shows {user}", {"user": "the user"}).then(Hint("{plan} again"))
REPORT = Report(
    applied=(ApplyOutcome(ObjectRef("v1", "Namespace", "vision"), "create", "vision"),),
    failed=(
        ApplyOutcome(ObjectRef("v1", "ConfigMap", "a", "vision"), "update", "vision", "data", Reason("denied", "no")),
    ),
)


def fail(kind: str) -> None:
    """In a worker."""
    if kind == "partial":
        raise PartialApplyError("no", report=REPORT, hint=HINT)
    if kind == "value":
        raise InvalidSpecError([Problem("owners", lambda: None, "use a list")])
    raise NotFound("no", status=404, name="a") from TransportError("reset")

"""Where objects of any kind are: from the table of known kinds, else from the server's discovery.

The kinds of a server are read once a session, and again for a kind that is not among them, since a custom resource may
have been added meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tenantkit.cluster.http.errors import Operation, error_of_status
from tenantkit.cluster.requests.discovery import served_kinds
from tenantkit.rules.kinds import KINDS

if TYPE_CHECKING:
    from tenantkit.cluster.http.session import Session
    from tenantkit.rules.kinds import Kind

_KNOWN: WeakKeyDictionary[Session, dict[tuple[str, str], Kind]] = WeakKeyDictionary()


def place_of(session: Session, api_version: str, kind: str) -> Kind:
    """The kind with its path.

    Args:
        session: of the server.
        api_version: as in a manifest.
        kind: as in a manifest.

    Raises:
        NotFound: the server does not serve it.
        ClusterError: its kinds could not be read.

    RBAC: for a kind that is not in `KINDS`, get /api and /apis, which any signed-in user may.
    """
    known = KINDS.get(kind)
    if known is not None and known.api_version == api_version:
        return known
    wanted = api_version, kind
    served = _KNOWN.get(session) or {}
    if wanted not in served:
        places = [it.place for it in served_kinds(session)]
        _KNOWN[session] = served = {(place.api_version, place.kind): place for place in places}
    if wanted not in served:
        message = f'the server could not find the kind "{kind}" of {api_version}'
        status = {"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound", "message": message}
        raise error_of_status(status, Operation("list", kind))
    return served[wanted]

"""Creating an object that the server refuses, for tests that compare only the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.statuses import forbidden

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire


def refusal(wire: Wire, manifest: Manifest, *, dry_run: bool = False) -> str:
    """The server's reason for refusing to create this; the rest of the Status is checked here."""
    metadata, plural = manifest["metadata"], f"{manifest['kind'].lower()}s"
    path = f"/api/v1/namespaces/{metadata['namespace']}/{plural}"
    answer = wire("POST", path, manifest, query={"dryRun": "All"} if dry_run else None)
    why = str(answer.body["message"]).removeprefix(f'{plural} "{metadata["name"]}" is forbidden: ')
    assert (answer.status, answer.body) == (403, forbidden(plural, metadata["name"], why))
    return why

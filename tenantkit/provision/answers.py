"""Whether the server stored what was sent.

A mutating admission plug-in may store another value and answer 200. The plan would then show the same change for ever,
and each apply would report it as done. So the answer to each write is compared with what was sent.
Source: page "Dynamic Admission Control".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.display.tables import value_text
from tenantkit.exceptions import StoredDifferentlyError
from tenantkit.provision.compare import field_text, fields_of, is_exclusive, same_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.provision.managed_fields import Path
    from tenantkit.rules.manifest import Manifest


def check_answer(sent: Manifest, answer: Manifest, live: Manifest | None) -> None:
    """Compare the server's answer to an apply with what was sent.

    Args:
        sent: the manifest.
        answer: the object as the server stored it.
        live: the object before; None if it did not exist.

    Raises:
        StoredDifferentlyError: a field has another value, or the server added one where everything must be ours.
    """
    _refuse(sent["kind"], list(_different(sent, answer, live)))


def check_removed(kind: str, paths: Iterable[Path], answer: Manifest) -> None:
    """The same for fields that were removed.

    Raises:
        StoredDifferentlyError: one of them still exists.
    """
    stored = fields_of(answer)
    _refuse(kind, [f"{field_text(path)} still exists" for path in paths if path in stored])


def _different(sent: Manifest, answer: Manifest, live: Manifest | None) -> Iterator[str]:
    kind, wanted, stored = sent["kind"], fields_of(sent), fields_of(answer)
    before = fields_of(live or {})
    for path, value in wanted.items():
        if path not in stored:
            yield f"{field_text(path)} was left out"
        elif not same_value(kind, path, value, stored[path]):
            yield f"{field_text(path)} is {value_text(stored[path])} instead of {value_text(value)}"
    for path, value in stored.items():
        if path not in wanted and path not in before and is_exclusive(sent, path):
            yield f"{field_text(path)} was added as {value_text(value)}"


def _refuse(kind: str, differing: list[str]) -> None:
    if differing:
        raise StoredDifferentlyError(
            f"the server stored {kind} otherwise than it was sent, probably by a mutating admission policy or webhook: "
            f"{'; '.join(differing)}"
        )

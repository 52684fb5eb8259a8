"""Fields of objects, read with their types: a value of another type cannot be judged, and is never taken for absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.findings.audit.check import OddContentError

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest


def name_of(manifest: Manifest) -> str:
    """An object as `Kind/name`."""
    return f"{manifest.get('kind')}/{manifest['metadata']['name']}"


def mapping(manifest: Manifest, *path: str) -> dict[str, Any]:
    """The mapping at a path; empty if it is not set.

    Raises:
        OddContentError: something else is there.
    """
    value: Any = manifest
    for place, part in enumerate(path):
        value = value.get(part)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise _odd(manifest, path[: place + 1], "a mapping")
    return value  # type: ignore[no-any-return]


def items(manifest: Manifest, *path: str) -> list[dict[str, Any]]:
    """The mappings of the list at a path; empty if it is not set.

    Raises:
        OddContentError: something else is there.
    """
    found = values(manifest, *path)
    if not all(isinstance(item, dict) for item in found):
        raise _odd(manifest, path, "a list of mappings")
    return found


def texts(manifest: Manifest, *path: str) -> list[str]:
    """The texts of the list at a path; empty if it is not set.

    Raises:
        OddContentError: something else is there.
    """
    found = values(manifest, *path)
    if not all(isinstance(item, str) for item in found):
        raise _odd(manifest, path, "a list of texts")
    return found


def values(manifest: Manifest, *path: str) -> list[Any]:
    """The list at a path; empty if it is not set.

    Raises:
        OddContentError: something else is there.
    """
    value = mapping(manifest, *path[:-1]).get(path[-1])
    if value is None:
        return []
    if not isinstance(value, list):
        raise _odd(manifest, path, "a list")
    return value


def labels_of(manifest: Manifest) -> dict[str, Any]:
    """The labels of an object."""
    return mapping(manifest, "metadata", "labels")


def annotations_of(manifest: Manifest) -> dict[str, Any]:
    """The annotations of an object."""
    return mapping(manifest, "metadata", "annotations")


def _odd(manifest: Manifest, path: tuple[str, ...], wanted: str) -> OddContentError:
    metadata = manifest.get("metadata")
    name = name_of(manifest) if isinstance(metadata, dict) and "name" in metadata else "an object"
    return OddContentError(f"{name} {'.'.join(path)}: is not {wanted}")

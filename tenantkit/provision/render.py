"""Specs as manifests for other tools, such as a repository that a GitOps controller applies: pure, without a cluster.

The same specs give the same bytes on every machine and at any time. A boost counts as it is written, since its end is a
matter of the clock; copies of Secrets and ConfigMaps have no manifest, since their content is on the cluster alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import yaml

from tenantkit.manifests.guardrails.objects import make_guardrails
from tenantkit.manifests.order import RANK
from tenantkit.manifests.platform import make_platform
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.extras.wanted import with_recorded_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

Split: TypeAlias = Literal["tenant", "object"]

HEADER = "# rendered by tenantkit; the next render overwrites it\n"
_PLATFORM = "00-platform"  # `kubectl apply -f FOLDER` reads files by name, and tenants need the platform's namespaces
_TENANT = "tenant-"
# Where `rendered_files` puts files, as patterns of a path.
PLACES = tuple(f"{folder}{file}" for folder in (_PLATFORM, f"{_TENANT}*") for file in (".yaml", "/*.yaml"))


@dataclass(frozen=True, slots=True)
class Rendered:
    """The objects of the platform or of one tenant.

    Args:
        folder: `00-platform` or `tenant-vision`.
        manifests: in the order of applying.
    """

    folder: str
    manifests: tuple[Manifest, ...]


def render(tenants: Iterable[Tenant], platform: Platform, *, has_platform: bool) -> list[Rendered]:
    """The objects of some tenants, in the order of applying.

    Args:
        tenants: any number; each is a part of its own.
        platform: the settings.
        has_platform: whether the platform's own objects come first.

    Raises:
        InvalidSpecError: a tenant does not fit the platform.
    """
    listed = list(tenants)
    platform.check(listed)
    parts = [Rendered(_PLATFORM, (*make_platform(platform), *make_guardrails(platform)))] if has_platform else []
    return parts + [Rendered(f"{_TENANT}{tenant.name}", _objects(tenant, platform)) for tenant in listed]


def rendered_text(parts: Iterable[Rendered]) -> str:
    """All objects as one YAML text."""
    return _text([manifest for part in parts for manifest in part.manifests])


def rendered_files(parts: Iterable[Rendered], *, split: Split) -> dict[str, str]:
    """The texts of files by their paths.

    Args:
        parts: from `render`.
        split: `tenant` for one file per tenant, `object` for a folder per tenant with one file per object.
    """
    if split == "tenant":
        return {f"{part.folder}.yaml": HEADER + _text(part.manifests) for part in parts}
    return {_path(part.folder, it): HEADER + _text([it]) for part in parts for it in part.manifests}


def _objects(tenant: Tenant, platform: Platform) -> tuple[Manifest, ...]:
    made = make_tenant(tenant, platform)
    return tuple(with_recorded_kinds(it, platform, None) if it["kind"] == "Namespace" else it for it in made)


def _path(folder: str, manifest: Manifest) -> str:
    """Where an object is; the path stays when others come or go. No two objects of a tenant have one kind and name."""
    kind = str(manifest["kind"])
    return f"{folder}/{RANK.get(kind, len(RANK)):02}-{kind.lower()}-{manifest['metadata']['name']}.yaml"


def _text(manifests: Sequence[Manifest]) -> str:
    return yaml.dump_all(manifests, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)


class _PlainDumper(yaml.SafeDumper):
    """Without anchors, which a reader would have to look up."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (PyYAML's signature)
        return True

"""Commands that write files: specs of a cluster, and the manifests of specs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, FILE, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import notify, print_text
from tenantkit.cli.spec_files import read_spec_files
from tenantkit.exceptions import InvalidSpecError, Problem, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_OUT = click.option("--out", metavar="FOLDER", type=FILE, help="Write files into a folder. Default: standard output.")


@click.command(cls=Command, example="tenantkit render platform.yaml tenants/ --out manifests/ --split object")
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@click.option("--platform", metavar="FILE", type=FILE, help="The settings, if FILE has none; not rendered.")
@_OUT
@click.option(
    "--split",
    type=click.Choice(["tenant", "object"]),
    default="tenant",
    show_default=True,
    help="With --out, one file per tenant or one per object.",
)
@click.option("--prune", is_flag=True, help="With --out, delete files of earlier renders that FILE does not have.")
def render(
    files: tuple[str, ...], platform: str | None, out: str | None, split: Literal["tenant", "object"], *, prune: bool
) -> int:
    """Print the manifests of specs, without a cluster.

    FILE is YAML or JSON with `kind: Tenant` or `kind: Platform`; a folder stands for all such files in it, - for
    standard input. A platform among them is rendered, too. The same specs always give the same text. To apply it:
    `kubectl apply --server-side --recursive -f FOLDER`.
    """
    from tenantkit.provision.render import render as render_specs
    from tenantkit.provision.render import rendered_files, rendered_text

    if prune and out is None:
        raise click.UsageError("--prune needs --out FOLDER")
    tenants, settings, has_platform = _specs(files, platform)
    parts = render_specs(tenants, settings, has_platform=has_platform)
    if tenants and settings.copies:
        notify(f"note: not rendered, since their content is on the cluster: copies of {', '.join(settings.copies)}")
    if out is None:
        print_text(rendered_text(parts).rstrip("\n"))
        return ExitCode.DONE
    written = rendered_files(parts, split=split)
    _write(Path(out), written)
    _report_others(_others(Path(out), written), prune=prune)
    return ExitCode.DONE


@click.command(cls=Command, example="tenantkit export --out specs/")
@click.argument("names", metavar="[TENANT...]", nargs=-1)
@_OUT
@CLUSTER_OPTIONS
def export(names: tuple[str, ...], out: str | None, kubeconfig: str | None, context: str | None) -> int:
    """Print the specs of tenants as they are on the cluster.

    Without TENANT, the platform and all tenants that you may read. `tenantkit plan` on the files shows no change.
    """
    from tenantkit.spec.files import specs_text

    with connect(kubeconfig, context) as cluster:
        platform, tenants, is_whole = _stored(cluster, names)
    listed: list[Tenant | Platform] = [*([] if platform is None else [platform]), *tenants]
    if out is None:
        print_text(specs_text(listed).rstrip("\n"))
        return ExitCode.DONE if is_whole else ExitCode.FAILED
    files = {f"tenants/{tenant.name}.yaml": tenant.to_yaml() for tenant in tenants}
    if platform is not None:
        files["platform.yaml"] = platform.to_yaml()
    _write(Path(out), files)
    notify(f"wrote {len(files)} file{'s' * (len(files) != 1)} in {Path(out)}/")
    if not names:
        for other in sorted({*Path(out, "tenants").glob("*.yaml")} - {Path(out, path) for path in files}):
            notify(f"note: this export did not write {other}: its tenant no longer exists, or you may not read it")
    return ExitCode.DONE if is_whole else ExitCode.FAILED


def _specs(files: Sequence[str], platform: str | None) -> tuple[Sequence[Tenant], Platform, bool]:
    """Tenants and settings of files, and whether the platform itself is among them."""
    from tenantkit.spec.platform import Platform

    given = read_spec_files(files)
    if given.plan is not None:
        raise InvalidSpecError([Problem("kind", "Plan", "render takes `kind: Tenant`")], source=given.plan[0])
    if platform is None:
        return given.tenants, given.platform or Platform(), given.platform is not None
    if given.platform is not None:
        reason = f"is also in {given.sources}: keep one of them"
        raise InvalidSpecError([Problem("--platform", platform, reason)])
    settings = read_spec_files([platform]).platform
    if settings is None:
        raise InvalidSpecError([Problem("kind", None, "the file has no `kind: Platform`: add one")], source=platform)
    return given.tenants, settings, False


def _stored(cluster: Cluster, names: Sequence[str]) -> tuple[Platform | None, Sequence[Tenant], bool]:
    """The platform and the tenants of a cluster, and whether all could be read; with names, only these tenants."""
    from tenantkit.provision.stored.platform import find_platform
    from tenantkit.provision.stored.tenants import get_tenant, get_tenants

    if names:
        return None, [get_tenant(cluster, name) for name in dict.fromkeys(names)], True
    tenants = get_tenants(cluster)
    incomplete = tenants.attrs["incomplete"]
    for namespace, reason in incomplete.items():
        notify(f"tenantkit: the tenant in namespace {namespace} is left out: {words_of(reason, 'shell')}")
    return find_platform(cluster), tenants, not incomplete


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def _report_others(others: Sequence[Path], *, prune: bool) -> None:
    """Delete files of earlier renders, or only name them: another run may have rendered other tenants there."""
    for other in others:
        if prune:
            other.unlink()
            notify(f"tenantkit: deleted {other}, which these specs do not have")
        else:
            notify(
                f"note: {other} is of an earlier render: if its tenant or object shall no longer exist, delete it, or "
                "render all specs with --prune"
            )


def _others(folder: Path, written: Mapping[str, str]) -> list[Path]:
    """Files of earlier renders that this one did not write, where a render puts files and nowhere else."""
    from tenantkit.provision.render import PLACES

    current = {folder / path for path in written}
    found = {path for place in PLACES for path in folder.glob(place)} - current
    return [path for path in sorted(found) if path.is_file() and _is_rendered(path)]


def _is_rendered(path: Path) -> bool:
    from tenantkit.provision.render import HEADER

    header = HEADER.encode()
    with path.open("rb") as file:
        return file.read(len(header)) == header

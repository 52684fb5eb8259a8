"""Commands for tenants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, FILE, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.force_conflicts import force_conflicts_option, named_conflicts
from tenantkit.cli.interrupts import cancelled_by_signals
from tenantkit.cli.output import notify, output_option, print_result
from tenantkit.cli.reports import print_report, print_request
from tenantkit.cli.spec_files import read_spec_files
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.reasons import REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cli.output import Format
    from tenantkit.cli.spec_files import Given
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan


@click.command(
    cls=Command,
    example="tenantkit plan tenants/ --out plan.json",
    exit_codes=[ExitCode.CHANGES, ExitCode.BLOCKED, ExitCode.PENDING],
)
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@click.option("--dry-run", type=click.Choice(["server"]), help="Also let the server check each change by a dry run.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there are changes.")
@click.option("--fields", is_flag=True, help="Also print each object and field.")
@click.option("--out", metavar="FILE", type=FILE, help="Also write the plan into a file for `tenantkit apply`.")
@CLUSTER_OPTIONS
@output_option
def plan(  # noqa: PLR0913 (one argument per option)
    *,
    files: tuple[str, ...],
    dry_run: Literal["server"] | None,
    out: str | None,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
    exit_code: bool,
    fields: bool,
) -> int:
    """Show what `apply` or `install` would change. Nothing is written to the cluster.

    Lost access and deletions come first, then what somebody else must do.

    FILE is YAML or JSON with `kind: Tenant`, or with `kind: Platform`; a folder stands for all such files in it, - for
    standard input.
    """
    from tenantkit.provision.plan_files import write_plan

    given = read_spec_files(files)
    with connect(kubeconfig, context) as cluster:
        is_platform = given.platform is not None and not given.tenants
        planned = _platform_plan(cluster, given) if is_platform else _plan(cluster, given, dry_run=dry_run)
    if out is not None:
        write_plan(out, planned)
    print_result(output, planned.as_json("shell"), planned.words("shell", fields=fields))
    print_request(planned.request)
    if any(row.action in REFUSED for row in planned.rows):
        return ExitCode.BLOCKED
    if any(row.action == "not yours" for row in planned.rows):
        return ExitCode.PENDING
    return ExitCode.CHANGES if exit_code and planned.has_changes else ExitCode.DONE


@click.command(cls=Command, example="tenantkit apply tenants.yaml", exit_codes=[ExitCode.BLOCKED, ExitCode.PENDING])
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@force_conflicts_option
@CLUSTER_OPTIONS
@output_option
def apply(
    files: tuple[str, ...],
    force_conflicts: tuple[str, ...],
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Create and update the tenants of files, or apply a plan file.

    FILE is YAML or JSON with `kind: Tenant`; a folder stands for all such files in it, - for standard input. A plan
    file from `tenantkit plan --out` is applied exactly as it is, or refused. Ctrl-C and SIGTERM stop after the current
    objects and print the report; run the same command again to continue.
    """
    from tenantkit.provision.apply import apply as apply_plan

    given = read_spec_files(files)
    with connect(kubeconfig, context) as cluster:
        planned = _plan(cluster, given)
        notify(planned.words("shell", fields=False))
        forced = named_conflicts(planned, force_conflicts)
        with cancelled_by_signals() as cancelled:
            return print_report(
                output, lambda: apply_plan(cluster, planned, force_conflicts=forced, cancelled=cancelled)
            )


@click.command(cls=Command, example="tenantkit delete vision --confirm vision")
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option(
    "-f",
    "--file",
    "files",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="Also the tenants of a file, of a folder, or of standard input (-). Repeatable.",
)
@click.option("--confirm", metavar="NAME", multiple=True, help="Repeat the name of each tenant to confirm. Repeatable.")
@CLUSTER_OPTIONS
@output_option
def delete(  # noqa: PLR0913 (one argument per option)
    *,
    names: tuple[str, ...],
    files: tuple[str, ...],
    confirm: tuple[str, ...],
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Delete tenants with everything in them, all at the same time.

    This cannot be undone. Without --confirm it shows what would be deleted, deletes nothing and exits with 2, or
    with 5 if only somebody else may delete a tenant.
    """
    from tenantkit.provision.delete import delete_tenants, plan_delete_tenants

    chosen = _chosen(names, files)
    missing = "nothing was deleted; to delete, add " + " ".join(f"--confirm {name}" for name in chosen)
    if confirm and set(confirm) != set(chosen):
        raise click.UsageError(missing)
    with connect(kubeconfig, context) as cluster:
        if not confirm:
            planned = plan_delete_tenants(cluster, chosen)
            print_result(output, planned.as_json("shell"), planned.words("shell"))
            print_request(planned.request)
            if any(row.action == "not yours" for row in planned.rows):
                return ExitCode.PENDING
            raise click.UsageError(missing)
        with cancelled_by_signals() as cancelled:
            return print_report(output, lambda: delete_tenants(cluster, chosen, confirm=confirm, cancelled=cancelled))


def _chosen(names: Sequence[str], files: Sequence[str]) -> list[str]:
    """The names of the tenants to delete, from the command line and from files."""
    given = read_spec_files(files) if files else None
    if given is not None:
        _check_tenants(given, "delete")
    chosen = list(dict.fromkeys([*names, *(tenant.name for tenant in given.tenants)] if given else names))
    if not chosen:
        raise click.UsageError("name the tenants to delete, or add --file FILE")
    return chosen


def _platform_plan(cluster: Cluster, given: Given) -> Plan:
    from tenantkit.provision.install import plan_platform

    return plan_platform(cluster, given.platform)


def _plan(cluster: Cluster, given: Given, *, dry_run: Literal["server"] | None = None) -> Plan:
    """The plan of a plan file, or of the files' tenants; a platform among these must be the cluster's."""
    from tenantkit.provision.plan import plan as make_plan
    from tenantkit.provision.plan_files import parse_plan
    from tenantkit.provision.plans.unlisted import unlisted_tenants
    from tenantkit.provision.stored.platform import find_platform
    from tenantkit.spec.platform import Platform

    if given.plan is not None:
        source, content = given.plan
        return parse_plan(cluster, content, source=source)
    _check_tenants(given, "apply")
    platform = find_platform(cluster)
    settings = platform or Platform()
    if given.platform is not None and given.platform != settings:
        file = next(source for source, specs in given.files.items() if specs.platform is not None)
        reason = f"differs from the platform of the cluster: run `tenantkit install {file}` first"
        raise InvalidSpecError([Problem("Platform", given.platform.domain, reason)], source=file)
    for error in given.misfits(settings):
        notify(f"tenantkit: {error.words('shell')}")
    planned = make_plan(cluster, given.tenants, platform=platform, dry_run=dry_run)
    unlisted = unlisted_tenants(cluster, [tenant.name for tenant in given.tenants])
    return replace(planned, notices=(*planned.notices, *unlisted))


def _check_tenants(given: Given, command: str) -> None:
    """Refuse files without tenants: "nothing to do" would look like done."""
    if given.tenants:
        return
    if given.plan is not None:
        raise InvalidSpecError([Problem("kind", "Plan", f"{command} takes `kind: Tenant`")], source=given.plan[0])
    problem = Problem("kind", None, "the file has no `kind: Tenant`, so there is nothing to do: add one")
    if given.platform is not None:
        reason = f"the file has no `kind: Tenant`; for a platform, run `tenantkit install {given.sources}`"
        problem = Problem("kind", "Platform", reason)
    raise InvalidSpecError([problem], source=given.sources)

"""Commands for tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, FILE, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.force_conflicts import force_conflicts_option, named_conflicts
from tenantkit.cli.interrupts import cancelled_by_signals
from tenantkit.cli.output import notify, output_option, print_result
from tenantkit.cli.reports import print_report
from tenantkit.cli.spec_files import read_spec_file
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.reasons import REFUSED

if TYPE_CHECKING:
    from tenantkit.cli.output import Format
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan
    from tenantkit.spec.files import SpecFile


@click.command(
    cls=Command,
    example="tenantkit plan tenants.yaml --exit-code",
    exit_codes=[ExitCode.CHANGES, ExitCode.BLOCKED],
)
@click.argument("file", type=FILE)
@click.option("--dry-run", type=click.Choice(["server"]), help="Also let the server check each change by a dry run.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there are changes.")
@CLUSTER_OPTIONS
@output_option
def plan(  # noqa: PLR0913 (one argument per option)
    file: str,
    dry_run: Literal["server"] | None,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
    *,
    exit_code: bool,
) -> int:
    """Show what `apply` would change. Nothing is written.

    FILE is YAML or JSON with `kind: Tenant`; - is standard input.
    """
    with connect(kubeconfig, context) as cluster:
        planned = _plan(cluster, file, dry_run=dry_run)
    print_result(output, planned.as_json("shell"), planned.words("shell"))
    if any(row.action in REFUSED for row in planned.rows):
        return ExitCode.BLOCKED
    return ExitCode.CHANGES if exit_code and planned.has_changes else ExitCode.DONE


@click.command(cls=Command, example="tenantkit apply tenants.yaml", exit_codes=[ExitCode.BLOCKED])
@click.argument("file", type=FILE)
@force_conflicts_option
@CLUSTER_OPTIONS
@output_option
def apply(
    file: str, force_conflicts: tuple[str, ...], kubeconfig: str | None, context: str | None, output: Format
) -> int:
    """Create and update the tenants of a file.

    FILE is YAML or JSON with `kind: Tenant`; - is standard input. Ctrl-C and SIGTERM stop after the current objects and
    print the report; run the same command again to continue.
    """
    from tenantkit.provision.apply import apply as apply_plan

    with connect(kubeconfig, context) as cluster:
        planned = _plan(cluster, file)
        notify(planned.words("shell"))
        forced = named_conflicts(planned, force_conflicts)
        with cancelled_by_signals() as cancelled:
            return print_report(
                output, lambda: apply_plan(cluster, planned, force_conflicts=forced, cancelled=cancelled)
            )


@click.command(cls=Command, example="tenantkit delete vision --confirm vision")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--confirm", metavar="NAME", multiple=True, help="Repeat the name of each tenant to confirm. Repeatable.")
@CLUSTER_OPTIONS
@output_option
def delete(
    names: tuple[str, ...], confirm: tuple[str, ...], kubeconfig: str | None, context: str | None, output: Format
) -> int:
    """Delete tenants with everything in them.

    This cannot be undone. Without --confirm it shows what would be deleted, deletes nothing and exits with 2.
    """
    from tenantkit.provision.delete import delete_tenants, plan_delete_tenants

    missing = "nothing was deleted; to delete, add " + " ".join(f"--confirm {name}" for name in names)
    if confirm and set(confirm) != set(names):
        raise click.UsageError(missing)
    with connect(kubeconfig, context) as cluster:
        if not confirm:
            planned = plan_delete_tenants(cluster, names)
            print_result(output, planned.as_json("shell"), planned.words("shell"))
            raise click.UsageError(missing)
        with cancelled_by_signals() as cancelled:
            return print_report(output, lambda: delete_tenants(cluster, names, confirm=confirm, cancelled=cancelled))


def _plan(cluster: Cluster, file: str, *, dry_run: Literal["server"] | None = None) -> Plan:
    """The plan of a file's tenants; a platform in the same file must be the cluster's."""
    from tenantkit.provision.plan import plan as make_plan
    from tenantkit.provision.stored.platform import find_platform
    from tenantkit.spec.platform import Platform

    specs = read_spec_file(file)
    _check_tenants(specs, file)
    platform = find_platform(cluster)
    if specs.platform is not None and specs.platform != (platform or Platform()):
        reason = f"differs from the platform of the cluster: run `tenantkit install {file}` first"
        raise InvalidSpecError([Problem("Platform", specs.platform.domain, reason)], source=file)
    try:
        return make_plan(cluster, specs.tenants, platform=platform, dry_run=dry_run)
    except InvalidSpecError as error:
        raise InvalidSpecError(specs.located(error.problems), source=error.source or file) from None


def _check_tenants(specs: SpecFile, file: str) -> None:
    """Refuse a file without tenants: "nothing to do" would look like done."""
    if specs.tenants:
        return
    problem = Problem("kind", None, "the file has no `kind: Tenant`, so there is nothing to do: add one")
    if specs.platform is not None:
        reason = f"the file has no `kind: Tenant`; for a platform, run `tenantkit install {file}`"
        problem = Problem("kind", "Platform", reason)
    raise InvalidSpecError([problem], source=file)

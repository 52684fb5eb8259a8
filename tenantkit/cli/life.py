"""Commands for the life cycle of tenants: adopt and release, freeze and thaw, boost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, FILE, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.interrupts import cancelled_by_signals
from tenantkit.cli.output import notify, output_option, print_result
from tenantkit.cli.reports import print_report, print_request
from tenantkit.cli.spec_files import read_spec_files
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.reasons import ALL_NAMES, REFUSED

if TYPE_CHECKING:
    from tenantkit.cli.output import Format
    from tenantkit.provision.plan import Plan

_NAMES = click.argument("names", metavar="NAME...", nargs=-1, required=True)
_PLAN = click.option("--plan", "plan_only", is_flag=True, help="Only show what would change. Nothing is written.")
_CODES = [ExitCode.BLOCKED, ExitCode.PENDING]


@click.command(cls=Command, example="tenantkit adopt vision.yaml --plan", exit_codes=_CODES)
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@_PLAN
@CLUSTER_OPTIONS
@output_option
def adopt(
    files: tuple[str, ...], *, plan_only: bool, kubeconfig: str | None, context: str | None, output: Format
) -> int:
    """Make existing namespaces tenants, with labels and the grant.

    Nothing else changes.
    FILE is YAML or JSON with `kind: Tenant`; each tenant has the name of its namespace, without the platform's prefix.
    After that, `tenantkit plan` shows what the tenants still need.
    """
    from tenantkit.provision.life.adopt import adopt as adopt_tenants
    from tenantkit.provision.life.adopt import plan_adopt

    given = read_spec_files(files)
    if not given.tenants:
        raise InvalidSpecError([Problem("kind", None, "the file has no `kind: Tenant`: add one")], source=given.sources)
    with connect(kubeconfig, context) as cluster:
        planned = plan_adopt(cluster, given.tenants)
        if plan_only:
            return _print_plan(output, planned)
        notify(planned.words("shell"))
        with cancelled_by_signals() as cancelled:
            return print_report(output, lambda: adopt_tenants(cluster, planned, cancelled=cancelled))


@click.command(cls=Command, example="tenantkit release vision --plan", exit_codes=_CODES)
@_NAMES
@_PLAN
@CLUSTER_OPTIONS
@output_option
def release(
    names: tuple[str, ...], *, plan_only: bool, kubeconfig: str | None, context: str | None, output: Format
) -> int:
    """Make tenants plain namespaces again, without the grant.

    What `apply` has made in the namespaces stays; --plan lists it.
    """
    from tenantkit.provision.life.release import plan_release
    from tenantkit.provision.life.release import release as release_tenants

    with connect(kubeconfig, context) as cluster:
        planned = plan_release(cluster, names)
        if plan_only:
            return _print_plan(output, planned)
        notify(planned.words("shell"))
        with cancelled_by_signals() as cancelled:
            return print_report(output, lambda: release_tenants(cluster, planned, cancelled=cancelled))


@click.command(cls=Command, example="tenantkit freeze vision --read-only", exit_codes=_CODES)
@_NAMES
@click.option("--read-only", is_flag=True, help="Also give everyone the viewer role until the tenant is thawed.")
@CLUSTER_OPTIONS
@output_option
def freeze(
    names: tuple[str, ...], *, read_only: bool, kubeconfig: str | None, context: str | None, output: Format
) -> int:
    """Freeze tenants: what runs goes on, but no new pods start."""
    from tenantkit.provision.life.freeze import freeze as freeze_tenants

    with connect(kubeconfig, context) as cluster, cancelled_by_signals() as cancelled:
        return print_report(output, lambda: freeze_tenants(cluster, names, read_only=read_only, cancelled=cancelled))


@click.command(cls=Command, example="tenantkit thaw vision", exit_codes=_CODES)
@_NAMES
@CLUSTER_OPTIONS
@output_option
def thaw(names: tuple[str, ...], kubeconfig: str | None, context: str | None, output: Format) -> int:
    """Thaw frozen tenants: new pods start again."""
    from tenantkit.provision.life.freeze import thaw as thaw_tenants

    with connect(kubeconfig, context) as cluster, cancelled_by_signals() as cancelled:
        return print_report(output, lambda: thaw_tenants(cluster, names, cancelled=cancelled))


@click.command(
    cls=Command, example="tenantkit boost vision --size large --until 2027-03-31T18:00:00Z", exit_codes=_CODES
)
@_NAMES
@click.option("--size", metavar="SIZE", required=True, help="One of the platform's sizes.")
@click.option("--until", metavar="TIME", required=True, help="When it ends: a date, a time and a zone.")
@CLUSTER_OPTIONS
@output_option
def boost(  # noqa: PLR0913 (one argument per option)
    *,
    names: tuple[str, ...],
    size: str,
    until: str,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Give tenants another quota until a time. The first plan after that takes it back."""
    from tenantkit.provision.life.boost import boost as boost_tenants

    with connect(kubeconfig, context) as cluster, cancelled_by_signals() as cancelled:
        return print_report(output, lambda: boost_tenants(cluster, names, size=size, until=until, cancelled=cancelled))


def _print_plan(output: Format, planned: Plan) -> int:
    print_result(output, planned.as_json("shell"), planned.words("shell"))
    print_request(planned.request)
    if any(row.action in REFUSED and row.ref.name != ALL_NAMES for row in planned.rows):
        return ExitCode.BLOCKED
    return ExitCode.PENDING if any(row.action == "not yours" for row in planned.rows) else ExitCode.DONE

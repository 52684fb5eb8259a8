"""Commands for the platform of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, FILE, connect
from tenantkit.cli.force_conflicts import force_conflicts_option, named_conflicts
from tenantkit.cli.interrupts import cancelled_by_signals
from tenantkit.cli.output import notify, output_option
from tenantkit.cli.reports import print_report
from tenantkit.cli.spec_files import read_spec_files
from tenantkit.exceptions import InvalidSpecError, Problem

if TYPE_CHECKING:
    from tenantkit.cli.output import Format


@click.command(cls=Command, example="tenantkit install platform.yaml")
@click.argument("file", required=False, type=FILE)
@force_conflicts_option
@CLUSTER_OPTIONS
@output_option
def install(
    file: str | None, force_conflicts: tuple[str, ...], kubeconfig: str | None, context: str | None, output: Format
) -> int:
    """Install or update the platform of a cluster.

    FILE is YAML or JSON with `kind: Platform`; - is standard input. Without FILE, the default platform
    is installed: its roles and settings.
    """
    from tenantkit.provision.install import install_platform, plan_platform
    from tenantkit.provision.plans.notice import notice_lines
    from tenantkit.spec.platform import Platform

    given = read_spec_files([file]) if file else None
    if given is not None and given.platform is None:
        kind = "Plan" if given.plan is not None else "Tenant"
        raise InvalidSpecError([Problem("kind", kind, "install takes `kind: Platform`")], source=file)
    platform = given.platform if given and given.platform else Platform()
    with connect(kubeconfig, context) as cluster:
        planned = plan_platform(cluster, platform)
        for line in notice_lines(planned.notices, "shell"):
            notify(f"note: {line}")
        forced = named_conflicts(planned, force_conflicts)
        with cancelled_by_signals() as cancelled:
            return print_report(
                output,
                lambda: install_platform(cluster, platform, force_conflicts=forced, cancelled=cancelled),
            )


@click.command(cls=Command, example="tenantkit uninstall --confirm tenantkit-system")
@click.option("--confirm", metavar="NAMESPACE", help="Repeat the platform's namespace, tenantkit-system, to confirm.")
@CLUSTER_OPTIONS
@output_option
def uninstall(confirm: str | None, kubeconfig: str | None, context: str | None, output: Format) -> int:
    """Delete the platform: its roles, settings and guardrails.

    It refuses while there are tenants: delete or release them first. Without --confirm it deletes nothing and exits
    with 2.
    """
    from tenantkit.provision.install import uninstall_platform
    from tenantkit.spec.platform import SYSTEM_NAMESPACE

    if confirm != SYSTEM_NAMESPACE:
        raise click.UsageError(f"nothing was deleted; to delete the platform, add --confirm {SYSTEM_NAMESPACE}")
    with connect(kubeconfig, context) as cluster, cancelled_by_signals() as cancelled:
        return print_report(output, lambda: uninstall_platform(cluster, confirm=confirm, cancelled=cancelled))

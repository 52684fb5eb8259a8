"""Commands for the platform of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, FILE, connect
from tenantkit.cli.force_conflicts import force_conflicts_option, named_conflicts
from tenantkit.cli.interrupts import cancelled_by_signals
from tenantkit.cli.output import output_option
from tenantkit.cli.reports import print_report
from tenantkit.cli.spec_files import read_spec_file
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
    from tenantkit.spec.platform import Platform

    specs = read_spec_file(file) if file else None
    if specs is not None and specs.platform is None:
        raise InvalidSpecError([Problem("kind", "Tenant", "install takes `kind: Platform`")], source=file)
    platform = specs.platform if specs and specs.platform else Platform()
    with connect(kubeconfig, context) as cluster:
        planned = plan_platform(cluster, platform) if force_conflicts else None
        forced = named_conflicts(planned, force_conflicts) if planned else None
        with cancelled_by_signals() as cancelled:
            return print_report(
                output,
                lambda: install_platform(cluster, platform, force_conflicts=forced, cancelled=cancelled),
            )

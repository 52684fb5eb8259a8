"""Commands that answer: who am I, which tenants are there, how much is used, why does it not run, would it fit?

Each reads what you may read, and writes nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import output_option, print_result
from tenantkit.cli.reading import frame_json, frame_table, print_frame, reader_options
from tenantkit.rules.accelerators import DEFAULT_ACCELERATOR

if TYPE_CHECKING:
    from tenantkit.cli.output import Format
    from tenantkit.cli.reading import Filters

_ALL = click.option("--all", "is_whole", is_flag=True, help="Also print the rows that need no attention.")


@click.command(cls=Command, example="tenantkit whoami")
@CLUSTER_OPTIONS
@output_option
def whoami(kubeconfig: str | None, context: str | None, output: Format) -> int:
    """Show the user that the server sees, and what they may do."""
    from tenantkit import whoami as read

    with connect(kubeconfig, context) as cluster:
        identity = read(cluster)
    groups = ", ".join(identity.groups)
    text = f"{identity!r}\ngroups: {groups}\nserver: {identity.server}"
    print_result(output, asdict(identity), text)
    return ExitCode.DONE


@click.command(cls=Command, example="tenantkit tenants --drift")
@reader_options
@click.option("--drift", is_flag=True, help="Also compare each tenant with its stored spec.")
@CLUSTER_OPTIONS
@output_option
def tenants(*, filters: Filters, drift: bool, kubeconfig: str | None, context: str | None, output: Format) -> int:
    """List the tenants, with what they were granted."""
    from tenantkit.frames.tenants import tenants as read

    with connect(kubeconfig, context) as cluster:
        return print_frame(output, read(cluster, **filters, drift=drift))


@click.command(cls=Command, example="tenantkit quota --by team")
@reader_options
@click.option(
    "--by",
    type=click.Choice(["tenant", "team"]),
    default="tenant",
    show_default=True,
    help="One row for each tenant, or the sum of each team.",
)
@_ALL
@CLUSTER_OPTIONS
@output_option
def quota(  # noqa: PLR0913 (one argument per option)
    *,
    filters: Filters,
    by: Literal["tenant", "team"],
    is_whole: bool,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Show how much of each quota is used; `holders` says by whom."""
    from tenantkit.frames.quota import quota_usage

    with connect(kubeconfig, context) as cluster:
        return print_frame(output, quota_usage(cluster, **filters, by=by), is_whole=is_whole)


@click.command(cls=Command, example="tenantkit holders --resource gpu --by person")
@reader_options
@click.option("--resource", metavar="RESOURCE", help="Only this entry, such as requests.cpu; gpu: all accelerators.")
@click.option(
    "--by",
    type=click.Choice(["workload", "person"]),
    default="workload",
    show_default=True,
    help="One row for each workload, or the sum of each person.",
)
@_ALL
@CLUSTER_OPTIONS
@output_option
def holders(  # noqa: PLR0913 (one argument per option)
    *,
    filters: Filters,
    resource: str | None,
    by: Literal["workload", "person"],
    is_whole: bool,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Show who holds the quotas: workloads, and who made them."""
    from tenantkit.frames.quota_holders import quota_holders

    with connect(kubeconfig, context) as cluster:
        frame = quota_holders(cluster, **filters, resource=resource, by=by)
    return print_frame(output, frame, is_whole=is_whole)


@click.command(cls=Command, example="tenantkit why vision --workload Job/train")
@reader_options
@click.option("--workload", metavar="[KIND/]NAME", help="Only this workload, such as Job/train. Default: all.")
@CLUSTER_OPTIONS
@output_option
def why(*, filters: Filters, workload: str | None, kubeconfig: str | None, context: str | None, output: Format) -> int:
    """Explain why something does not run, and what to do next."""
    from tenantkit.findings.why import explained

    with connect(kubeconfig, context) as cluster:
        frame = explained(cluster, **filters, workload=workload, surface="shell")
    return print_frame(output, frame)


@click.command(cls=Command, example="tenantkit fits vision --pods 4 --gpus 2 --cpu 8 --memory 64Gi")
@click.argument("tenant", metavar="TENANT")
@click.option("--pods", type=int, default=1, show_default=True, help="How many pods, all alike.")
@click.option("--cpu", metavar="CORES", help="Cores of each pod: 2, 500m. Default: from LimitRanges, else none.")
@click.option("--memory", metavar="BYTES", help="Bytes of each pod: 16Gi. Default: likewise.")
@click.option("--gpus", type=int, default=0, show_default=True, help="Accelerators of each pod.")
@click.option(
    "--accelerator",
    metavar="RESOURCE",
    default=DEFAULT_ACCELERATOR,
    help="Their resource name. Default: nvidia.com/gpu.",
)
@CLUSTER_OPTIONS
@output_option
def fits(
    *,
    tenant: str,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
    **amounts: Any,
) -> int:
    """Check whether more pods would fit into a tenant now.

    The answer is yes, maybe or no, with what blocks them first. Nothing is created.
    """
    from tenantkit.findings.fits.fit import asking
    from tenantkit.findings.fits.fits import fits as check

    with connect(kubeconfig, context) as cluster:
        fit = check(cluster, tenant, **amounts)
    facts = {"answer": fit.answer, "wanted": fit.wanted, "pods": fit.pods, "blocks_first": fit.blocks_first}
    call, frame = fit.request_call, fit.frame_in("shell")
    request = None if call is None else call.words("shell").strip("`")
    data = {**facts, "next_steps": fit.next_steps, "request": request, **frame_json(frame)}
    ask = "" if call is None else f"\n{asking(call).words('shell')}"
    print_result(output, data, f"{fit.summary_in('shell')}\n\n{frame_table(frame)}{ask}")
    return ExitCode.DONE

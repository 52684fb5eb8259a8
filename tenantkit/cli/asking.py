"""Commands for what only the platform team may do: a text that asks for it, and who has a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import output_option, print_result
from tenantkit.cli.reading import print_frame
from tenantkit.rules.accelerators import DEFAULT_ACCELERATOR

if TYPE_CHECKING:
    from tenantkit.cli.output import Format

_AMOUNTS = ("size", "cpu", "memory", "gpus", "storage", "pods")


@click.command(cls=Command, example='tenantkit request vision --gpus 4 --reason "four models for the demo"')
@click.argument("tenant", metavar="TENANT")
@click.option("--size", metavar="SIZE", help="One of the platform's sizes. Default: the present quota.")
@click.option("--cpu", metavar="CORES", help="Cores in all: 16, 500m. Default: as it is.")
@click.option("--memory", metavar="BYTES", help="Bytes in all: 64Gi. Default: as it is.")
@click.option("--gpus", type=int, help="Accelerators in all. Default: as it is.")
@click.option("--storage", metavar="BYTES", help="Bytes of all volume claims: 500Gi. Default: as it is.")
@click.option("--pods", type=int, help="Number of pods that have not finished. Default: as it is.")
@click.option("--host", metavar="HOST", help="Another host, in place of another quota: demo.example.ai.")
@click.option(
    "--accelerator",
    metavar="RESOURCE",
    default=DEFAULT_ACCELERATOR,
    help="The resource name of --gpus. Default: nvidia.com/gpu.",
)
@click.option("--reason", metavar="TEXT", default="", help="Why. Default: a line to fill in.")
@CLUSTER_OPTIONS
@output_option
def request(
    *,
    tenant: str,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
    **asked: Any,
) -> int:
    """Print a text that asks the platform for more quota or a host.

    The quota is the present one with the amounts that you name. Nothing is written, and nothing is sent. For other
    changes, `tenantkit plan` and the commands that change something print such a text.
    """
    from tenantkit.provision.life.request_host import request_host
    from tenantkit.provision.life.request_quota import request_quota

    host, reason = asked.pop("host"), asked.pop("reason")
    if host is not None and any(asked[name] is not None for name in _AMOUNTS):
        raise click.UsageError("ask for another host and for another quota one after the other")
    with connect(kubeconfig, context) as cluster:
        if host is not None:
            text = request_host(cluster, tenant, host, reason=reason)
        else:
            text = request_quota(cluster, tenant, **asked, reason=reason)
    plan = text.plan.as_json("shell") if text.plan is not None else None
    print_result(output, {"request": str(text), "plan": plan}, str(text))
    return ExitCode.DONE


@click.command(cls=Command, example="tenantkit host vision.example.ai")
@click.argument("host", metavar="HOST")
@CLUSTER_OPTIONS
@output_option
def host(host: str, kubeconfig: str | None, context: str | None, output: Format) -> int:
    """Show who has a host, and whom to ask for it.

    Its state is `yours`, `taken`, `free` or `not visible`: then only the platform team sees whether a tenant has it.
    """
    from tenantkit.frames.host_owner import answered

    with connect(kubeconfig, context) as cluster:
        return print_frame(output, answered(cluster, host, surface="shell"))

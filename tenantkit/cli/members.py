"""Commands for members and routes: list, add and remove them, with the permissions of an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.interrupts import cancelled_by_signals
from tenantkit.cli.output import notify, output_option, print_result
from tenantkit.cli.reading import filter_options, print_frame
from tenantkit.cli.reports import print_report, print_request
from tenantkit.provision.reasons import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cli.output import Format
    from tenantkit.cli.reading import Filters
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.plan import Plan

_ACTIONS = ("list", "add", "remove")
_ACTION = click.argument("action", metavar="[list|add|remove]", type=click.Choice(_ACTIONS), default="list")
_PLAN = click.option("--plan", "plan_only", is_flag=True, help="Only show what would change. Nothing is written.")
_CODES = [ExitCode.BLOCKED, ExitCode.PENDING]


@click.command(
    cls=Command, example="tenantkit members add sam@example.com --tenant vision --role editor", exit_codes=_CODES
)
@_ACTION
@click.argument("persons", metavar="[PERSON...]", nargs=-1)
@click.option(
    "--role",
    type=click.Choice(["viewer", "editor"]),
    default="viewer",
    show_default=True,
    help="The role of those who are added, in place of any other.",
)
@_PLAN
@filter_options
@CLUSTER_OPTIONS
@output_option
def members(  # noqa: PLR0913 (one argument per option)
    *,
    action: str,
    persons: tuple[str, ...],
    role: Literal["viewer", "editor"],
    plan_only: bool,
    filters: Filters,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Show, add or remove members of tenants.

    PERSON is `dana@example.com`, `group:ml-vision` or `sa:NAMESPACE/NAME`. Owners of a tenant may add and remove
    editors and viewers; everybody else's role stays as it is.
    """
    if action == "list":
        from tenantkit.frames.members import members as read_members

        _check_nothing(persons, "PERSON")
        _check_unset("--role", "--plan")
        with connect(kubeconfig, context) as cluster:
            return print_frame(output, read_members(cluster, **filters))
    from tenantkit.provision.team.members import plan_add_member, plan_remove_member

    tenant = _chosen(action, persons, "PERSON", filters)

    def make(cluster: Cluster) -> Plan:
        if action == "add":
            return plan_add_member(cluster, tenant, persons, role=role)
        return plan_remove_member(cluster, tenant, persons)

    with connect(kubeconfig, context) as cluster:
        return _carry_out(cluster, make, output, plan_only=plan_only)


@click.command(
    cls=Command, example="tenantkit routes add ai-service:80 --tenant vision --path /ai-service", exit_codes=_CODES
)
@_ACTION
@click.argument("named", metavar="[SERVICE:PORT|URL...]", nargs=-1)
@click.option("--path", metavar="PATH", help="The path of the added route. Default: /, the whole host.")
@click.option("--host", metavar="HOST", help="Of the added route. Default: the tenant's own. With list: only this one.")
@click.option(
    "--path-type",
    type=click.Choice(["Prefix", "Exact", "ImplementationSpecific"]),
    default="Prefix",
    show_default=True,
    help="How the path is matched.",
)
@click.option("--replace", is_flag=True, help="Change a route that has the same host and path.")
@_PLAN
@filter_options
@CLUSTER_OPTIONS
@output_option
def routes(  # noqa: PLR0913 (one argument per option)
    *,
    action: str,
    named: tuple[str, ...],
    path: str | None,
    host: str | None,
    path_type: Literal["Prefix", "Exact", "ImplementationSpecific"],
    replace: bool,
    plan_only: bool,
    filters: Filters,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Show, add or remove routes of tenants.

    `add` takes one SERVICE:PORT; the port is a number or a name. `remove` takes URLs, paths at the tenant's own host,
    or names of their objects. Owners of a tenant may do both; its other routes stay as they are.
    """
    if action == "list":
        from tenantkit.frames.routes import routes as read_routes
        from tenantkit.provision.hosts.visible import checked_host

        _check_nothing(named, "SERVICE or URL")
        _check_unset("--path", "--path-type", "--replace", "--plan")
        chosen = checked_host(host) if host is not None else None
        with connect(kubeconfig, context) as cluster:
            frame = read_routes(cluster, **filters)
        return print_frame(output, frame if chosen is None else frame[frame["host"] == chosen])
    from tenantkit.provision.team.routes import plan_add_route, plan_remove_route
    from tenantkit.spec.route import Route

    tenant = _chosen(action, named, "SERVICE:PORT" if action == "add" else "URL", filters)
    if action == "remove":
        with connect(kubeconfig, context) as cluster:
            return _carry_out(cluster, lambda it: plan_remove_route(it, tenant, named), output, plan_only=plan_only)
    service, port = _service(named)
    route = Route(service=service, port=port, path=path or "/", path_type=path_type, host=host)
    with connect(kubeconfig, context) as cluster:
        return _carry_out(
            cluster, lambda it: plan_add_route(it, tenant, route, replace=replace), output, plan_only=plan_only
        )


def _carry_out(cluster: Cluster, make: Callable[[Cluster], Plan], output: Format, *, plan_only: bool) -> int:
    """Show the plan, or carry it out and show the report."""
    from tenantkit.provision.running.options import Running
    from tenantkit.provision.team.carry_out import carry_out

    if plan_only:
        planned = make(cluster)
        print_result(output, planned.as_json("shell"), planned.words("shell"))
        print_request(planned.request)
        if any(row.action in REFUSED for row in planned.rows):
            return ExitCode.BLOCKED
        return ExitCode.PENDING if any(row.action == "not yours" for row in planned.rows) else ExitCode.DONE

    def shown() -> Plan:
        planned = make(cluster)
        notify(planned.words("shell", fields=False))
        return planned

    with cancelled_by_signals() as cancelled:
        running = Running(True, None, cancelled, max_concurrency=1, timeout_s=0)  # noqa: FBT003 (a progress line)
        return print_report(output, lambda: carry_out(cluster, shown, running))


def _chosen(action: str, named: Sequence[str], what: str, filters: Filters) -> str:
    """The tenant to change."""
    if filters["namespaces"] or filters["label_selector"]:
        raise click.UsageError(f"{action} changes one tenant: use --tenant NAME alone")
    if not filters["tenant"]:
        raise click.UsageError(f"name the tenant: add --tenant NAME to {action}")
    if not named:
        raise click.UsageError(f"name at least one {what} to {action}")
    return str(filters["tenant"])


def _check_nothing(named: Sequence[str], what: str) -> None:
    if named:
        raise click.UsageError(f"list takes no {what}; to change a tenant, use add or remove")


def _check_unset(*options: str) -> None:
    """Refuse options of add and remove: one that is left out of sight would look as if it filtered the list."""
    context = click.get_current_context()
    for parameter in context.command.params:
        is_given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if is_given and not {*options}.isdisjoint(parameter.opts):
            raise click.UsageError(f"list takes no {parameter.opts[0]}; to change a tenant, use add or remove")


def _service(named: Sequence[str]) -> tuple[str, int | str]:
    """Service and port of the one route that is added."""
    if len(named) > 1:
        raise click.UsageError("add one route at a time")
    service, colon, port = named[0].rpartition(":")
    if not colon or not service or not port:
        raise click.UsageError(f"{named[0]!r}: write the service and its port, for example ai-service:80")
    return service, int(port) if port.isascii() and port.isdigit() else port

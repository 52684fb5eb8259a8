"""The command that prints logs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import notify, output_option, print_result, print_text
from tenantkit.cli.reading import filter_options, frame_json
from tenantkit.exceptions import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cli.output import Format
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.log.follow import LogStream
    from tenantkit.frames.log.shown import Logs


@click.command(
    cls=Command,
    example="tenantkit logs Deployment/crawl --tenant vision --previous --tail 50",
)
@click.argument("workload", metavar="KIND/NAME")
@filter_options
@click.option("-c", "--container", metavar="NAME", help="Only this container. Default: all.")
@click.option("-p", "--previous", is_flag=True, help="The logs of the previous runs, which a crash has ended.")
@click.option("--tail", type=int, metavar="LINES", help="The last lines of each container. Default: 100; 10 to follow.")
@click.option("--since", metavar="TIME", help="Only lines that are newer than this: 30s, 10m, 1h30m, 2d.")
@click.option(
    "--max-pods",
    type=int,
    default=10,
    help="The largest number of pods; failing and newest ones first. Default: 10.",
)
@click.option("-f", "--follow", is_flag=True, help="Print each line as it is written, until Ctrl-C.")
@CLUSTER_OPTIONS
@output_option
def logs(  # noqa: PLR0913 (one argument per option)
    *,
    workload: str,
    filters: dict[str, Any],
    previous: bool,
    tail: int | None,
    follow: bool,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
    **options: Any,
) -> int:
    """Print the logs of a workload's pods, failing ones first.

    KIND/NAME is, for example, Deployment/crawl, Job/train or Pod/x; NAME alone is enough where one workload has it.
    """
    if follow and (previous or output == "json"):
        raise click.UsageError("--follow cannot be combined with --previous or --output json: leave out one of them")
    options |= filters | ({} if tail is None else {"tail": tail})
    with connect(kubeconfig, context) as cluster:
        if follow:
            return _follow(cluster, workload, options)
        from tenantkit.frames.logs import logs as read

        found = read(cluster, workload, previous=previous, **options)
    _notify_incomplete(found.incomplete or {})
    for each in found.containers if output != "json" else ():
        if each.end is not None:  # not among the lines, which may be piped
            notify(f"tenantkit: container {each.container} of Pod/{each.pod}: {each.end}")
    print_result(output, _json(found) if output == "json" else {}, found.words("shell", with_ends=False))
    return ExitCode.DONE


def _json(found: Logs) -> dict[str, Any]:
    """The frame, and what is said of each container and of all of them."""
    containers = [
        {
            "namespace": each.namespace,
            "pod": each.pod,
            "container": each.container,
            "end": each.end,
            "note": None if each.note is None else each.note.words("shell"),
        }
        for each in found.containers
    ]
    return frame_json(found.frame) | {"containers": containers, "notes": [note.words("shell") for note in found.notes]}


def _follow(cluster: Cluster, workload: str, options: dict[str, Any]) -> int:
    """Print lines until the containers end, or until Ctrl-C or SIGTERM; that is the usual end, and no failure."""
    from tenantkit.frames.log.follow import follow_logs

    with suppress(KeyboardInterrupt), follow_logs(cluster, workload, **options) as stream:
        for note in stream.notes:
            notify(f"tenantkit: {note.words('shell')}")
        _notify_incomplete(stream.incomplete)
        lost: set[str] = set()
        for line in stream:
            prefix = f"[{line.pod}/{line.container}] " if stream.containers > 1 else ""
            print_text(f"{prefix}{line.text}")
            _notify_lost(stream, lost)
        _notify_lost(stream, lost)
    return ExitCode.DONE


def _notify_incomplete(incomplete: Mapping[str, str]) -> None:
    for kind, reason in incomplete.items():
        notify(f"tenantkit: {kind} could not be read in full: {words_of(reason, 'shell')}")


def _notify_lost(stream: LogStream, said: set[str]) -> None:
    """Say once of each container that no more lines come from it."""
    for name, error in stream.errors.items():
        if name not in said:
            said.add(name)
            notify(f"tenantkit: no more lines of {name}: {error.words('shell')}")

"""Which cluster a command works on, and the log of its requests."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING

import click

from tenantkit.cli.output import notify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster

_LOGGER = "tenantkit.cluster"
FILE = click.Path(readable=False, allow_dash=True)  # the function that reads it reports what is wrong


def connection_options(kubeconfig: str, context: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add `--kubeconfig`, `--context` and `--verbose` to a command.

    Args:
        kubeconfig: the help of `--kubeconfig`.
        context: the help of `--context`.
    """
    options = [
        click.option("--kubeconfig", metavar="FILE", type=FILE, help=kubeconfig),
        click.option("--context", metavar="NAME", help=context),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            expose_value=False,
            callback=_log_requests,
            help="Log each request to standard error: method, path, status and milliseconds.",
        ),
    ]
    return lambda command: reduce(lambda inner, option: option(inner), reversed(options), command)


def _log_requests(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's signature)
    if value:
        context.with_resource(_logged_requests())


@contextmanager
def _logged_requests() -> Iterator[None]:
    logger, handler = logging.getLogger(_LOGGER), _ToStandardError()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _ToStandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        notify(self.format(record))


CLUSTER_OPTIONS = connection_options(
    "The cluster's kubeconfig. Default: $KUBECONFIG, in-cluster, ~/.kube/config.",
    "A context of the kubeconfig. Default: its current context.",
)
OWN_SANDBOX_OPTIONS = connection_options(
    "The cluster's kubeconfig. Default: start a sandbox.", "A context of that kubeconfig. Default: its current context."
)


def connect(kubeconfig: str | Path | None, context: str | None) -> Cluster:
    """Connect to the cluster that the options name."""
    from tenantkit.cluster.connection.connect import connect as connect_cluster

    return connect_cluster(kubeconfig=kubeconfig, context=context)


def check_context(kubeconfig: str | None, context: str | None) -> None:
    """Refuse a context without a kubeconfig: a sandbox is not what that user asks for."""
    if context is not None and kubeconfig is None:
        raise click.UsageError("--context needs a kubeconfig: add --kubeconfig FILE")

"""Commands that run on this machine: the demo, the sandbox, the lab and its notebooks."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import FILE, OWN_SANDBOX_OPTIONS, check_context, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import notify, output_option, print_result
from tenantkit.exceptions import PartialApplyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cli.output import Format
    from tenantkit.sandbox.server import Sandbox

_PORT = click.IntRange(0, 65535)
_FOLDER = click.Path(file_okay=False)
_NOTEBOOKS = "tenantkit-notebooks"


@click.command(cls=Command, example="tenantkit demo", exit_codes=[ExitCode.BLOCKED])
@click.option("--keep", is_flag=True, help="Leave the sandbox running until Ctrl-C.")
@OWN_SANDBOX_OPTIONS
@output_option
def demo(kubeconfig: str | None, context: str | None, output: Format, *, keep: bool) -> int:
    """Plan, apply and list three tenants."""
    from tenantkit.demo import run_demo

    check_context(kubeconfig, context)
    with ExitStack() as stack:
        file: str | Path | None = kubeconfig
        if file is None:
            from tenantkit.sandbox.server import Sandbox

            notify("starting a sandbox: this takes some seconds")
            box = stack.enter_context(Sandbox())
            file, context = box.kubeconfig, "sandbox-admin"
            notify(f"sandbox at {box.url}: a small API server on this machine")
        cluster = stack.enter_context(connect(file, context))
        result = run_demo(cluster, notify=notify)
        print_result(output, result.as_json(), result.as_text())
        if keep and kubeconfig is None:
            notify(f"kubectl --kubeconfig {file} get ns,ingress,resourcequota -A")
            _wait_for_interrupt()
    return ExitCode.DONE


@click.command(cls=Command, example="tenantkit sandbox --kubeconfig sandbox.kubeconfig")
@click.option(
    "--kubeconfig",
    metavar="FILE",
    type=FILE,
    required=True,
    help="File to write the kubeconfig to. Only you can read it.",
)
@click.option("--port", type=_PORT, default=0, metavar="N", help="Port on 127.0.0.1. Default: any free port.")
@click.option(
    "--sample",
    is_flag=True,
    help="Also create a sample platform with seven tenants, their workloads, and nodes without machines.",
)
def sandbox(kubeconfig: str, port: int, *, sample: bool) -> int:
    """Run a small Kubernetes API server.

    It is for evaluation, teaching and testing, never for workloads. Press Ctrl-C to stop it.
    """
    from tenantkit.sandbox.server import Sandbox

    with Sandbox(port=port, kubeconfig=Path(kubeconfig)) as box:
        notify(f"sandbox at {box.url}, kubeconfig {box.kubeconfig}; for evaluation, teaching and testing only")
        if sample:
            notify("filling it with the sample: this takes some seconds")
            _fill(box)
        command = "tenants" if sample else "install"
        notify(f"next: tenantkit {command} --kubeconfig {box.kubeconfig} --context sandbox-admin")
        _wait_for_interrupt()
    return ExitCode.DONE


@click.command(cls=Command, example="tenantkit lab --folder notebooks --no-browser")
@click.option("--port", type=_PORT, metavar="N", help="JupyterLab's port. Default: 8888, or the next free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option(
    "--folder",
    metavar="FOLDER",
    type=_FOLDER,
    default=_NOTEBOOKS,
    show_default=True,
    help="Folder for the notebooks. Files that you changed there are kept.",
)
@OWN_SANDBOX_OPTIONS
def lab(kubeconfig: str | None, context: str | None, port: int | None, folder: str, *, no_browser: bool) -> int:
    """Start JupyterLab on the notebooks. They get one context of the kubeconfig, and no other.

    Without --kubeconfig, it also starts a sandbox with a sample platform. There you are a provisioner, who creates
    tenants and, without the guardrails, is a cluster administrator in practice. Press Ctrl-C to stop both.
    """
    from tenantkit.lab.copies import copy_notebooks
    from tenantkit.lab.jupyter import end_on_signals, run_jupyterlab

    check_context(kubeconfig, context)
    end_on_signals()
    with ExitStack() as stack:
        try:
            file: str | Path | None = kubeconfig
            if file is None:
                file, context = stack.enter_context(_sample_sandbox()), "sandbox-provisioner"
            copies = copy_notebooks(folder)
            notify(str(copies))
            run_jupyterlab(
                copies, kubeconfig=Path(file), context=context, notify=notify, port=port, browser=not no_browser
            )
        except KeyboardInterrupt:
            pass  # before JupyterLab has started; afterwards it handles the signals
        except PartialApplyError as error:
            if not error.report.interrupted:
                raise
        notify("stopped")
    return ExitCode.DONE


@contextmanager
def _sample_sandbox() -> Iterator[Path]:
    """A sandbox with the sample platform; yields its kubeconfig."""
    from tenantkit.sample.tenants import PROVISIONER
    from tenantkit.sandbox.server import Sandbox

    notify("starting a sandbox with a sample platform: this takes some seconds")
    with Sandbox() as box:
        notify(f"sandbox at {box.url}")
        _fill(box)
        notify(f"in the notebooks you are {PROVISIONER}: a provisioner creates tenants")
        yield box.kubeconfig


def _fill(box: Sandbox) -> None:
    """Create the sample on a new sandbox, and say so."""
    from tenantkit.sample.fill import fill_sample

    with connect(box.kubeconfig, "sandbox-admin") as cluster:
        fill_sample(cluster)
    notify("the sandbox has a sample platform with seven tenants, one of which is being deleted")


@click.command(cls=Command, example=f"tenantkit notebooks {_NOTEBOOKS}")
@click.argument("folder", required=False, type=_FOLDER, default=_NOTEBOOKS)
def notebooks(folder: str) -> int:
    """Copy the notebooks into a folder.

    Files that you changed there are kept. Default of FOLDER: tenantkit-notebooks.
    """
    from tenantkit.lab.copies import copy_notebooks

    notify(str(copy_notebooks(folder)))
    return ExitCode.DONE


def _wait_for_interrupt() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    notify("press Ctrl-C to stop")
    stop.wait()

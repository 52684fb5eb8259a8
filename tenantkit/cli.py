"""The command line: the same verbs as in a notebook, for a terminal and for CI.

Exit codes: 0 done, 1 failed, 2 wrong usage; `plan --exit-code` says 3 when there are changes. What was asked for goes
to standard output, everything else to standard error, so that `--output json` can be piped. argparse suffices: no
command has more than a handful of options.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenantkit import __version__
from tenantkit.exceptions import (
    ConnectionConfigError,
    InvalidSpecError,
    PartialApplyError,
    Problem,
    TenantKitError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.changes import PlanRow
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tenantkit.spec.files import SpecFile

DONE, FAILED, CHANGES = 0, 1, 3  # argparse itself exits with 2

_ALL = "all"
_LAST_PORT = 65535

# What messages advise in Python's words, in the command line's.
WORDS = {
    "kubeconfig= and server= (not given)": "--kubeconfig (not given)",
    "Give kubeconfig=,": "Give --kubeconfig,",
    "kubeconfig= names": "--kubeconfig names",
    "not for context=": "not for --context",
    "give context=": "give --context",
    "give another context=": "give another --context",
    "with ca_file= or in the kubeconfig": "in the kubeconfig",
    "give token=, or a kubeconfig": "give a kubeconfig",
    ", or give connect() a longer timeout_s": "",
    "namespaces=[…] here or at connect(), or $TENANTKIT_NAMESPACES": "$TENANTKIT_NAMESPACES",
    "pass this row to apply(force_conflicts=…)": "apply with --take-back KIND/NAME, or with --take-back all",
    "tk.Sandbox()": "`tenantkit sandbox --kubeconfig FILE`",
    "tk.install_platform(cluster), or `tenantkit install`": "`tenantkit install`",
    "tk.whoami(cluster) says": "`kubectl auth whoami` says",
    "tk.quota_usage(cluster) shows": "`kubectl describe quota` shows",
    " (see .report)": "",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: the words after `tenantkit`. Default: those of the process.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except TenantKitError as error:
        _say(f"tenantkit: {error}")
    except OSError as error:
        _say(f"tenantkit: {error.filename or 'I/O'}: {error.strerror or error}")
    except KeyboardInterrupt:
        _say("tenantkit: interrupted; run the same command again to go on from here")
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tenantkit", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--version", action="version", version=f"tenantkit {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    connection = argparse.ArgumentParser(add_help=False)
    connection.add_argument("--kubeconfig", metavar="FILE", help="default: $KUBECONFIG, in-cluster, ~/.kube/config")
    connection.add_argument("--context", metavar="NAME", help="default: the kubeconfig's current one")
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--output", choices=("table", "json"), default="table", help="default: table")

    demo = commands.add_parser("demo", parents=[output], help="three tenants, planned, applied and listed")
    demo.add_argument("--kubeconfig", metavar="FILE", help="on this cluster; default: on a sandbox of its own")
    demo.add_argument("--context", metavar="NAME", help="of that kubeconfig")
    demo.add_argument("--keep", action="store_true", help="leave the sandbox running until Ctrl-C")
    demo.set_defaults(command=_demo)

    sandbox = commands.add_parser("sandbox", help="a small Kubernetes API server, for trying, teaching and testing")
    sandbox.add_argument("--kubeconfig", metavar="FILE", required=True, help="written here, readable by you alone")
    sandbox.add_argument("--port", type=_port, default=0, metavar="N", help="on 127.0.0.1; default: a free one")
    sandbox.set_defaults(command=_sandbox)

    lab = commands.add_parser("lab", help="JupyterLab on the notebooks, beside a sandbox with a sample platform")
    lab.add_argument("--kubeconfig", metavar="FILE", help="of the cluster to work on; default: a sandbox of its own")
    lab.add_argument("--context", metavar="NAME", help="of that kubeconfig")
    lab.add_argument("--port", type=_port, metavar="N", help="JupyterLab's; default: 8888, or the next that is free")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    _add_folder(lab, "--folder")
    lab.set_defaults(command=_lab)

    notebooks = commands.add_parser("notebooks", help="copy the notebooks into a folder, for a JupyterLab of yours")
    _add_folder(notebooks, "folder", nargs="?")
    notebooks.set_defaults(command=_notebooks)

    install = commands.add_parser("install", parents=[connection, output], help="put the platform on a cluster, once")
    install.add_argument("file", nargs="?", metavar="FILE", help="with `kind: Platform`; default: the default platform")
    install.set_defaults(command=_install)

    plan = commands.add_parser("plan", parents=[connection, output], help="what apply would change")
    plan.add_argument("file", metavar="FILE", help="YAML or JSON with `kind: Tenant`; - is standard input")
    plan.add_argument("--server", action="store_true", help="ask the server for a dry run of each change")
    plan.add_argument("--exit-code", action="store_true", help="3 when there are changes")
    plan.set_defaults(command=_plan)

    apply = commands.add_parser("apply", parents=[connection, output], help="make the tenants as the file says")
    apply.add_argument("file", metavar="FILE", help="YAML or JSON with `kind: Tenant`; - is standard input")
    apply.add_argument(
        "--take-back",
        action="append",
        default=[],
        metavar="WHAT",
        help="force fields in conflict: [NAMESPACE/]KIND/NAME[:FIELD], as the plan shows them, or all; repeatable",
    )
    apply.set_defaults(command=_apply)
    return parser


def _add_folder(command: argparse.ArgumentParser, name: str, **options: Any) -> None:
    told = "for the notebooks; what you changed there stays as it is; default: ./tenantkit-notebooks"
    command.add_argument(name, metavar="FOLDER", default="tenantkit-notebooks", help=told, **options)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r}: use a number from 0 to {_LAST_PORT}")
    return int(text)


def _demo(options: argparse.Namespace) -> int:
    from tenantkit.demo import run_demo

    _check_context(options)
    with ExitStack() as stack:
        kubeconfig, context = options.kubeconfig, options.context
        if kubeconfig is None:
            from tenantkit.sandbox.server import Sandbox

            box = stack.enter_context(Sandbox())
            kubeconfig, context = box.kubeconfig, "sandbox-admin"
            _say(f"sandbox at {box.url}: an API server of tenantkit's own, on this machine only")
        cluster = stack.enter_context(_connect(kubeconfig, context))
        result = run_demo(cluster, say=_say)
        _print(options, result.as_json(), result.as_text())
        if options.keep and options.kubeconfig is None:
            _say(f"kubectl --kubeconfig {kubeconfig} get ns,ingress,resourcequota -A")
            _wait_for_interrupt()
    return DONE


def _check_context(options: argparse.Namespace) -> None:
    """Without a kubeconfig a sandbox is started: not what someone wants who names a context."""
    if options.context is not None and options.kubeconfig is None:
        raise ConnectionConfigError("--context is one of a kubeconfig's: give --kubeconfig FILE, too")


def _sandbox(options: argparse.Namespace) -> int:
    from tenantkit.sandbox.server import Sandbox

    with Sandbox(port=options.port, kubeconfig=Path(options.kubeconfig)) as box:
        _say(f"sandbox at {box.url}, kubeconfig {box.kubeconfig}; for trying, teaching and testing only")
        _say(f"next: tenantkit install --kubeconfig {box.kubeconfig} --context sandbox-admin")
        _wait_for_interrupt()
    return DONE


def _lab(options: argparse.Namespace) -> int:
    from tenantkit.lab.copies import copy_notebooks
    from tenantkit.lab.jupyter import end_on_signals, run_jupyterlab

    _check_context(options)
    end_on_signals()
    with ExitStack() as stack:
        try:
            kubeconfig, context = options.kubeconfig, options.context
            if kubeconfig is None:
                kubeconfig, context = stack.enter_context(_sample_sandbox()), "sandbox-provisioner"
            copies = copy_notebooks(options.folder)
            _say(str(copies))
            run_jupyterlab(
                copies,
                kubeconfig=Path(kubeconfig),
                context=context,
                say=_say,
                port=options.port,
                browser=not options.no_browser,
            )
        except KeyboardInterrupt:
            pass  # before JupyterLab was there; afterwards it ends by itself
        _say("ended")
    return DONE


@contextmanager
def _sample_sandbox() -> Iterator[Path]:
    """A sandbox with the sample platform on it; its kubeconfig."""
    from tenantkit.sample.fill import fill_sample
    from tenantkit.sample.tenants import PROVISIONER
    from tenantkit.sandbox.server import Sandbox

    with Sandbox() as box:
        with _connect(box.kubeconfig, "sandbox-admin") as cluster:
            fill_sample(cluster)
        _say(f"sandbox at {box.url} with six sample tenants; in the notebooks you are {PROVISIONER}")
        yield box.kubeconfig


def _notebooks(options: argparse.Namespace) -> int:
    from tenantkit.lab.copies import copy_notebooks

    _say(str(copy_notebooks(options.folder)))
    return DONE


def _install(options: argparse.Namespace) -> int:
    from tenantkit.provision.install import install_platform
    from tenantkit.spec.platform import Platform

    specs = _read(options.file) if options.file else None
    if specs is not None and specs.platform is None:
        raise InvalidSpecError([Problem("kind", "Tenant", "install takes `kind: Platform`")], source=options.file)
    platform = specs.platform if specs and specs.platform else Platform()
    with _connect(options.kubeconfig, options.context) as cluster:
        return _carry_out(options, lambda: install_platform(cluster, platform))


def _plan(options: argparse.Namespace) -> int:
    with _connect(options.kubeconfig, options.context) as cluster:
        plan = _planned(cluster, options, server=options.server)
    _print(options, _rows(plan), str(plan))
    return CHANGES if options.exit_code and plan.has_changes else DONE


def _apply(options: argparse.Namespace) -> int:
    from tenantkit.provision.apply import apply

    with _connect(options.kubeconfig, options.context) as cluster:
        plan = _planned(cluster, options)
        _say(str(plan))
        taken = _taken_back(plan, options.take_back)
        return _carry_out(options, lambda: apply(cluster, plan, force_conflicts=taken))


def _taken_back(plan: Plan, named: Sequence[str]) -> list[PlanRow]:
    """The conflicts that are named: by object, by field, or all of them.

    Raises:
        InvalidSpecError: one that is named is no conflict of this plan.
    """
    spellings = [(row, _spellings(row)) for row in plan.rows if row.action == "conflict"]
    known = {_ALL}.union(*(words for _, words in spellings))
    there = ", ".join(sorted(max(words, key=len) for _, words in spellings)) or "none"
    reason = f"is no conflict of this plan: there is {there}"
    problems = [Problem("--take-back", name, reason) for name in named if name not in known]
    if problems:
        raise InvalidSpecError(problems)
    return [row for row, words in spellings if not words.isdisjoint(named)]


def _spellings(row: PlanRow) -> set[str]:
    """What a conflict is called on the command line; its longest name is its own alone."""
    named = f"{row.ref.kind}/{row.ref.name}"
    names = {named, f"{row.ref.namespace}/{named}"} if row.ref.namespace else {named}
    return {_ALL, *names, *(f"{name}:{row.field}" for name in names)}


def _planned(cluster: Cluster, options: argparse.Namespace, *, server: bool = False) -> Plan:
    """The plan of a file's tenants; a platform in the same file must be the cluster's."""
    from tenantkit.provision.plan import plan
    from tenantkit.provision.stored_platform import find_platform
    from tenantkit.spec.platform import Platform

    specs = _read(options.file)
    _check_tenants(specs, options.file)
    platform = find_platform(cluster)
    if specs.platform is not None and specs.platform != (platform or Platform()):
        reason = f"is not what the cluster has: run `tenantkit install {options.file}` first"
        raise InvalidSpecError([Problem("Platform", specs.platform.domain, reason)], source=options.file)
    try:
        return plan(cluster, specs.tenants, platform=platform, dry_run="server" if server else None)
    except InvalidSpecError as error:
        raise InvalidSpecError(specs.located(error.problems), source=error.source or options.file) from None


def _check_tenants(specs: SpecFile, file: str) -> None:
    """Refuse a file without tenants: "nothing to do" would look like done."""
    if specs.tenants:
        return
    problem = Problem("kind", None, "holds no `kind: Tenant`, so there is nothing to do: add one")
    if specs.platform is not None:
        reason = f"holds no `kind: Tenant`: `tenantkit install {file}` takes it"
        problem = Problem("kind", "Platform", reason)
    raise InvalidSpecError([problem], source=file)


def _carry_out(options: argparse.Namespace, act: Callable[[], Report]) -> int:
    """Apply something and print its report, also when only a part was done."""
    try:
        report = act()
    except PartialApplyError as error:
        _print(options, error.report.as_json(), str(error.report))
        raise
    _print(options, report.as_json(), str(report))
    return DONE


def _rows(plan: Plan) -> dict[str, Any]:
    return {"summary": plan.summary, "changes": json.loads(plan.frame.to_json(orient="records"))}


def _read(file: str) -> SpecFile:
    from tenantkit.spec.files import parse_specs

    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return parse_specs(content, source=file)


def _connect(kubeconfig: str | Path | None, context: str | None) -> Cluster:
    from tenantkit.cluster.connection.connect import connect

    return connect(kubeconfig=kubeconfig, context=context)


def _print(options: argparse.Namespace, data: Any, text: str) -> None:
    shown = json.dumps(data, indent=2, ensure_ascii=False) if options.output == "json" else text
    sys.stdout.write(_in_own_words(shown) + "\n")


def _say(text: str) -> None:
    sys.stderr.write(_in_own_words(text) + "\n")
    sys.stderr.flush()


def _in_own_words(text: str) -> str:
    for python, own in WORDS.items():
        text = text.replace(python, own)
    return text


def _wait_for_interrupt() -> None:
    """Until Ctrl-C, or until whoever started this process ends it."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    _say("Ctrl-C ends it")
    stop.wait()

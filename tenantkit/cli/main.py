"""The command `tenantkit`: runs one command, words its errors for the shell and returns the exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from click.shell_completion import shell_complete

from tenantkit import __version__
from tenantkit.cli import answers, asking, audit, completion, life, local, logs, members, platform, spec_output, tenants
from tenantkit.cli.command import write_exit_codes
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.interrupts import interrupted_by_sigterm
from tenantkit.cli.output import discard, notify
from tenantkit.cli.reports import exit_code
from tenantkit.exceptions import PartialApplyError, TenantKitError

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = (
    local.demo,
    local.lab,
    local.notebooks,
    local.sandbox,
    platform.install,
    tenants.plan,
    tenants.apply,
    members.members,
    members.routes,
    life.adopt,
    life.release,
    life.freeze,
    life.thaw,
    life.boost,
    tenants.delete,
    platform.uninstall,
    spec_output.export,
    spec_output.render,
    answers.whoami,
    answers.tenants,
    answers.quota,
    answers.holders,
    answers.why,
    answers.fits,
    asking.request,
    asking.host,
    asking.hosts,
    logs.logs,
    audit.audit,
    completion.completion,
)


class _Program(click.Group):
    """The commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_exit_codes(formatter, list(ExitCode))
        super().format_epilog(ctx, formatter)


@click.group(
    cls=_Program,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=completion.PROGRAM, message="%(prog)s %(version)s")
def program() -> None:
    """Create and run each team's part of a Kubernetes cluster.

    Results go to standard output, everything else to standard error. `tenantkit COMMAND --help` shows the options and
    an example.
    """


for _command in _COMMANDS:
    program.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: the words after `tenantkit`. Default: those of the process.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    code = ExitCode.FAILED
    try:
        with interrupted_by_sigterm():
            return _run(words)
    except click.exceptions.Exit as ended:  # of --help and --version
        return ended.exit_code
    except click.ClickException as error:
        with suppress(BrokenPipeError):
            error.show()
        return error.exit_code
    except TenantKitError as error:
        notify(f"tenantkit: {error.words('shell')}")
        if isinstance(error, PartialApplyError):
            code = exit_code(error.report)
    except KeyboardInterrupt:
        notify("tenantkit: interrupted; run the same command again to continue")
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:  # of click's own texts, such as the help: every other output handles it itself
        discard(sys.stdout)
        code = ExitCode.DONE
    except OSError as error:
        notify(f"tenantkit: {error.filename or 'I/O'}: {error.strerror or error}")
    return code


def _run(words: list[str]) -> int:
    """As `click.Command.main`, without its own exit codes for Ctrl-C and closed pipes."""
    instruction = os.environ.get(completion.VARIABLE)
    if instruction:
        return shell_complete(program, {}, completion.PROGRAM, completion.VARIABLE, instruction)
    with program.make_context(completion.PROGRAM, words) as context:
        return int(program.invoke(context))

"""Reports on the command line: printed also when only a part was done, with the exit code that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import notify, print_result
from tenantkit.exceptions import PartialApplyError
from tenantkit.provision.reasons import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cli.output import Format
    from tenantkit.provision.report import Report


def print_report(output: Format, run: Callable[[], Report]) -> int:
    """Run something that returns a report, print the report and return the exit code."""
    try:
        report = run()
    except PartialApplyError as error:
        print_result(output, error.report.as_json("shell"), error.report.words("shell"))
        notify(f"tenantkit: {error.words('shell')}")
        return exit_code(error.report)
    print_result(output, report.as_json("shell"), report.words("shell"))
    print_request(report.request)
    return ExitCode.PENDING if report.pending else ExitCode.DONE


def print_request(text: str) -> None:
    """Print the text to send to whoever may do the rest, apart from the result."""
    if text:
        notify(f"\n{text}")


def exit_code(report: Report) -> ExitCode:
    """How an apply ended that did not do everything."""
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if report.failed and not report.not_ready and all(outcome.action in REFUSED for outcome in report.failed):
        return ExitCode.BLOCKED
    return ExitCode.FAILED

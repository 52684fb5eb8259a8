"""The command that audits a cluster."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from tenantkit.cli.command import Command
from tenantkit.cli.connection import CLUSTER_OPTIONS, FILE, connect
from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.output import output_option, print_result
from tenantkit.cli.spec_files import read_spec_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cli.output import Format
    from tenantkit.findings.audit.check import Result

_COLUMNS = ("tenant", "severity", "state", "wall", "check", "evidence", "what to do")
_CLUSTER = "(cluster)"


@click.command(
    cls=Command,
    example="tenantkit audit --tenant vision",
    exit_codes=[ExitCode.FINDINGS, ExitCode.PENDING],
)
@click.argument("files", metavar="[FILE...]", type=FILE, nargs=-1)
@click.option("--tenant", metavar="NAME", help="Only this tenant. Default: all tenants.")
@click.option("-l", "--selector", metavar="SELECTOR", help="Only tenants whose Namespace has these labels.")
@click.option("--all", "is_whole", is_flag=True, help="Also print the checks that pass.")
@CLUSTER_OPTIONS
@output_option
def audit(  # noqa: PLR0913 (one argument per option)
    *,
    files: tuple[str, ...],
    tenant: str | None,
    selector: str | None,
    is_whole: bool,
    kubeconfig: str | None,
    context: str | None,
    output: Format,
) -> int:
    """Show which walls between tenants do not hold, worst first. Nothing is written.

    FILE is YAML or JSON with `kind: Tenant`: these are also compared with the grants on the cluster, and those that are
    missing there are shown. What you may not read is unknown, with the permission that it needs.
    """
    from tenantkit.findings.audit.audit import audit_results, result_json

    specs = read_spec_files(files).tenants if files else None
    with connect(kubeconfig, context) as cluster:
        found, _ = audit_results(cluster, tenant=tenant, label_selector=selector, specs=specs)
    shown = [result for result in found if is_whole or result.state != "pass"]
    counts = Counter(result.state for result in found)
    summary = f"{counts['fail']} failed, {counts['unknown']} unknown, {counts['pass']} passed"
    data = {"summary": summary, "checks": [result_json(result, "shell") for result in shown]}
    print_result(output, data, _text(shown, summary))
    if counts["fail"]:
        return ExitCode.FINDINGS
    return ExitCode.PENDING if counts["unknown"] else ExitCode.DONE


def _text(shown: Sequence[Result], summary: str) -> str:
    from tenantkit.display.tables import text_table

    rows = [
        (
            result.tenant or _CLUSTER,
            result.check.severity,
            result.state,
            result.check.wall,
            result.check.code,
            result.evidence,
            result.next_step("shell"),
        )
        for result in shown
    ]
    table = text_table(_COLUMNS, rows, is_whole=True) if rows else ""
    return "\n\n".join(part for part in (table, summary) if part)

"""How tests read the tables that a server sends, and compare them with the sandbox's own rows."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.printers.tables import table_of

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tests.contract.wire import Answer

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
# ages are whole seconds, and the Date header and the age may come from two of them
CLOCKS_DIFFER_BY = [timedelta(seconds=seconds) for seconds in (0, -1, 1)]


def comparable(table: Manifest) -> list[list[Any]]:
    """The cells of each row, without the values that differ from run to run."""
    headers = [column["name"] for column in table["columnDefinitions"]]
    rows = []
    for row in table["rows"]:
        cells = dict(zip(headers, row["cells"], strict=True))
        for header in ("Age", "Last Seen", "First Seen"):
            if re.fullmatch(r"(\d+[smhdy])+", str(cells.get(header))):
                cells[header] = "AGE"
        if "Created At" in cells:
            assert cells["Created At"] == row["object"]["metadata"]["creationTimestamp"]
            cells["Created At"] = "CREATED"
        if str(cells.get("Cluster-IP")).startswith("10."):
            cells["Cluster-IP"] = "IP"
        rows.append(list(cells.values()))
    return rows


def check_rows_are_the_sandboxs_own(answer: Answer, resource: Resource) -> None:
    """Compare the server's table with the one that the sandbox makes of the same objects at the server's time."""
    sent = [{key: value for key, value in row.items() if key != "object"} for row in answer.body["rows"] or ()]
    items = [row["object"] for row in answer.body["rows"] or ()]
    date = parsedate_to_datetime(answer.headers["Date"])
    made = [
        table_of(resource, {"metadata": {}, "items": items}, date + by, object_of=lambda _: None)["rows"] or []
        for by in CLOCKS_DIFFER_BY
    ]
    for number, row in enumerate(sent):
        cells = list(zip(*(rows[number]["cells"] for rows in made), strict=True))
        assert len(cells) == len(row["cells"])
        assert all(cell in possible for cell, possible in zip(row["cells"], cells, strict=True)), (row, made[0][number])
        assert made[0][number].get("conditions") == row.get("conditions")

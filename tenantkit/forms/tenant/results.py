"""What only a tenant's form shows: the fields to correct, the quota as bars, and the texts to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.display.human_amounts import amount_text, used_text
from tenantkit.forms.kit.markup import copyable, element, joined
from tenantkit.forms.kit.panel import notice
from tenantkit.forms.tenant.fields import field_of
from tenantkit.rules.quota_entries import class_and_counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from tenantkit.exceptions import InvalidSpecError
    from tenantkit.forms.kit.markup import Html

# The main resources; `quota_usage` has all of them.
_BARS = {
    "requests.cpu": "CPU",
    "requests.memory": "Memory",
    "requests.storage": "Storage",
    "pods": "Pods",
}
_ORDER = {"CPU": 0, "Memory": 1, "Storage": 3, "Pods": 4}
_DEVICE_ORDER = 2


def problems_notice(error: InvalidSpecError, labels: Mapping[str, str]) -> Html:
    """The labels of the fields to correct. Each field shows its own problems; only the others are listed here.

    Args:
        error: with the invalid fields.
        labels: of the form's fields, by name.
    """
    invalid = {field_of(problem) for problem in error.problems}
    to_correct = [label for name, label in labels.items() if name in invalid]
    others = [problem.words("form") for problem in error.problems if field_of(problem) not in labels]
    lead = [f"Correct the fields marked above ({'; '.join(to_correct)}), then plan again."] if to_correct else []
    hint = [error.hint.words("form")] if error.hint is not None else []
    return notice("error", "\n".join([*lead, *others, *hint, "Nothing was changed."]), word="Invalid")


def texts_to_copy(request: str, python: str, yaml: str) -> Html:
    """The request to the platform team, if there is one; then the Python code and the YAML that do the same."""
    codes = element("div", copyable(python, label="Python"), copyable(yaml, label="YAML"), class_="tk-codes")
    equivalent = element("div", element("h3", "Equivalent code and YAML", class_="tk-heading"), codes)
    return joined(_request_block(request) if request else None, equivalent)


def _request_block(text: str) -> Html:
    heading = element("h3", "Request to the platform team", class_="tk-heading")
    about = element("p", "Nothing is sent: copy this text and send it yourself.", class_="tk-about")
    return element("div", heading, about, copyable(text, label="Request"), class_="tk-request")


def quota_bars(usage: pd.DataFrame) -> Html:
    """The usage of each main resource, one bar per resource.

    Args:
        usage: from `quota_usage`, for one tenant.
    """
    rows = [(label, row) for row in usage.to_dict("records") if (label := _bar_label(str(row["resource"]))) is not None]
    rows.sort(key=lambda pair: _ORDER.get(pair[0], _DEVICE_ORDER))
    cells = [cell for label, row in rows if row["state"] != "none" for cell in _bar(label, row)]
    return element("div", *cells, class_="tk-bars") if cells else joined()


def _bar_label(resource: str) -> str | None:
    if resource in _BARS:
        return _BARS[resource]
    is_device = resource.startswith("requests.") and "/" in resource and not class_and_counted(resource)[0]
    return resource.removeprefix("requests.") if is_device else None


def _bar(label: str, row: dict[Any, Any]) -> Iterable[Html]:
    state, unit = str(row["state"]), str(row["unit"])
    if state == "pending":
        yield element("span", label)
        yield element("div", class_="tk-bar")
        yield element("span", f"of {amount_text(row['hard'], unit)}: not counted yet", class_="tk-amount")
        return
    share = min(100.0, max(0.0, float(row["used_pct"]))) if row["hard"] else 100.0
    usage = f"{used_text(row['used'], row['hard'], unit)} used" + (f", {state}" if state != "ok" else "")
    yield element("span", label)
    yield element(
        "div",
        element("div", class_=f"tk-{state}", style=f"width:{share:.1f}%"),
        class_="tk-bar",
        role="img",
        aria_label=f"{label}: {usage}",
    )
    yield element("span", usage, class_="tk-amount")

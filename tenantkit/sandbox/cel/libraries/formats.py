"""Formats: `!format.dns1123Label().validate(object.metadata.name).hasValue()`.

The results are optionals on the server. The engine takes none from Python, so they are types of their own with the
functions of optionals that are used with them.

Source: page "Common Expression Language in Kubernetes"; apiserver's pkg/cel/library/format.go, 1.37.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from tenantkit.sandbox.apimachinery.validation import dns_label, dns_subdomain, label_value, qualified_name
from tenantkit.sandbox.cel.libraries.declare import Overload
from tenantkit.sandbox.cel.libraries.urls import why_not_url
from tenantkit.sandbox.cel.opaque import ERRORS_IF_ANY, FORMAT, FORMAT_IF_ANY

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    f"'{_LABEL_1035}')"
)
_LONGEST_LABEL = 63
_UUID = re.compile(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"(?i)([0-9]{4}-[0-9]{2}-[0-9]{2})t([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(z|[+-][0-9]{2}:[0-9]{2})"
)


def _dns_1035(text: str) -> list[str]:
    reasons = [f"must be no more than {_LONGEST_LABEL} characters"] if len(text) > _LONGEST_LABEL else []
    return reasons if re.fullmatch(_LABEL_1035, text) else [*reasons, _LABEL_1035_TEXT]


def _prefix(check: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """A check of a text that something is appended to, as to a generateName."""
    return lambda text: check(f"{text[:-1]}a" if len(text) > 1 and text.endswith("-") else text)


def _matches(is_right: Callable[[str], bool], why: str) -> Callable[[str], list[str]]:
    return lambda text: [] if is_right(text) else [why]


def _is_base64(text: str) -> bool:
    try:
        return bool(text) and bool(base64.b64decode(text, validate=True) or True)
    except binascii.Error:
        return False


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    return found is not None and _is_date(found[1])


_FORMATS: Final[dict[str, Callable[[str], list[str]]]] = {
    "dns1123Label": dns_label,
    "dns1123Subdomain": dns_subdomain,
    "dns1035Label": _dns_1035,
    "dns1123LabelPrefix": _prefix(dns_label),
    "dns1123SubdomainPrefix": _prefix(dns_subdomain),
    "dns1035LabelPrefix": _prefix(_dns_1035),
    "qualifiedName": qualified_name,
    "labelValue": label_value,
    "uri": lambda text: [why] if (why := why_not_url(text)) else [],
    "uuid": _matches(lambda text: bool(_UUID.fullmatch(text)), "does not match the UUID format"),
    "byte": _matches(_is_base64, "invalid base64"),
    "date": _matches(_is_date, "invalid date"),
    "datetime": _matches(_is_time, "invalid datetime"),
}


def _named(name: str) -> Any:
    return FORMAT_IF_ANY.value(name if name in _FORMATS else "")


def _validate(value: Any, text: str) -> Any:
    return ERRORS_IF_ANY.value(json.dumps(_FORMATS[FORMAT.text(value)](text)))


def _errors(value: Any) -> list[str]:
    found: list[str] = json.loads(ERRORS_IF_ANY.text(value))
    return found


def _needed(found: Any) -> Any:
    if not found:
        raise ValueError("optional.none() dereference")
    return found


FORMAT_LIBRARY = (
    *(
        Overload(f"format.{name}", [], FORMAT, lambda name=name: FORMAT.value(name), is_member=False)
        for name in _FORMATS
    ),
    Overload("format.named", ["string"], FORMAT_IF_ANY, _named, is_member=False),
    Overload("validate", [FORMAT, "string"], ERRORS_IF_ANY, _validate),
    Overload("hasValue", [ERRORS_IF_ANY], "bool", lambda value: bool(_errors(value))),
    Overload("value", [ERRORS_IF_ANY], "list(string)", lambda value: _needed(_errors(value))),
    Overload("hasValue", [FORMAT_IF_ANY], "bool", lambda value: bool(FORMAT_IF_ANY.text(value))),
    Overload("value", [FORMAT_IF_ANY], FORMAT, lambda value: FORMAT.value(_needed(FORMAT_IF_ANY.text(value)))),
)

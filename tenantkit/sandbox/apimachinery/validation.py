"""Validation of names, labels and other common values.

Messages are the server's, character for character, because users search the web for them and tests compare them.
Source: k8s.io/apimachinery/pkg/util/validation and pkg/api/validation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_NAME_PART = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_CONFIG_KEY = r"[-._a-zA-Z0-9]+"
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    f"an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_WILDCARD_TEXT = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character "
    rf"(e.g. '*.example.com', regex used for validation is '\*\.{_SUBDOMAIN}')"
)
_NAME_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME_PART}'"
)
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'({_NAME_PART})?')"
)
_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    f"'key-name', regex used for validation is '{_CONFIG_KEY}')"
)
_LABEL_LIMIT, _SUBDOMAIN_LIMIT, _PORT_NAME_LIMIT, _LAST_PORT = 63, 253, 15, 65535
STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def dns_label(value: str) -> list[str]:
    """Why this is not a DNS label."""
    reasons = [f"must be no more than {_LABEL_LIMIT} characters"] if len(value) > _LABEL_LIMIT else []
    if not re.fullmatch(_LABEL, value):
        reasons.append("must not contain dots" if re.fullmatch(_SUBDOMAIN, value) else _LABEL_TEXT)
    return reasons


def dns_subdomain(value: str) -> list[str]:
    """Why this is not a DNS subdomain."""
    reasons = [f"must be no more than {_SUBDOMAIN_LIMIT} characters"] if len(value) > _SUBDOMAIN_LIMIT else []
    return reasons if re.fullmatch(_SUBDOMAIN, value) else [*reasons, _SUBDOMAIN_TEXT]


def wildcard_subdomain(value: str) -> list[str]:
    """Why this is not a wildcard host."""
    reasons = [f"must be no more than {_SUBDOMAIN_LIMIT} characters"] if len(value) > _SUBDOMAIN_LIMIT else []
    return reasons if re.fullmatch(rf"\*\.{_SUBDOMAIN}", value) else [*reasons, _WILDCARD_TEXT]


def path_segment(value: str) -> list[str]:
    """Why this can't be a path segment: the only rule for names of roles and bindings."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{mark}'" for mark in "/%" if mark in value]


def qualified_name(value: str) -> list[str]:
    """Why this is not a qualified name, as label and annotation keys are."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        text = (
            f"a qualified name {_NAME_TEXT}) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )
        return [text]
    reasons = []
    if slash:
        reasons = (
            [f"prefix part {reason}" for reason in dns_subdomain(prefix)]
            if prefix
            else ["prefix part must be non-empty"]
        )
    if not name:
        reasons.append("name part must be non-empty")
    if len(name) > _LABEL_LIMIT:
        reasons.append(f"name part must be no more than {_LABEL_LIMIT} bytes")
    if not re.fullmatch(_NAME_PART, name):
        reasons.append(f"name part {_NAME_TEXT})")
    return reasons


def label_value(value: str) -> list[str]:
    """Why this is not a label value."""
    reasons = [f"must be no more than {_LABEL_LIMIT} bytes"] if len(value) > _LABEL_LIMIT else []
    return reasons if re.fullmatch(rf"({_NAME_PART})?", value) else [*reasons, _VALUE_TEXT]


def config_key(value: str) -> list[str]:
    """Why this is not a key of a ConfigMap or Secret."""
    reasons = [f"must be no more than {_SUBDOMAIN_LIMIT} characters"] if len(value) > _SUBDOMAIN_LIMIT else []
    if not re.fullmatch(_CONFIG_KEY, value):
        return [*reasons, _KEY_TEXT]
    if value in (".", ".."):
        return [*reasons, f"must not be '{value}'"]
    return [*reasons, "must not start with '..'"] if value.startswith("..") else reasons


def port_number(value: Any) -> list[str]:
    """Why this is not a port number."""
    return [] if 1 <= value <= _LAST_PORT else [f"must be between 1 and {_LAST_PORT}, inclusive"]


def port_name(value: str) -> list[str]:
    """Why this is not a port name."""
    reasons = [f"must be no more than {_PORT_NAME_LIMIT} characters"] if len(value) > _PORT_NAME_LIMIT else []
    if not re.fullmatch(r"[-a-z0-9]+", value):
        reasons.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", value):
        reasons.append("must contain at least one letter (a-z)")
    if "--" in value:
        reasons.append("must not contain consecutive hyphens")
    if value[:1] == "-" or value[-1:] == "-":
        reasons.append("must not begin or end with a hyphen")
    return reasons


def port(value: Any) -> list[str]:
    """Why this is neither a port number nor a port name."""
    return port_name(value) if isinstance(value, str) else port_number(value)


def finalizer(value: str) -> list[str]:
    """Why this is not a finalizer."""
    return qualified_name(value) + not_finalizer(value)


def not_finalizer(value: str) -> list[str]:
    """Why this is neither a standard finalizer nor a qualified name, whatever its syntax."""
    known = "/" in value or value in STANDARD_FINALIZERS
    return [] if known else ["name is neither a standard finalizer name nor is it fully qualified"]


def check_labels(errors: ErrorList, field: str, labels: Mapping[str, str]) -> None:
    """Validate labels, or a selector in the form of labels."""
    for key in sorted(labels):
        errors.all_of(field, key, (why.replace("a qualified name", "a valid label key") for why in qualified_name(key)))
        errors.all_of(field, labels[key], label_value(labels[key]))


def non_negative(errors: ErrorList, field: str, value: int | None) -> None:
    """Validate that an optional number is not negative."""
    if value is not None and value < 0:
        errors.invalid(field, value, "must be greater than or equal to 0")

"""Field errors, in the API server's order and words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.apimachinery.errors import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable

IMMUTABLE = "field is immutable"


class ErrorList(list[Cause]):
    """The errors of an object, in the order in which they were found."""

    def invalid(self, field: str, value: Any, reason: str) -> None:
        """The value is invalid."""
        self.append(Cause(field, f"Invalid value: {shown(value)}{': ' * bool(reason)}{reason}", "FieldValueInvalid"))

    def invalid_whole(self, field: str, reason: str) -> None:
        """The value, which is not repeated, is invalid."""
        self.append(Cause(field, f"Invalid value: {reason}", "FieldValueInvalid"))

    def required(self, field: str, reason: str = "") -> None:
        """A required value is missing."""
        self.append(Cause(field, f"Required value: {reason}" if reason else "Required value", "FieldValueRequired"))

    def unsupported(self, field: str, value: Any, allowed: Iterable[str]) -> None:
        """The value is not one of the allowed values."""
        listed = ", ".join(shown(item) for item in allowed)
        text = f"Unsupported value: {shown(value)}: supported values: {listed}"
        self.append(Cause(field, text, "FieldValueNotSupported"))

    def duplicate(self, field: str, value: Any, reason: str = "") -> None:
        """The value is a duplicate."""
        text = f"Duplicate value: {shown(value)}{': ' * bool(reason)}{reason}"
        self.append(Cause(field, text, "FieldValueDuplicate"))

    def forbidden(self, field: str, reason: str) -> None:
        """The field must not be set."""
        self.append(Cause(field, f"Forbidden: {reason}", "FieldValueForbidden"))

    def not_found(self, field: str, value: Any, reason: str = "") -> None:
        """The value names something that does not exist."""
        text = f"Not found: {shown(value)}{': ' * bool(reason)}{reason}"
        self.append(Cause(field, text, "FieldValueNotFound"))

    def wrong_type(self, field: str, value: Any, reason: str) -> None:
        """The value has another type than in the schema."""
        self.append(Cause(field, f"Invalid value: {shown(value)}: {reason}", "FieldValueTypeInvalid"))

    def too_many(self, field: str, count: int, limit: int) -> None:
        """A list or map has too many items."""
        self.append(Cause(field, f"Too many: {count}: must have at most {limit} items", "FieldValueTooMany"))

    def too_long(self, field: str, limit: int) -> None:
        """The value is too long."""
        text = f"Too long: may not be more than {limit} bytes"
        self.append(Cause(field, text, "FieldValueTooLong"))

    def internal(self, field: str, reason: str) -> None:
        """The server could not check the value."""
        self.append(Cause(field, f"Internal error: {reason}", "InternalError"))

    def all_of(self, field: str, value: Any, reasons: Iterable[str]) -> None:
        """Add an error for each reason why the value is invalid."""
        for reason in reasons:
            self.invalid(field, value, reason)

    def one_of(self, field: str, value: Any, allowed: Iterable[str]) -> None:
        """Require one of the allowed values."""
        if value not in (choices := list(allowed)):
            self.unsupported(field, value, choices)


def shown(value: Any) -> str:
    """A value as in the server's messages."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def in_order(value: Any) -> Any:
    """A value with sorted maps, as in the server's messages."""
    return {key: in_order(value[key]) for key in sorted(value)} if isinstance(value, dict) else value

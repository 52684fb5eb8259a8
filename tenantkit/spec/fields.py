"""The types of fields in specs, each checked by a rule of Kubernetes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainValidator

from tenantkit.rules.labels import check_label_key, check_label_value, check_resource_name
from tenantkit.rules.names import check_dns_label, check_dns_subdomain
from tenantkit.rules.quantities import canonical_quantity, parse_quantity
from tenantkit.rules.routing import check_host, check_http_path, check_port

if TYPE_CHECKING:
    from collections.abc import Callable


def _checked(check: Callable[[Any], str | None]) -> AfterValidator:
    """A validator from a rule, which returns the reason why a value is wrong, or None."""

    def validate(value: Any) -> Any:
        reason = check(value)
        if reason is not None:
            raise ValueError(reason)
        return value

    return AfterValidator(validate)


def _check_quantity(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("use a quantity such as '500m', '4' or '16Gi'")  # noqa: TRY004 (pydantic collects only these)
    if parse_quantity(value) < 0:
        raise ValueError("use a quantity of 0 or more")
    return canonical_quantity(value)


def _check_count(value: int) -> str | None:
    return None if value >= 0 else "use a whole number of 0 or more"


def _not_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("use a whole number")  # noqa: TRY004 (as above)
    return value


def _check_service_port(value: Any) -> Any:
    """Not a union of two types, for which pydantic would report two errors."""
    reason = check_port(value)
    if reason is not None:
        raise ValueError(reason)
    return value


def _check_moment(value: Any) -> Any:
    """Pydantic takes a number for seconds since 1970, and a date for midnight in an unknown zone."""
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if not (isinstance(moment, datetime) and moment.tzinfo):
        raise ValueError("use a date, a time and a zone, for example '2027-03-31T18:00:00Z'")
    return moment


DnsLabel = Annotated[str, _checked(check_dns_label)]
DnsSubdomain = Annotated[str, _checked(check_dns_subdomain)]
Host = Annotated[str, _checked(check_host)]
HttpPath = Annotated[str, _checked(check_http_path)]
LabelKey = Annotated[str, _checked(check_label_key)]
LabelValue = Annotated[str, _checked(check_label_value)]
ServicePort = Annotated[int | str, PlainValidator(_check_service_port)]
ResourceName = Annotated[str, _checked(check_resource_name)]
Quantity = Annotated[str, BeforeValidator(_check_quantity)]
Count = Annotated[int, BeforeValidator(_not_boolean), _checked(_check_count)]
Moment = Annotated[AwareDatetime, BeforeValidator(_check_moment)]

"""Content negotiation: the form of a response, by the Accept header.

Responses are JSON. A client can request an object's metadata only, or the table that `kubectl get` prints, with an
alternative if there is none. As on the real server two checks refuse a request, with different messages: the first
looks at media types only, the second at their parameters.

Source: pages "Kubernetes API Concepts", sections "Receiving resources as Tables" and "Metadata-only fetches";
apiserver's pkg/endpoints/handlers/negotiation and response.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import bad_request, not_acceptable, not_convertible
from tenantkit.sandbox.apis.scheme import internal_package
from tenantkit.sandbox.endpoints.watch import INITIAL_END
from tenantkit.sandbox.printers.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource

TABLE, METADATA, METADATA_LIST = "Table", "PartialObjectMetadata", "PartialObjectMetadataList"
_JSON = frozenset({"application/json", "application/*", "*/*", "*"})
_ACCEPTED = frozenset({"application/json", "*/*"})  # what the first check looks for
_INCLUDES = frozenset({"Metadata", "Object", "None", ""})
_API_VERSIONS = frozenset({"meta.k8s.io/v1", "meta.k8s.io/v1beta1"})


@dataclass(frozen=True, slots=True)
class ResponseForm:
    """The kind of meta.k8s.io to convert a response to; empty for the object itself."""

    kind: str = ""
    api_version: str = ""


def negotiated_form(accept: str, *, has_table: bool) -> ResponseForm:
    """The possible form that the client prefers.

    Args:
        accept: the Accept header; empty accepts anything.
        has_table: whether the resource can be shown as a table.

    Raises:
        ApiError: 406, no requested form is possible.

    Example:
        >>> negotiated_form("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", has_table=True).kind
        'Table'
        >>> negotiated_form("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", has_table=False).kind
        ''
    """
    if not any(clause.partition(";")[0].strip(" ") in _ACCEPTED for clause in (accept or "*/*").split(",")):
        raise not_acceptable()
    choices = [parameters for media_type, parameters in _by_preference(accept or "*/*") if media_type in _JSON]
    if not choices:
        raise not_acceptable()
    possible = {METADATA, METADATA_LIST} | ({TABLE} if has_table else set())
    for parameters in choices:
        if not parameters.keys() & {"as", "g", "v"}:
            return ResponseForm()
        form = ResponseForm(parameters.get("as", ""), f"{parameters.get('g')}/{parameters.get('v')}")
        if form.kind in possible and form.api_version in _API_VERSIONS:
            return form
    raise not_convertible("only the following media types are accepted: application/json")


def check_plain(accept: str, *, lenient: bool) -> None:
    """Raise ApiError 406 if a document in JSON is not acceptable; `lenient`: also for `application/*`."""
    accepted = _JSON if lenient else _ACCEPTED
    if not any(clause.partition(";")[0].strip(" ") in accepted for clause in (accept or "*/*").split(",")):
        raise not_acceptable()
    choices = [parameters for media_type, parameters in _by_preference(accept or "*/*") if media_type in _JSON]
    if all(parameters.keys() & {"as", "g", "v"} for parameters in choices):
        raise not_convertible("only the following media types are accepted: application/json")


class ResponseConverter:
    """Converts responses, or the objects of a watch, to the form that the client requested.

    Args:
        form: the requested form.
        resource: the requested resource.
        include: what a table's rows include of their object: Metadata, Object, None, or empty for the default.
        clock: returns the time from which ages are computed.

    Raises:
        ApiError: 400, `include` has another value.
    """

    def __init__(self, form: ResponseForm, resource: Resource, include: str, clock: Callable[[], datetime]) -> None:
        if form.kind == TABLE and include not in _INCLUDES:
            why = f"""includeObject: Invalid value: "{include}": must be 'Metadata', 'Object', 'None', or empty"""
            raise bad_request(f"Unable to convert to Table as requested: {why}")
        self._form, self._resource, self._include, self._clock = form, resource, include, clock
        self._has_sent_columns = False

    def __call__(self, answer: Manifest) -> Manifest:
        """Convert an object, a list or a Status; of several tables only the first has column definitions.

        Raises:
            ApiError: 406, the metadata of one object is requested for a list, or of a list for one object.
        """
        if not self._form.kind or answer["kind"] == "Status":
            return answer
        if self._form.kind == TABLE:
            return self._table(answer)
        if (self._form.kind == METADATA_LIST) != ("items" in answer):
            what = "the requested object is a list" if "items" in answer else "the requested object is not a list"
            go_type = f"(*{internal_package(self._resource.group)}.{answer['kind']})"
            raise not_convertible(f"you requested {self._form.kind}, but {what} {go_type}")
        if self._form.kind == METADATA:
            return self._metadata_of(answer)
        return self._named(METADATA_LIST) | {
            "metadata": answer["metadata"],
            "items": [self._metadata_of(item) for item in answer["items"]] or None,  # as Go writes a nil slice
        }

    def _table(self, answer: Manifest) -> Manifest:
        found = table_of(self._resource, answer, self._clock(), object_of=self._object_of)
        columns = None if self._has_sent_columns else found["columnDefinitions"]
        self._has_sent_columns = True
        return self._named(TABLE) | found | {"columnDefinitions": columns}

    def _object_of(self, item: Manifest) -> Manifest | None:
        """What a table's row includes of its object; the end of a watch's initial events is always marked."""
        if self._include == "Object":
            return {"kind": self._resource.kind, "apiVersion": self._resource.api_version, **item}
        is_initial_end = INITIAL_END in item["metadata"].get("annotations", {})
        return self._metadata_of(item) if self._include != "None" or is_initial_end else None

    def _metadata_of(self, item: Manifest) -> Manifest:
        return self._named(METADATA) | {"metadata": item["metadata"]}

    def _named(self, kind: str) -> Manifest:
        return {"kind": kind, "apiVersion": self._form.api_version}


def _by_preference(accept: str) -> list[tuple[str, Mapping[str, str]]]:
    """The media types of a header with their parameters, by weight, then the more specific ones first."""
    return sorted(_read(accept), key=lambda item: (-_weight(item[1].get("q", "1")), item[0].count("*")))


def _read(accept: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for clause in accept.split(","):
        media_type, *parameters = (part.strip() for part in clause.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        yield media_type, {name.strip(): value.strip() for name, _, value in pairs}


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

"""In which form a client wants its answer: the Accept header, read as the real server reads it, and then the form.

Answers are JSON; a client may ask for an object's metadata alone, or for the table that `kubectl get` prints, and names
what it takes instead where there is no such form. Two things say no: the route, which looks at media types only, and
then the handler, which looks at what the types ask for; each in its own words.

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
_INCLUDES = frozenset({"Metadata", "Object", "None", ""})
_API_VERSIONS = frozenset({"meta.k8s.io/v1", "meta.k8s.io/v1beta1"})


@dataclass(frozen=True, slots=True)
class Form:
    """What to make of an answer: a kind of the group meta.k8s.io, or nothing else than it is."""

    kind: str = ""
    api_version: str = ""


def wanted_form(accept: str, *, has_table: bool) -> Form:
    """The form that the client likes best of those that it can have.

    Args:
        accept: the header; empty is whatever there is.
        has_table: whether a table can be made of what is asked for.

    Raises:
        ApiError: 406, there is none.

    Example:
        >>> wanted_form("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", has_table=True).kind
        'Table'
        >>> wanted_form("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", has_table=False).kind
        ''
    """
    choices = [parameters for media_type, parameters in _by_preference(accept or "*/*") if media_type in _JSON]
    if not choices:
        raise not_acceptable()
    possible = {METADATA, METADATA_LIST} | ({TABLE} if has_table else set())
    for parameters in choices:
        if not parameters.keys() & {"as", "g", "v"}:
            return Form()
        form = Form(parameters.get("as", ""), f"{parameters.get('g')}/{parameters.get('v')}")
        if form.kind in possible and form.api_version in _API_VERSIONS:
            return form
    raise not_convertible("only the following media types are accepted: application/json")


class Shape:
    """Makes of answers what a client wants of them; of a watch's events one after the other.

    Args:
        form: as the client wants them.
        resource: what it asked for.
        include: what a table's row is to hold of its object: Metadata, Object, None, or nothing said.
        clock: the time now, by which ages are reckoned.

    Raises:
        ApiError: 400, `include` is something else.
    """

    def __init__(self, form: Form, resource: Resource, include: str, clock: Callable[[], datetime]) -> None:
        if form.kind == TABLE and include not in _INCLUDES:
            why = f"""includeObject: Invalid value: "{include}": must be 'Metadata', 'Object', 'None', or empty"""
            raise bad_request(f"Unable to convert to Table as requested: {why}")
        self._form, self._resource, self._include, self._clock = form, resource, include, clock
        self._has_told_columns = False

    def __call__(self, answer: Manifest) -> Manifest:
        """An object, a list or a Status as it is to be sent; of several tables only the first tells the columns.

        Raises:
            ApiError: 406, for the metadata of one where many are, or the other way round.
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
            "items": [self._metadata_of(item) for item in answer["items"]] or None,  # as Go writes a list never made
        }

    def _table(self, answer: Manifest) -> Manifest:
        found = table_of(self._resource, answer, self._clock(), object_of=self._object_of)
        columns = None if self._has_told_columns else found["columnDefinitions"]
        self._has_told_columns = True
        return self._named(TABLE) | found | {"columnDefinitions": columns}

    def _object_of(self, item: Manifest) -> Manifest | None:
        """What a table's row holds of its object; the mark that ends a watch's beginning is told in any case."""
        if self._include == "Object":
            return {"kind": self._resource.kind, "apiVersion": self._resource.api_version, **item}
        is_mark = INITIAL_END in item["metadata"].get("annotations", {})
        return self._metadata_of(item) if self._include != "None" or is_mark else None

    def _metadata_of(self, item: Manifest) -> Manifest:
        return self._named(METADATA) | {"metadata": item["metadata"]}

    def _named(self, kind: str) -> Manifest:
        return {"kind": kind, "apiVersion": self._form.api_version}


def _by_preference(accept: str) -> list[tuple[str, Mapping[str, str]]]:
    """The media types of a header with their parameters: by weight, then those that say more, then as they stand."""
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

"""The base of all specs: frozen, strict about unknown fields, and all wrong fields in one error.

Python spells fields `path_type`. Files and the cluster spell them `pathType`, as Kubernetes does. An error names a
field the way it was written. Pydantic does the checks, and its messages are replaced, since "Input should be a valid
tuple" does not help an ML lead. Rejected alternative: dataclasses with hand-written checks, which would rebuild half of
pydantic.
"""

from __future__ import annotations

import difflib
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from tenantkit.exceptions import InvalidSpecError, Problem, SpecVersionError
from tenantkit.hints import Hint
from tenantkit.spec.plain_values import plain_tree
from tenantkit.spec.signatures import spec_signature
from tenantkit.spec.spellings import meant_field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

API_GROUP = "tenantkit.dev"
API_VERSION = f"{API_GROUP}/v1alpha1"

_REASONS = {
    "missing": "is required",
    "tuple_type": "use a list, for example [{value!r}]",
    "dict_type": "use a mapping of names to values",
    "model_type": "use a mapping of fields",
    "string_type": "use text",
    "bool_type": "use true or false",
    "bool_parsing": "use true or false",
    "int_type": "use a whole number",
    "int_parsing": "use a whole number",
    "int_from_float": "use a whole number",
    "finite_number": "use a whole number",
}

_AMOUNTS = ("accelerators", "requests_cpu", "requests_memory", "storage", "pods")
_ASK_FOR_IT = Hint("{request_quota} asks for a tenant's own quota with other amounts")
_KEY = "[key]"  # pydantic ends a path with this when the mapping's key itself is wrong
TAG = "[tag] "  # starts the tags of unions, which pydantic puts into paths
_PLAIN = re.compile(r"[\w-]+")


class WrongFields(ValueError):
    """Several wrong fields below one value, for a validator that finds more than one.

    Args:
        problems: with fields below the value, such as `metadata.name`.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems,)


class Spec(BaseModel):
    """Base of all specs: immutable, compared by value, refusing unknown fields.

    Raises:
        InvalidSpecError: with every wrong field in `problems`, not only the first.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        cls.__signature__ = spec_signature(cls.model_fields)

    def __init__(self, /, *values: Any, **fields: Any) -> None:
        if values:
            raise InvalidSpecError([_unnamed(type(self), values)])
        try:
            super().__init__(**plain_tree(fields))
        except ValidationError as error:
            raise InvalidSpecError(_problems(type(self), error, spelling="python")) from None

    # Nested specs are validated by the outer one, which alone knows the whole path of a wrong field.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    if not TYPE_CHECKING:  # for mypy a class with these takes every attribute

        def __setattr__(self, name: str, value: Any) -> None:
            raise InvalidSpecError([_frozen(type(self), name, value)])

        def __delattr__(self, name: str) -> None:
            raise InvalidSpecError([_frozen(type(self), name, getattr(self, name, None))])

    def with_(self, **changes: Any) -> Self:
        """A copy with other values in some fields, validated like a new one.

        Args:
            changes: new values by field, such as `editors=["eve@example.com"]`; None clears an optional field.

        Returns:
            A new spec; this one stays as it is.

        Raises:
            InvalidSpecError: with every unknown or wrong field, and fields that do not fit together.

        Example:
            >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
            >>> vision.with_(size="large", editors=["eve@example.com"]).size
            'large'
        """
        cls = type(self)
        return cls(**dict(self) | {_python_name(cls, name): value for name, value in changes.items()})

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], *, source: str | None = None) -> Self:
        """Read a spec strictly, as from a file: every unknown or wrong field is refused, all at once.

        Args:
            data: the fields, spelled `pathType` or `path_type`, and optionally `apiVersion` and `kind`.
            source: where the data came from, for the error: `tenants.yaml, document 2`.

        Raises:
            InvalidSpecError: a field is unknown, missing or wrong.
            SpecVersionError: this version of tenantkit does not know that `apiVersion`.
        """
        try:
            return cls.model_validate(_fields(cls, data, source))
        except ValidationError as error:
            raise InvalidSpecError(_problems(cls, error, spelling="file"), source=source) from None

    @classmethod
    def from_stored(cls, data: Mapping[str, Any], *, source: str | None = None) -> Self:
        """Read a spec tolerantly, as from the cluster: unknown fields are left out, wrong ones are refused.

        Raises:
            InvalidSpecError: a known field is wrong.
            SpecVersionError: it was written by a newer tenantkit.
        """
        fields = _fields(cls, data, source)
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            unknown = [entry["loc"] for entry in error.errors() if entry["type"] == "extra_forbidden"]
        return cls.from_mapping(_without(fields, unknown), source=source)

    def to_mapping(self, *, include: set[str] | None = None) -> dict[str, Any]:
        """The spec as plain data, spelled as in files, without the fields that have their default.

        Args:
            include: Python names of the fields to keep; default: all.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True, include=include)

    def to_stored(self, *, include: set[str] | None = None) -> dict[str, Any]:
        """The spec as the cluster stores it: with its defaults, so that new defaults do not change a stored spec.

        Args:
            include: Python names of the fields to keep; default: all.
        """
        fields = self.model_dump(mode="json", by_alias=True, exclude_none=True, include=include)
        return {"apiVersion": API_VERSION, **fields}

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """The fields that differ from their default, and those without one, so that `eval(repr(spec)) == spec`."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if field.is_required() or value != field.get_default(call_default_factory=True):
                yield name, value.isoformat() if isinstance(value, datetime) else value

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return _preformatted(repr(self))


class Document(Spec):
    """Base of the specs that a file can hold: those with a `kind`. A notebook shows them as YAML."""

    def _repr_html_(self) -> str:
        return _preformatted(self.to_yaml())

    def to_document(self) -> dict[str, Any]:
        """The spec as one document of a file: `to_mapping` with `apiVersion` and `kind`."""
        return {"apiVersion": API_VERSION, "kind": type(self).__name__, **self.to_mapping()}

    def to_yaml(self) -> str:
        """The spec as YAML text, as `write_specs` writes it and `read_specs` reads it.

        Returns:
            One document with `apiVersion` and `kind`, without the fields that have their default.

        Example:
            >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
            >>> print(vision.to_yaml())
            apiVersion: tenantkit.dev/v1alpha1
            kind: Tenant
            name: vision
            team: ml-vision
            owners:
            - dana@example.com
            size: small
            <BLANKLINE>
        """
        import yaml

        return yaml.safe_dump(self.to_document(), sort_keys=False, allow_unicode=True)


def _preformatted(text: str) -> str:
    from html import escape

    return f'<pre style="white-space: pre-wrap">{escape(text)}</pre>'


def canonical_json(data: Mapping[str, Any]) -> str:
    """The canonical JSON of `data`: sorted keys and no spaces, so that equal specs have equal texts."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check_version(api_version: object, *, source: str | None) -> None:
    """Refuse an `apiVersion` that this version of tenantkit does not know.

    Raises:
        SpecVersionError: it is another version of tenantkit's API group.
        InvalidSpecError: it belongs to another API group.
    """
    if api_version == API_VERSION:
        return
    where = source or "this spec"
    if isinstance(api_version, str) and api_version.startswith(f"{API_GROUP}/"):
        raise SpecVersionError(
            f"{where} has apiVersion {api_version}, and this version of tenantkit reads {API_VERSION}: "
            f"install a version that reads {api_version}. Nothing was changed"
        )
    raise InvalidSpecError([Problem("apiVersion", api_version, f"use {API_VERSION!r}")], source=source)


def _fields(cls: type[Spec], data: Mapping[str, Any], source: str | None) -> dict[str, Any]:
    """`data` without its apiVersion and kind, which are checked if given."""
    fields: dict[str, Any] = plain_tree(dict(data))
    if "apiVersion" in fields:
        check_version(fields.pop("apiVersion"), source=source)
    kind = fields.pop("kind", cls.__name__)
    if kind != cls.__name__:
        raise InvalidSpecError([Problem("kind", kind, f"use {cls.__name__!r}")], source=source)
    return fields


def _without(data: Any, paths: Sequence[tuple[int | str, ...]]) -> Any:
    """`data` without the values at `paths`."""
    if isinstance(data, dict):
        removed = {path[0] for path in paths if len(path) == 1}
        return {
            key: _without(value, [path[1:] for path in paths if len(path) > 1 and path[0] == key])
            for key, value in data.items()
            if key not in removed
        }
    if isinstance(data, list | tuple):
        return [
            _without(value, [path[1:] for path in paths if len(path) > 1 and path[0] == index])
            for index, value in enumerate(data)
        ]
    return data


def _unnamed(cls: type[Spec], values: tuple[Any, ...]) -> Problem:
    first = next(iter(cls.model_fields))
    shown = values[0] if len(values) == 1 else values
    reason = f"pass fields by name, for example {cls.__name__}({first}={values[0]!r}, ...)"
    return Problem(cls.__name__, shown, reason)


def _frozen(cls: type[Spec], name: str, value: Any) -> Problem:
    """`with_` validates the copy, which pydantic's `model_copy` does not."""
    copy = f"{cls.__name__.lower()}.with_({name}=...)"
    return Problem(name, value, f"a {cls.__name__} cannot be changed: make a copy with {copy}")


def _problems(cls: type[Spec], error: ValidationError, *, spelling: str) -> list[Problem]:
    """Pydantic's errors in tenantkit's words: one per field, and one per key of a mapping."""
    problems: dict[tuple[str, bool], Problem] = {}
    for entry in error.errors(include_url=False):
        is_key = entry["loc"][-1:] == (_KEY,)
        parts = entry["loc"][:-1] if is_key else entry["loc"]
        location = tuple(part for part in parts if not str(part).startswith(TAG))
        field = _spell(cls, location, spelling)
        value = None if entry["type"] == "missing" else entry["input"]
        if not location and isinstance(value, dict):  # about several fields: the name says enough
            value = value.get("name", value)
        below = entry.get("ctx", {}).get("error")
        if isinstance(below, WrongFields):
            for one in below.problems:
                place = f"{field}.{one.field}"
                problems.setdefault((place, False), Problem(place, one.value, one.reason))
            continue
        reason = ("as a key, " if is_key else "") + _reason(cls, entry, location, spelling)
        hint = _ASK_FOR_IT if entry["type"] == "extra_forbidden" and _is_amount(cls, location) else None
        problems.setdefault((field, is_key), Problem(field, value, reason, hint=hint))
    return list(problems.values())


def _spell(cls: type[Spec], location: Sequence[int | str], spelling: str) -> str:
    """`routes[0].path_type` or `labels['a/b']`, spelled as in the input."""
    text = ""
    model: type[Spec] | None = cls
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        name = _python_name(model, part) if model and spelling == "python" else part
        if _PLAIN.fullmatch(name):
            text += f".{name}" if text else name
        else:
            text += f"[{name!r}]"
        model = _inner(model, part)
    return text or cls.__name__


def _python_name(model: type[Spec], alias: str) -> str:
    return next((name for name, field in model.model_fields.items() if field.alias == alias), alias)


def _inner(model: type[Spec] | None, part: str) -> type[Spec] | None:
    """The spec class of a field's value; below a key of a mapping, the same class."""
    field = model.model_fields.get(_python_name(model, part)) if model else None
    if field is None:
        return model
    pending: list[Any] = [field.annotation]
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and issubclass(annotation, Spec):
            return annotation
        pending.extend(getattr(annotation, "__args__", ()))
    return None


def _reason(cls: type[Spec], entry: ErrorDetails, location: Sequence[int | str], spelling: str) -> str:
    kind = entry["type"]
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    if kind == "literal_error":
        return f"use one of {entry['ctx']['expected']}"
    if kind == "extra_forbidden":
        return _unknown_field(cls, location, spelling)
    if kind in _REASONS:
        return _REASONS[kind].format(value=entry["input"])
    return entry["msg"][:1].lower() + entry["msg"][1:]


def _model_at(cls: type[Spec], location: Sequence[int | str]) -> type[Spec]:
    """The class of the spec that has the last part of a location as a field."""
    model: type[Spec] | None = cls
    for part in location[:-1]:
        if isinstance(part, str):
            model = _inner(model, part)
    return model or cls


def _is_amount(cls: type[Spec], location: Sequence[int | str]) -> bool:
    """Whether an unknown field means an amount of a quota, for which there is a shorter way to ask."""
    name = _model_at(cls, location).__name__
    meant = meant_field(name, str(location[-1])) if name == "Quota" else None
    return meant is not None and meant[0] in _AMOUNTS


def _unknown_field(cls: type[Spec], location: Sequence[int | str], spelling: str) -> str:
    model = _model_at(cls, location)
    fields = model.model_fields
    spelled = {name: name if spelling == "python" else (field.alias or name) for name, field in fields.items()}
    meant = meant_field(model.__name__, str(location[-1]))
    if meant is not None:
        return f"no such field: use {spelled[meant[0]]}, {meant[1]}"
    known = list(spelled.values())
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in known}
    same = plain.get(re.sub(r"[^a-z0-9]", "", str(location[-1]).lower()))
    close = [same] if same else difflib.get_close_matches(str(location[-1]), known, n=1)
    advice = f"did you mean {close[0]!r}?" if close else f"the fields are {', '.join(known)}"
    return f"no such field: {advice}"

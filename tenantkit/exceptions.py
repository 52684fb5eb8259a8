"""Every error that tenantkit raises: what happened, to what, and what to do next.

TenantKitError
 ├── InvalidSpecError (also ValueError)   a Platform, a Tenant, a file or an argument is not valid
 ├── SpecVersionError                     a spec was written by a newer version of tenantkit
 ├── ConnectionConfigError                there is no usable kubeconfig, context or token
 ├── ClusterError                         the API server answered with an error, or not at all
 │    ├── BadRequest                      400  the server could not read the request
 │    ├── Unauthorized                    401  the credentials are missing, wrong or expired
 │    ├── PermissionDenied                403  RBAC, a quota or a policy denies the request
 │    ├── NotFound                        404  the object or its kind does not exist
 │    ├── Conflict                        409  another manager owns a field, or the version is old
 │    │    └── AlreadyExists              409  an object with that name exists
 │    ├── Expired                         410  the resource version is too old
 │    ├── Rejected                        422  the object is not valid
 │    ├── Throttled                       429  too many requests
 │    ├── Unreadable                      2xx  the object in the answer cannot be parsed
 │    └── ClusterUnavailable              5xx, or no answer
 ├── OwnershipError                       the object exists and belongs to somebody else
 ├── HostTakenError                       two tenants have the same host
 ├── StalePlanError                       the plan is of another cluster or platform, or too old
 ├── StoredDifferentlyError               the server stored something else than what was sent
 ├── PartialApplyError                    a plan was applied in part; see .report
 ├── WaitTimeoutError                     timed out waiting
 ├── BusyError                            a form is still running
 ├── CancelledError                       cancelled before anything was written
 └── MissingExtraError (also ImportError) an optional package is not installed
"""

from __future__ import annotations

from copy import copy as _copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tenantkit.hints import SURFACES
from tenantkit.hints import Hint as Hint  # noqa: PLC0414, TC001 (public here, too)
from tenantkit.hints import Message as Message  # noqa: PLC0414 (public here, too)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from tenantkit.hints import Surface
    from tenantkit.provision.report import Report

_VALUE_LIMIT = 80


class Portable(Exception):
    """Base of errors that reach another process as they are, with their attributes.

    Exception itself would call the class with the text alone, which fails, or garbles the error, in the process that
    receives it: a pool of processes then waits for ever. A value that cannot be sent becomes its text.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        cause = self.__cause__ if isinstance(self.__cause__, Portable) else None
        return _restored, (type(self), self.args, {name: _sendable(it) for name, it in self.__dict__.items()}, cause)

    def __copy__(self) -> Self:
        error = _restored(type(self), self.args, self.__dict__, self.__cause__)
        return cast("Self", error.with_traceback(self.__traceback__))


def _restored(
    kind: type[Portable], args: tuple[object, ...], state: dict[str, Any], cause: BaseException | None
) -> Portable:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    if cause is not None:
        BaseException.__setattr__(error, "__cause__", cause)  # also of a frozen one
    return error


class Worded(str):
    """A text in Python's words that is also known in those of the other surfaces: for `attrs`, which hold plain data.

    Example:
        >>> from tenantkit.hints import Hint
        >>> refusal = PermissionDenied("you may not list pods", status=403, hint=Hint("{whoami} shows who you are"))
        >>> reason = Worded.of(refusal)
        >>> reason == str(refusal), reason.words("shell")
        (True, 'you may not list pods; `tenantkit whoami` shows who you are')
    """

    __slots__ = ("texts",)
    texts: dict[Surface, str]

    @classmethod
    def of(cls, error: TenantKitError) -> Self:
        """What an error says."""
        found = cls(error)
        found.texts = {surface: error.words(surface) for surface in SURFACES}
        return found

    def words(self, surface: Surface) -> str:
        """The text in the words of Python, the command line or a form."""
        check_surface(surface)
        return self.texts[surface]


def words_of(text: str, surface: Surface) -> str:
    """A text in the words of a surface, if it is known in these."""
    return text.words(surface) if isinstance(text, Worded) else text


@dataclass(frozen=True, slots=True)
class _Shown:
    """A value of another process, of which only the text was sent."""

    text: str

    def __repr__(self) -> str:
        return self.text


def _sendable(value: Any) -> Any:
    """The value, or its text if it cannot be pickled."""
    import pickle

    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 (whatever the value's own code raises)
        return _Shown(_repr(value))
    return value


def _repr(value: object) -> str:
    try:
        return repr(value)[: _VALUE_LIMIT + 1]
    except Exception:  # noqa: BLE001 (a value whose own text fails must not hide the error about it)
        return f"<{type(value).__name__}>"


class TenantKitError(Portable):
    """Base of all errors of tenantkit: catch it to catch them all.

    Args:
        what: what happened, and to what. A Message where the words depend on the surface.
        hint: what to do next.

    Attributes:
        hint: what to do next, as data; None where `what` says it all. `str()` shows both in Python's words.

    Raises:
        ValueError: there is no text.
    """

    hint: Hint | None
    _between = ": "

    def __init__(self, what: str | Message, *, hint: Hint | None = None) -> None:
        text = str(what)
        if not text.strip():
            raise ValueError("an error needs a text that says what happened")
        super().__init__(text)
        self._what = what
        self.hint = hint

    @property
    def what(self) -> str:
        """What happened, and to what."""
        return str(self._what)

    def __str__(self) -> str:
        return self.words("python")

    def words(self, surface: Surface) -> str:
        """What happened and what to do next, in the words of Python, the command line or a form."""
        check_surface(surface)
        return self._with_hint(_words(self._what, surface), surface)

    def with_hint(self, hint: Hint) -> Self:
        """A copy that also gives this hint, after its own."""
        error = _copy(self)
        error.hint = hint if self.hint is None else self.hint.then(hint)
        return error

    def _with_hint(self, text: str, surface: Surface) -> str:
        if self.hint is None:
            return text
        hint = self.hint.words(surface)
        between = "" if hint.startswith("\n") else self._between  # a text to send has lines of its own
        return f"{text}{between}{hint}"


def check_surface(surface: object) -> None:
    """Refuse a surface that has no words; raises InvalidSpecError."""
    if surface not in SURFACES:
        raise InvalidSpecError([Problem("surface", surface, f"use one of {', '.join(map(repr, SURFACES))}")])


def _words(text: str | Message, surface: Surface) -> str:
    return text.words(surface) if isinstance(text, Message) else text


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong field: its name, its value, and what would be right; in a file, also the line."""

    field: str
    value: Any
    reason: str
    line: int | None = None
    hint: Hint | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.field, _sendable(self.value), self.reason, self.line, self.hint)

    def __str__(self) -> str:
        return self.words("python")

    def words(self, surface: Surface) -> str:
        """The problem in the words of Python, the command line or a form."""
        check_surface(surface)
        where = f"line {self.line}: " if self.line is not None else ""
        more = "" if self.hint is None else f": {self.hint.words(surface)}"
        return f"{where}{self.subject}{self.reason}{more}"

    @property
    def subject(self) -> str:
        """The field and its value, cut to 80 characters, in front of the reason."""
        shown = _repr(self.value)
        if len(shown) > _VALUE_LIMIT:
            shown = shown[:_VALUE_LIMIT] + "…"
        return f"{self.field}={shown}: "


class InvalidSpecError(TenantKitError, ValueError):
    """A Platform, a Tenant, a file or an argument is invalid; all wrong fields at once, in `problems`."""

    def __init__(self, problems: Sequence[Problem], *, source: str | None = None, hint: Hint | None = None) -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__(self._lines("python"), hint=hint)

    def words(self, surface: Surface) -> str:
        """All wrong fields, one a line."""
        check_surface(surface)
        return self._with_hint(self._lines(surface), surface)

    def _lines(self, surface: Surface) -> str:
        lead = f"{self.source}: " if self.source else ""
        return lead + "\n".join(problem.words(surface) for problem in self.problems)

    @property
    def field(self) -> str:
        """The first wrong field."""
        return self.problems[0].field

    @property
    def value(self) -> Any:
        """The value of the first wrong field."""
        return self.problems[0].value

    @property
    def reason(self) -> str:
        """What would be right in the first wrong field."""
        return self.problems[0].reason


class SpecVersionError(TenantKitError):
    """A spec was written by a newer version of tenantkit; it is neither read nor overwritten."""


class ConnectionConfigError(TenantKitError):
    """There is no usable configuration for a connection: no kubeconfig, no such context, no token."""


class ClusterError(TenantKitError):
    """The API server answered with an error, or not at all; `status` is None if there was no answer."""

    _between = "; "

    def __init__(  # noqa: PLR0913 (what a caller may want to distinguish)
        self,
        what: str | Message,
        *,
        status: int | None = None,
        reason: str | None = None,
        operation: str | None = None,
        kind: str | None = None,
        name: str | None = None,
        namespace: str | None = None,
        causes: Sequence[str] = (),
        hint: Hint | None = None,
    ) -> None:
        super().__init__(what, hint=hint)
        self.status = status
        self.reason = reason
        self.operation = operation
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.causes = tuple(causes)


class BadRequest(ClusterError):
    """400: the server could not read the request."""


class Unauthorized(ClusterError):
    """401: the token or certificate is missing, wrong or expired."""


class PermissionDenied(ClusterError):
    """403: RBAC, a quota or an admission plug-in denies the request."""


class NotFound(ClusterError):
    """404: the object or its kind does not exist on the server."""


class Conflict(ClusterError):
    """409: another field manager owns a field, or there is a newer version of the object."""


class AlreadyExists(Conflict):
    """409 on create: an object with that name exists."""


class Expired(ClusterError):
    """410: the resource version of a list or watch is too old; list again."""


class Rejected(ClusterError):
    """422: the server or a policy rejects the object as not valid."""


class Throttled(ClusterError):
    """429: too many requests, also after the retries."""


class Unreadable(ClusterError):
    """The server answered with an object that cannot be parsed, such as one with 1,100 nested levels."""


class ClusterUnavailable(ClusterError):
    """The server failed (5xx), or gave no answer in time."""


class OwnershipError(TenantKitError):
    """An object exists and belongs to somebody else; tenantkit does not take it over."""


class HostTakenError(TenantKitError):
    """Two tenants have the same host; a host belongs to one tenant with all its paths."""


class StalePlanError(TenantKitError):
    """The plan is of another cluster or platform, or the cluster has changed since; plan again."""


class StoredDifferentlyError(TenantKitError):
    """The server accepted a write and stored something else; an admission policy or webhook changes it."""


class PartialApplyError(TenantKitError):
    """A plan was applied in part; `report` lists what was done, what failed and what was not attempted."""

    def __init__(self, what: str | Message, *, report: Report, hint: Hint | None = None) -> None:
        super().__init__(what, hint=hint)
        self.report = report


class WaitTimeoutError(TenantKitError):
    """Timed out waiting; nothing was undone."""


class BusyError(TenantKitError):
    """A form is still running; nothing else was started."""


class CancelledError(TenantKitError):
    """The operation was cancelled before anything was written."""


class MissingExtraError(TenantKitError, ImportError):
    """An optional package is not installed; the text is the command that installs it."""

"""Quantities such as `500m`, `64Gi` and `1e3`: parsed, compared, added and formatted exactly as on the API server.

Values are `Fraction`s in base units (cores, bytes, counts), since floats cannot represent 0.1 and a quota counts each
byte. As on the server, values finer than nano are rounded up, and binary suffixes are capped at 2^63-1. Three forms
that the server accepts are refused, since they are mistakes: no digits (the server reads `m` as 0), surrounding spaces,
and values from 10^100 on, which need gigabytes to write out.
Rejected alternatives: `decimal`, whose precision is a setting of the whole thread; a class, which a manifest cannot
contain.

Sources: page "Quantity" of the API reference; in k8s.io/apimachinery, pkg/api/resource/quantity.go and suffix.go.
"""

from __future__ import annotations

import math
import operator
import re
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, SupportsIndex, TypeAlias, cast

Family: TypeAlias = Literal["decimal", "binary", "exponent"]

_GRAMMAR = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]+))?"
)
_TEXT_LIMIT = 256
_SHOWN_LIMIT = 80
_EXPONENT_LIMIT = 999
_MAGNITUDE_LIMIT = 100
_CAP = 2**63 - 1
_NANO = -9
_MILLI = -3
# the server has a fast path for values that surely fit an int64, limited by these numbers of digits
_INT64_DIGITS = 18
_BINARY_DIGITS = 14
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_OF = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_OF = {0: ""} | {exponent: suffix for suffix, exponent in _BINARY.items()}
_RULE = "use a number, optionally with a suffix (n u m k M G T P E Ki Mi Gi Ti Pi Ei) or an exponent (e3)"

_MIB = 2**20
_WHOLE = {
    "gpus": "use a whole number, for example 2; pass the kind as accelerator=",
    "pods": "use a whole number, for example 30",
}


class _Read(NamedTuple):
    """A parsed quantity: its value, its notation, and the text if the server keeps it."""

    value: Fraction
    family: Family
    stored: str | None


def parse_quantity(value: str | SupportsIndex | float) -> Fraction:
    """Parse a quantity: its value in base units.

    Args:
        value: as in a manifest: an optional sign, digits with at most one `.`, then nothing, one of
            `n u m k M G T P E Ki Mi Gi Ti Pi Ei`, or an exponent (`e3`, `E-3`). Integers are accepted, and floats as
            Python prints them, but 0.1 + 0.2, which is finer than nano, is refused rather than rounded.

    Returns:
        Cores, bytes or counts, exactly as on the server: rounded away from zero to nano (10^-9), and between -(2^63-1)
        and 2^63-1 with a binary suffix.

    Raises:
        ValueError: the value is not a quantity; the message has a valid example.

    Source: page "Quantity" of the API reference.

    Example:
        >>> parse_quantity("500m"), parse_quantity("1.5Ki"), parse_quantity(4)
        (Fraction(1, 2), Fraction(1536, 1), Fraction(4, 1))
    """
    return _read(value).value


def readable_quantity(value: object) -> Fraction | None:
    """The value of a quantity in base units; None for what is not one, where one odd value must not hide the others.

    Example:
        >>> readable_quantity("500m"), readable_quantity("half")
        (Fraction(1, 2), None)
    """
    try:
        return _read(value).value
    except ValueError:
        return None


def format_quantity(value: Fraction | int, *, family: Family = "decimal") -> str:
    """Format a value in base units in canonical form: no fraction, the largest suffix that allows that, no `+`.

    Args:
        value: cores, bytes or counts. Values finer than nano are rounded away from zero, as on the server.
        family: `decimal` (`m`, `k`, `M` …), `binary` (`Ki`, `Mi` …, but decimal below 1024 and for fractions, as on
            the server) or `exponent` (`e3`). Default: decimal, for counts and cores; use binary for memory.

    Returns:
        A text that `parse_quantity` reads as the same value, unless a binary one exceeds the server's limit.

    Example:
        >>> format_quantity(Fraction(3, 2)), format_quantity(3 * 2**29, family="binary")
        ('1500m', '1536Mi')
    """
    mantissa, exponent, suffixes = _canonical(value, family)
    if suffixes is None:
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    largest = max(suffixes)
    base = 2 if suffixes is _BINARY_OF else 10
    return f"{mantissa * base ** max(exponent - largest, 0)}{suffixes[min(exponent, largest)]}"


def canonical_quantity(value: str | SupportsIndex | float) -> str:
    """The same quantity in canonical form, with its own family of suffixes.

    Args:
        value: as for `parse_quantity`.

    Returns:
        Equal texts for equal quantities of one family: `1024Mi` becomes `1Gi`, `0.5` becomes `500m`, `+1` becomes `1`.

    Raises:
        ValueError: the value is not a quantity; the message has a valid example.

    Example:
        >>> canonical_quantity("1024Mi"), canonical_quantity("1000m"), canonical_quantity("1E3")
        ('1Gi', '1', '1e3')
    """
    read = _read(value)
    return format_quantity(read.value, family=read.family)


def stored_quantity(value: str | SupportsIndex | float, *, rounded_to_milli: bool = False) -> str:
    """The text that the API server stores for a quantity: canonical with two exceptions.

    It keeps the text if no larger suffix is possible (`1.500` and `+1` stay), and it loses the suffix of some decimal
    quantities from 10^21 on (`1000E` becomes `1`). Use `canonical_quantity` unless the text matters.

    Args:
        value: as for `parse_quantity`; surrounding spaces are removed, as the server does when it reads JSON.
        rounded_to_milli: whether it is in a resource list (requests, limits, quotas), where the server also rounds up
            to milli. Default: no.

    Returns:
        The stored text.

    Raises:
        ValueError: the value is not a quantity; the message has a valid example.

    Example:
        >>> stored_quantity("+1"), stored_quantity("1u", rounded_to_milli=True)
        ('+1', '1m')
    """
    read = _read(value.strip() if isinstance(value, str) else value)
    exact = _round_up(read.value, _MILLI) if rounded_to_milli else read.value
    if read.stored is not None and exact == read.value:
        return read.stored
    mantissa, exponent, suffixes = _canonical(exact, read.family)
    return f"{mantissa}{suffixes.get(exponent, '')}" if suffixes else format_quantity(exact, family=read.family)


def add_quantities(*values: str | SupportsIndex | float) -> str:
    """The sum, in the family of the first value that is not zero, as the server adds up the usage of a quota.

    Args:
        values: each as for `parse_quantity`; without values the sum is `0`.

    Returns:
        The sum in canonical form.

    Raises:
        ValueError: a value is not a quantity.

    Source: in k8s.io/apimachinery, `Quantity.Add`.

    Example:
        >>> add_quantities("0", "1Gi", "1G"), add_quantities("500m", "1")
        ('2073741824', '1500m')
    """
    total, family = Fraction(0), None
    for value in values:
        read = _read(value)
        family = read.family if total == 0 else family
        total += read.value
    return format_quantity(total, family=family or "decimal")


def same_quantity(first: str | SupportsIndex | float, second: str | SupportsIndex | float) -> bool:
    """Whether two quantities are equal in value: `1` is `1000m`, and `1Gi` is not `1G`.

    Raises:
        ValueError: a value is not a quantity.

    Example:
        >>> same_quantity("1", "1000m")
        True
    """
    return parse_quantity(first) == parse_quantity(second)


def check_quantity(value: object) -> str | None:
    """Why a value is not a quantity, with a valid example; None if it is one.

    Example:
        >>> print(check_quantity("16GB"))  # doctest: +NORMALIZE_WHITESPACE
        use a number, optionally with a suffix (n u m k M G T P E Ki Mi Gi Ti Pi Ei) or an exponent (e3),
        for example '16G'
    """
    try:
        _read_text(_text_of(value))
    except _QuantityError as error:
        return str(error)
    return None


def check_amount(name: str, value: object) -> str | None:
    """Why an amount that a person asks for is invalid, with a valid form; None if it is valid.

    Args:
        name: `cpu`, in cores; `memory` or `storage`, in bytes; `gpus` or `pods`, whole ones.
        value: the amount.

    Example:
        >>> check_amount("memory", 64)
        "a number without a unit is in bytes: add one, for example '64Gi'"
    """
    reason = check_quantity(value)
    if reason is not None:
        return _WHOLE.get(name, reason)
    amount = parse_quantity(cast("str | float", value))
    if amount < 0:
        return "use 0 or more"
    if name in _WHOLE and amount.denominator != 1:
        return "use a whole number: accelerators are not shared" if name == "gpus" else _WHOLE[name]
    if name in ("memory", "storage") and not isinstance(value, str) and 0 < amount < _MIB:
        return f"a number without a unit is in bytes: add one, for example '{value:g}Gi'"
    return None


class _QuantityError(ValueError):
    """Why a value is not a quantity, without the value."""


def _suggest(text: str) -> str:
    """The quantity that was probably meant: without spaces, `_` and `B`, and with the right case."""
    compact = re.sub(r"[\s_]", "", text[:_TEXT_LIMIT])
    parts = re.fullmatch(r"([+-]?[0-9]{1,18}(?:\.[0-9]{1,9})?)([A-Za-z]*)", compact)
    if parts is None:
        return "500m"
    number, unit = parts.groups()
    byte_free = re.sub(r"(?i)b(?:ytes?)?$", "", unit)
    spellings = (unit, byte_free, byte_free[:1].upper() + byte_free[1:].lower(), byte_free.lower())
    near = [number + spelling for spelling in spellings if _GRAMMAR.fullmatch(number + spelling)]
    return near[0] if near else number


def _text_of(value: object) -> str:
    """The text of the value in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return _text_of_float(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise _QuantityError(f"{_RULE}, for example '500m'")
    number = operator.index(value)
    if abs(number) >= 10**_MAGNITUDE_LIMIT:
        raise _QuantityError(f"use a number below 10^{_MAGNITUDE_LIMIT}")
    return str(number)


def _text_of_float(value: float) -> str:
    text = float.__repr__(value)  # numpy's floats have another repr
    if not math.isfinite(value) or _round_up(Fraction(text), _NANO) == Fraction(text):
        return text
    near = format_quantity(Fraction(format(value, ".9f")) or Fraction(1, 10**9))
    raise _QuantityError(f"use text such as {near!r}, since {text} has more decimal places than a quantity can have")


def _read(value: object) -> _Read:
    try:
        return _read_text(_text_of(value))
    except _QuantityError as error:
        raise ValueError(f"{_shown(value)} is not a quantity: {error}") from None


def _shown(value: object) -> str:
    """The value for a message; Python refuses to print very large numbers."""
    if isinstance(value, int) and abs(value) >= 10**_MAGNITUDE_LIMIT:
        return f"a number of {value.bit_length()} bits"
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_LIMIT else shown[:_SHOWN_LIMIT] + "…"


@lru_cache(maxsize=4096)  # thousands of pods share a few dozen texts
def _read_text(text: str) -> _Read:
    # length and exponent are checked first, so that no computation takes long
    found = _GRAMMAR.fullmatch(text) if len(text) <= _TEXT_LIMIT else None
    if found is None or not (found["whole"] or found["part"]):
        raise _QuantityError(f"{_RULE}, for example {_suggest(text)!r}")
    whole, part, suffix = found["whole"].lstrip("0"), found["part"] or "", found["suffix"] or ""
    exponent = int(found["exponent"] or _DECIMAL.get(suffix, 0))
    if abs(exponent) > _EXPONENT_LIMIT or len(whole) + exponent > _MAGNITUDE_LIMIT:
        raise _QuantityError(f"use a number below 10^{_MAGNITUDE_LIMIT} and an exponent of -{_EXPONENT_LIMIT} or more")
    whole = whole or "0"
    digits = Fraction(int(whole + part), 10 ** len(part)) * (-1 if found["sign"] == "-" else 1)
    if suffix not in _DECIMAL:
        return _binary(text, digits * 2 ** _BINARY[suffix], whole=whole, part=part, shift=_BINARY[suffix])
    kept = _keeps_decimal(whole + part, exponent - len(part))
    exact = _round_up(digits * Fraction(10) ** exponent, _NANO)
    return _Read(exact, "decimal" if found["exponent"] is None else "exponent", text if kept else None)


def _keeps_decimal(digits: str, exponent: int) -> bool:
    """Whether the server's fast path applies and keeps the text."""
    short = len(digits) <= _INT64_DIGITS and exponent >= _NANO
    return short and exponent % 3 == 0 and not digits.endswith("000") and not digits.startswith("0")


def _binary(text: str, value: Fraction, *, whole: str, part: str, shift: int) -> _Read:
    """A quantity with a binary suffix; `whole` and `part` are its digits, `shift` is the power of two."""
    if not part and len(whole) + shift * 3 // 10 <= _BINARY_DIGITS:
        return _Read(value, "binary", text if int(whole) % 8 else None)
    exact = _round_up(value, _NANO)
    exact = max(min(exact, Fraction(_CAP)), Fraction(-_CAP))
    return _Read(exact, "decimal" if 0 < abs(exact) < 1 else "binary", None)


def _round_up(value: Fraction, exponent: int) -> Fraction:
    """The value, rounded away from zero to a multiple of 10^exponent."""
    unit = Fraction(10) ** exponent
    away = math.ceil(abs(value) / unit) * unit
    return away if value >= 0 else -away


def _canonical(value: Fraction | int, family: Family) -> tuple[int, int, dict[int, str] | None]:
    """Mantissa, exponent, and the suffixes by exponent; None if the exponent itself is written."""
    exact = _round_up(Fraction(value), _NANO)
    if family == "binary" and exact.denominator == 1 and abs(exact) >= 2**10:
        return (*_without_factors(exact.numerator, 2**10, 0, 10), _BINARY_OF)
    return (*_without_factors(int(exact * 10**9), 1000, _NANO, 3), None if family == "exponent" else _DECIMAL_OF)


def _without_factors(mantissa: int, factor: int, exponent: int, step: int) -> tuple[int, int]:
    """The mantissa without these factors, and the exponent with one step more for each."""
    if mantissa == 0:
        return 0, 0
    while mantissa % factor == 0:
        mantissa, exponent = mantissa // factor, exponent + step
    return mantissa, exponent

"""Names of objects: what the API server accepts, and valid names derived from other texts.

A check returns a reason or None instead of raising, so that a spec can collect all its errors. Each reason ends with an
example that passes the same check, made from the value if possible. This also holds for `labels.py` and `routing.py`.

A derived name is the text itself if that is a valid label, else a slug and a hash. Texts that look like derived names
are always derived, so two inputs never have the same name. Rejected alternatives: only a slug, which is the same for
`a.b@x` and `a-b@x`; reversible escapes, which are unreadable.

Sources: page "Object Names and IDs"; in k8s.io/apimachinery, pkg/api/validate/content and pkg/util/validation.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

LABEL_LIMIT = 63
SUBDOMAIN_LIMIT = 253

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")

# as in Kubernetes' own suffixes: no vowels, so that no words appear, and no 0, 1 and 3, which look like letters
_HASH_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_HASH_LENGTH = 10
_LOOKS_DERIVED = re.compile(rf".*-[{_HASH_ALPHABET}]{{{_HASH_LENGTH}}}")


def slug(text: str, *, limit: int = LABEL_LIMIT) -> str:
    """The text as a DNS label of lower-case letters, digits and single '-'; empty if nothing of it can be kept.

    Accents are removed, other characters become '-'. Different texts may have the same slug: see `derived_name`.

    Args:
        text: anything.
        limit: the maximum length. Default: 63, as for a DNS label.

    Example:
        >>> slug("Équipe Vision (2)")
        'equipe-vision-2'
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", kept).strip("-")[:limit].strip("-")


def derived_name(*parts: str, limit: int = LABEL_LIMIT) -> str:
    """A valid DNS label for any texts: the same for the same parts, and different for different ones.

    A single part that is a valid label is returned unchanged. Anything else becomes a slug and a hash: several parts,
    since `("a-b", "c")` and `("a", "b-c")` are different, and labels that look like derived names.

    Args:
        parts: the things that the name identifies, in a fixed order: a role and a person, a host and a path.
        limit: the maximum length, 12 to 63. Default: 63; lower it to leave room for a prefix or suffix.

    Returns:
        A DNS label (RFC 1123) of at most `limit` characters.

    Raises:
        ValueError: there are no parts, or the limit is out of range.

    Example:
        >>> derived_name("vision"), derived_name("Vision Team")
        ('vision', 'vision-team-fr9rnxz7zp')
    """
    shortest = _HASH_LENGTH + 2
    if not parts:
        raise ValueError("derived_name() needs at least one part")
    if not shortest <= limit <= LABEL_LIMIT:
        raise ValueError(f"limit={limit}: use {shortest} to {LABEL_LIMIT}, to leave room for the hash")
    if len(parts) == 1 and len(parts[0]) <= limit and is_dns_label(parts[0]) and not _LOOKS_DERIVED.fullmatch(parts[0]):
        return parts[0]
    start = slug("-".join(parts), limit=limit - _HASH_LENGTH - 1) or "x"
    return f"{start}-{_hash(parts)}"


def is_dns_label(value: object) -> bool:
    """Whether a value is a DNS label (RFC 1123), as names of Namespaces and most names in specs must be."""
    return isinstance(value, str) and len(value) <= LABEL_LIMIT and _DNS_LABEL.fullmatch(value) is not None


def is_dns_subdomain(value: object) -> bool:
    """Whether a value is a DNS subdomain (RFC 1123), as names of most objects must be."""
    return isinstance(value, str) and len(value) <= SUBDOMAIN_LIMIT and _DNS_SUBDOMAIN.fullmatch(value) is not None


def suggest_dns_label(text: object) -> str:
    """A valid DNS label close to the text, as an example for people: its slug, else 'vision-team'.

    Example:
        >>> suggest_dns_label("Vision Team")
        'vision-team'
    """
    return slug(str(text)) or "vision-team"


def suggest_dns_subdomain(text: object) -> str:
    """A valid DNS subdomain close to the text; empty if nothing of it can be kept."""
    parts = [slug(part) for part in str(text)[: 4 * SUBDOMAIN_LIMIT].split(".")]
    return ".".join(part for part in parts if part)[:SUBDOMAIN_LIMIT].strip("-.")


def check_dns_label(value: object) -> str | None:
    """Why a value is not a DNS label (RFC 1123), with a valid example; None if it is one.

    Source: page "Object Names and IDs", section "RFC 1123 Label Names".

    Example:
        >>> check_dns_label("Vision Team")
        "use lower-case letters, digits and '-', at most 63 characters, for example 'vision-team'"
    """
    if is_dns_label(value):
        return None
    rule = "use lower-case letters, digits and '-', at most 63 characters"
    if isinstance(value, str) and len(value) <= LABEL_LIMIT and re.fullmatch(r"[-a-z0-9]+", value):
        rule = "start and end with a lower-case letter or digit"
    return f"{rule}, for example {suggest_dns_label(value)!r}"


def check_dns_subdomain(value: object) -> str | None:
    """Why a value is not a DNS subdomain (RFC 1123), with a valid example; None if it is one.

    Source: page "Object Names and IDs", section "DNS Subdomain Names".

    Example:
        >>> check_dns_subdomain("Jupyter_Dana.v2")
        "use lower-case letters, digits, '-' and '.', at most 253 characters, for example 'jupyter-dana.v2'"
    """
    if is_dns_subdomain(value):
        return None
    rule = "use lower-case letters, digits, '-' and '.', at most 253 characters"
    if isinstance(value, str) and len(value) <= SUBDOMAIN_LIMIT and re.fullmatch(r"[-.a-z0-9]+", value):
        rule = "start and end each part between dots with a lower-case letter or digit"
    return f"{rule}, for example {suggest_dns_subdomain(value) or 'vision.v1'!r}"


def _hash(parts: tuple[str, ...]) -> str:
    # JSON separates the parts, and escapes characters that UTF-8 cannot encode
    number = int.from_bytes(hashlib.sha256(json.dumps(parts).encode("ascii")).digest())
    letters = []
    for _ in range(_HASH_LENGTH):
        number, index = divmod(number, len(_HASH_ALPHABET))
        letters.append(_HASH_ALPHABET[index])
    return "".join(letters)

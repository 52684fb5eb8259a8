"""Names, labels, hosts, paths and ports: what the API server accepts, and a form that would be right where it does not.

A check answers with a reason or None instead of raising, so that a spec can collect all its wrong fields first. Each
reason ends in an example that passes the same check, made from what was given where that is possible.
A derived name is a valid label as it is, else slug and hash; what is kept never looks like what is derived, so two
inputs never meet. Turned down: a slug alone (`a.b@x` and `a-b@x` meet) and escapes that can be undone (unreadable).

Sources: pages "Object Names and IDs", "Labels and Selectors", "Ingress", "Service"; in k8s.io/apimachinery,
pkg/api/validate/content and pkg/util/validation; in k8s.io/kubernetes, pkg/apis/networking/validation.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Literal
from urllib.parse import quote, unquote

LABEL_LIMIT = 63
SUBDOMAIN_LIMIT = 253
PORT_NAME_LIMIT = 15
PORT_LIMIT = 65535
PATH_LIMIT = 1024  # as the Gateway API limits it; an Ingress has no limit of its own

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PATH = re.compile(r"/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*")
_SAFE_IN_SEGMENT = "-._~!$&'()*+,;=:@"
_REFUSED_IN_PATH = ("//", "/./", "/../", "%2f", "%2F")
_REFUSED_AT_END = ("/..", "/.")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_IPV4_PARTS = 4
_IPV4_PART_LIMIT = 255

# No vowels, so that no word appears; no 0, 1 and 3, which read as letters: what Kubernetes draws its own suffixes from.
_HASH_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_HASH_LENGTH = 10
_LOOKS_DERIVED = re.compile(rf".*-[{_HASH_ALPHABET}]{{{_HASH_LENGTH}}}")


def slug(text: str, *, limit: int = LABEL_LIMIT) -> str:
    """The text in lower-case letters, digits and single '-': a DNS label, or empty where nothing of it can be kept.

    Accents are dropped, other characters become '-'. Different texts may give the same slug: see `derived_name`.

    Args:
        text: anything.
        limit: most characters. Default: 63, a DNS label's.

    Example:
        >>> slug("Équipe Vision (2)")
        'equipe-vision-2'
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", kept).strip("-")[:limit].strip("-")


def derived_name(*parts: str, limit: int = LABEL_LIMIT) -> str:
    """A valid DNS label for anything, always the same for the same parts and never the same for others.

    One part that is a valid label is kept. Everything else becomes slug and hash, and so do several parts, since
    `("a-b", "c")` and `("a", "b-c")` are not the same, and a label that ends as a derived name does.

    Args:
        parts: what the name stands for, in a fixed order: a role and a person, a host and a path.
        limit: most characters, 12 to 63. Default: 63, a DNS label's; less where something is put in front or behind.

    Returns:
        A DNS label (RFC 1123) of at most `limit` characters.

    Raises:
        ValueError: no parts, or a limit out of range.

    Example:
        >>> derived_name("vision"), derived_name("Vision Team")
        ('vision', 'vision-team-fr9rnxz7zp')
    """
    shortest = _HASH_LENGTH + 2
    if not parts:
        raise ValueError("derived_name() without parts: give what the name stands for")
    if not shortest <= limit <= LABEL_LIMIT:
        raise ValueError(f"limit={limit}: use {shortest} to {LABEL_LIMIT}, to leave room for the hash")
    if len(parts) == 1 and len(parts[0]) <= limit and is_dns_label(parts[0]) and not _LOOKS_DERIVED.fullmatch(parts[0]):
        return parts[0]
    start = slug("-".join(parts), limit=limit - _HASH_LENGTH - 1) or "x"
    return f"{start}-{_hash(parts)}"


def is_dns_label(value: object) -> bool:
    """Whether it is a DNS label (RFC 1123): what Namespaces and most names in specs must be."""
    return isinstance(value, str) and len(value) <= LABEL_LIMIT and _DNS_LABEL.fullmatch(value) is not None


def is_dns_subdomain(value: object) -> bool:
    """Whether it is a DNS subdomain (RFC 1123): what most objects' names must be."""
    return isinstance(value, str) and len(value) <= SUBDOMAIN_LIMIT and _DNS_SUBDOMAIN.fullmatch(value) is not None


def suggest_dns_label(text: object) -> str:
    """A valid DNS label near to the text: its slug, else 'vision-team'; an example for a person, not a name to derive.

    Example:
        >>> suggest_dns_label("Vision Team")
        'vision-team'
    """
    return slug(str(text)) or "vision-team"


def check_dns_label(value: object) -> str | None:
    """Why it is no DNS label (RFC 1123), with one that is; None if it is one.

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
    """Why it is no DNS subdomain (RFC 1123), with one that is; None if it is one.

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
    return f"{rule}, for example {_suggest_subdomain(value) or 'vision.v1'!r}"


def check_host(value: object, *, wildcard: bool = False) -> str | None:
    """Why it can't be the host of an Ingress or HTTPRoute, with one that can; None if it can.

    A part longer than 63 characters is refused, too: an API server takes it, but DNS has no such name.

    Args:
        value: a DNS name in lower case, without scheme, port or path; no IP address.
        wildcard: whether `*.` may stand in front of it. Default: no, since it takes every host below it from others.

    Source: page "Ingress", section "Hostname wildcards".

    Example:
        >>> check_host("https://Vision.example.ai/ai")
        "use a DNS name without scheme, port or path, for example 'vision.example.ai'"
    """
    problem = _host_problem(value, wildcard=wildcard)
    return problem and f"{problem}, for example {_suggest_host(value)!r}"


def check_http_path(
    value: object, *, path_type: Literal["Prefix", "Exact", "ImplementationSpecific"] = "Prefix"
) -> str | None:
    """Why it can't be the path of a route, with one that can; None if it can.

    Stricter than an Ingress in one point, and as strict as an HTTPRoute: only characters that can stand in a URL's path
    (RFC 3986), since a blank, a query or an unescaped letter never matches a request.

    Args:
        value: absolute, such as `/ai-service`; `/` is everything.
        path_type: as in the Ingress. `//`, `/./`, `/../` and an escaped `/` are refused for Prefix and Exact only.

    Source: page "Ingress", section "Path types".

    Example:
        >>> check_http_path("ai-service")
        "start with '/', for example '/ai-service'"
    """
    problem = _path_problem(value, exact=path_type != "ImplementationSpecific")
    return problem and f"{problem}, for example {_suggest_path(value)!r}"


def check_port(value: object) -> str | None:
    """Why it is no port of a Service, by number or by name, with one that is; None if it is one.

    Args:
        value: a whole number from 1 to 65535, or the port's name in its Service: at most 15 lower-case letters, digits
            and '-', a letter among them (IANA_SVC_NAME).

    Source: page "Service", section "Port definitions".

    Example:
        >>> check_port("80")
        'use the number 80, without quotes'
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return None if 1 <= value <= PORT_LIMIT else f"use a number from 1 to {PORT_LIMIT}, for example 80"
    if not isinstance(value, str):
        return f"use a whole number from 1 to {PORT_LIMIT} or a port's name, for example 80 or 'http'"
    if len(value) <= PORT_NAME_LIMIT and _PORT_NAME.fullmatch(value):
        return None
    if re.fullmatch(r"[0-9]{1,5}", value) and 1 <= int(value) <= PORT_LIMIT:
        return f"use the number {int(value)}, without quotes"
    near = slug(value, limit=PORT_NAME_LIMIT)
    example = near if _PORT_NAME.fullmatch(near) else "http"
    rule = f"use a number from 1 to {PORT_LIMIT}, or a name of at most 15 lower-case letters, digits and '-'"
    return f"{rule}, for example {example!r}"


def check_label_value(value: object) -> str | None:
    """Why it is no value of a label, with one that is; None if it is one (the empty text is).

    Source: page "Labels and Selectors", section "Syntax and character set".

    Example:
        >>> check_label_value("Vision Team")
        "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'Vision-Team'"
    """
    if isinstance(value, str) and (not value or _is_qualified_part(value)):
        return None
    rule = "use letters, digits, '-', '_' and '.', at most 63 characters"
    return f"{rule}, for example {_suggest_qualified_part(value) or 'vision'!r}"


def check_label_key(value: object) -> str | None:
    """Why it is no key of a label or annotation, with one that is; None if it is one.

    Source: page "Labels and Selectors", section "Syntax and character set".

    Example:
        >>> check_label_key("Example.com/cost centre")
        "use letters, digits, '-', '_' and '.', after a DNS name and '/' if any, for example 'example.com/cost-centre'"
    """
    if _is_qualified(value):
        return None
    prefix, slash, name = str(value).rpartition("/")
    near = _suggest_qualified_part(name) or "team"
    domain = _suggest_subdomain(prefix)
    example = f"{domain}/{near}" if slash and domain else near
    return f"use letters, digits, '-', '_' and '.', after a DNS name and '/' if any, for example {example!r}"


def check_resource_name(value: object) -> str | None:
    """Why it is no extended resource's name, with one that is; None if it is one.

    Args:
        value: a device as nodes offer it: `nvidia.com/gpu`, `nvidia.com/mig-1g.5gb`. Not `requests.nvidia.com/gpu`:
            a quota counts it so; not `cpu` or what has `kubernetes.io/` in it, which are Kubernetes' own.

    Source: page "Resource Management for Pods and Containers", section "Extended resources".

    Example:
        >>> check_resource_name("gpu")
        "use a DNS name, '/' and a name, for example 'nvidia.com/gpu'"
    """
    if isinstance(value, str) and value.startswith("requests."):
        bare = value.removeprefix("requests.")
        example = bare if check_resource_name(bare) is None else "nvidia.com/gpu"
        return f"leave out 'requests.', which belongs to quotas, for example {example!r}"
    if not isinstance(value, str) or "/" not in value or not _is_qualified(f"requests.{value}"):
        return "use a DNS name, '/' and a name, for example 'nvidia.com/gpu'"
    if "kubernetes.io/" in value:
        return "use a device's name outside Kubernetes' own 'kubernetes.io/', for example 'nvidia.com/gpu'"
    return None


def _hash(parts: tuple[str, ...]) -> str:
    # JSON keeps the parts apart, and escapes what UTF-8 can't hold.
    number = int.from_bytes(hashlib.sha256(json.dumps(parts).encode("ascii")).digest())
    letters = []
    for _ in range(_HASH_LENGTH):
        number, index = divmod(number, len(_HASH_ALPHABET))
        letters.append(_HASH_ALPHABET[index])
    return "".join(letters)


def _is_qualified_part(text: str) -> bool:
    return len(text) <= LABEL_LIMIT and _QUALIFIED.fullmatch(text) is not None


def _is_qualified(value: object) -> bool:
    if not isinstance(value, str):
        return False
    prefix, slash, name = value.rpartition("/")
    return _is_qualified_part(name) and (not slash or is_dns_subdomain(prefix))


def _is_ipv4(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == _IPV4_PARTS and all(part.isdigit() and int(part) <= _IPV4_PART_LIMIT for part in parts)


def _host_problem(value: object, *, wildcard: bool) -> str | None:
    text = value if isinstance(value, str) else ""
    own = text.removeprefix("*.") if wildcard else text
    if len(text) <= SUBDOMAIN_LIMIT and is_dns_subdomain(own):
        if _is_ipv4(own):
            return "use a DNS name, not an IP address"
        if any(len(part) > LABEL_LIMIT for part in own.split(".")):
            return "use at most 63 characters between two dots"
        return None
    if "*" in text:
        return "use '*' only as '*.' in front of a DNS name" if wildcard else "name each host, without '*'"
    if re.search(r"[/:]", text):
        return "use a DNS name without scheme, port or path"
    return "use a DNS name of lower-case letters, digits, '-' and '.', at most 253 characters"


def _path_problem(value: object, *, exact: bool) -> str | None:
    if not isinstance(value, str) or not value:
        return "give an absolute path"
    if not value.startswith("/"):
        return "start with '/'"
    if len(value) > PATH_LIMIT:
        return f"use at most {PATH_LIMIT} characters"
    if not _PATH.fullmatch(value):
        return "use no blanks, no '?' or '#', and write other characters percent-encoded"
    refused = [part for part in _REFUSED_IN_PATH if part in value]
    refused += [end for end in _REFUSED_AT_END if value.endswith(end)]
    return f"leave out {refused[0]!r}" if exact and refused else None


def _suggest_qualified_part(value: object) -> str:
    edges = "-_."
    return re.sub(r"[^-A-Za-z0-9_.]+", "-", str(value)).strip(edges)[:LABEL_LIMIT].strip(edges)


def _suggest_subdomain(value: object) -> str:
    parts = [slug(part) for part in str(value)[: 4 * SUBDOMAIN_LIMIT].split(".")]
    return ".".join(part for part in parts if part)[:SUBDOMAIN_LIMIT].strip("-.")


def _suggest_host(value: object) -> str:
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", str(value).strip().replace("*", ""))
    near = _suggest_subdomain(re.split(r"[/:?#]", bare, maxsplit=1)[0])
    return near if _host_problem(near, wildcard=False) is None else "vision.example.com"


def _suggest_path(value: object) -> str:
    bare = re.split(r"[?#]", str(value).strip(), maxsplit=1)[0] if isinstance(value, str) else ""
    segments = (segment.strip() for segment in unquote(bare[: 4 * PATH_LIMIT]).split("/"))
    kept = [quote(segment, safe=_SAFE_IN_SEGMENT, errors="replace") for segment in segments]
    near = "/" + "/".join(segment for segment in kept if segment not in ("", ".", ".."))
    return near if len(near) > 1 and _path_problem(near, exact=True) is None else "/ai-service"

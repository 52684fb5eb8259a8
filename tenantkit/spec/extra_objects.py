"""Extra objects and copies: what a platform gives each tenant besides tenantkit's own objects.

An extra object is a manifest in which `{name}`, `{team}`, `{namespace}` and `{domain}` stand for the tenant's. A copy
names a Secret or ConfigMap, of which each tenant gets one. Both are refused where they would undo what tenantkit does:
permissions, quotas, network traffic and routes are settings, and the platform's settings may be read by every signed-in
user, so that no Secret may be among them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator

from tenantkit.exceptions import Problem
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.labels import check_label_key, check_label_value
from tenantkit.rules.names import check_dns_label, check_dns_subdomain
from tenantkit.spec.base import WrongFields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FIELDS = ("name", "team", "namespace", "domain")
_SAMPLE = {"name": "a", "team": "b", "namespace": "sample-namespace", "domain": "example.ai"}
# `{{name}}` stays as `{name}`.
_FIELD = re.compile(r"\{\{(?P<kept>[A-Za-z_]\w*)\}\}|\{(?P<field>[A-Za-z_]\w*)\}")
_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9][a-z0-9]*")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")

_METADATA = ("name", "namespace", "labels", "annotations")
_OURS = ("app.kubernetes.io/managed-by", "tenantkit.dev/")
_RESERVED_PREFIX = "tenantkit-"
_RESERVED = {("ServiceAccount", "default"), ("ServiceAccount", "workload"), ("ConfigMap", "kube-root-ca.crt")}

_SETTINGS = "is one of tenantkit's own objects: use the settings of the platform"
_REFUSED = {
    "ResourceQuota": _SETTINGS,
    "LimitRange": _SETTINGS,
    "NetworkPolicy": "could open what the platform closes: use `network`",
    "Role": "decides who may do what, which only tenantkit's roles do: leave it out",
    "RoleBinding": "decides who may do what, which only tenantkit's roles do: leave it out",
    "Ingress": "would take requests for a host: use the tenant's routes",
    "HTTPRoute": "would take requests for a host: use the tenant's routes",
    "Gateway": "would take requests for a host: use `routing`",
    "Secret": "would be readable by every signed-in user, as all settings are: use `copies`",
    "Endpoints": "could send traffic into another namespace: leave it out",
    "EndpointSlice": "could send traffic into another namespace: leave it out",
}
_POLICY_SUFFIX = "NetworkPolicy"  # also of network plug-ins: CiliumNetworkPolicy and the like


class CopySource(NamedTuple):
    """The object that is copied: `Secret/platform-secrets/registry`."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} in {self.namespace!r}"


def _check_template(template: object) -> dict[str, Any]:
    if not isinstance(template, dict):
        raise ValueError("use a manifest, with apiVersion, kind and metadata.name")  # noqa: TRY004 (pydantic's way)
    problems = list(_problems(template))
    if problems:
        raise WrongFields(problems)
    return template


def _check_copy(text: object) -> str:
    if not isinstance(text, str):
        raise ValueError("use 'namespace/name', for example 'platform-secrets/registry'")  # noqa: TRY004 (as above)
    copy_source(text)
    return text


def copy_source(text: str) -> CopySource:
    """The source of a copy.

    Args:
        text: `namespace/name` of a Secret, or `ConfigMap/namespace/name`.

    Raises:
        ValueError: it is neither.
    """
    kind, namespace, name = (["Secret", *text.split("/")] if text.count("/") == 1 else [*text.split("/"), "", ""])[:3]
    if text.count("/") not in (1, 2) or kind not in ("Secret", "ConfigMap"):
        raise ValueError("use 'namespace/name' of a Secret, or 'ConfigMap/namespace/name'")
    reason = check_dns_label(namespace) or check_dns_subdomain(name)
    if reason:
        raise ValueError(f"use 'namespace/name', for example 'platform-secrets/registry': {reason}")
    if name.startswith(_RESERVED_PREFIX) or (kind, name) in _RESERVED:
        raise ValueError(f"the name {name!r} is reserved: give the source another name")
    return CopySource(kind, namespace, name)


def expanded(value: Any, fields: Mapping[str, str]) -> Any:
    """A template's value with the tenant's fields in the place of `{name}`, `{team}`, `{namespace}` and `{domain}`."""
    if isinstance(value, str):
        return _FIELD.sub(lambda it: f"{{{it['kept']}}}" if it["kept"] else fields[it["field"]], value)
    if isinstance(value, dict):
        return {key: expanded(below, fields) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [expanded(below, fields) for below in value]
    return value


def _problems(template: dict[str, Any]) -> Iterator[Problem]:
    """Everything that is wrong with a template, with fields below it."""
    unknown = [Problem(place, text, _unknown_field(name)) for place, text, name in _unknown_fields(template, "")]
    yield from unknown
    kind, api_version = template.get("kind"), template.get("apiVersion")
    if not isinstance(api_version, str) or not _API_VERSION.fullmatch(api_version):
        yield Problem("apiVersion", api_version, "use a version such as 'v1' or 'kueue.x-k8s.io/v1beta1'")
    yield from _kind_problems(kind, api_version)
    if "status" in template:
        yield Problem("status", template["status"], "is written by controllers: leave it out")
    metadata = template.get("metadata")
    if not isinstance(metadata, dict):
        yield Problem("metadata", metadata, "use a mapping with a name")
        return
    if not unknown:
        yield from _metadata_problems(kind, expanded(metadata, _SAMPLE))


def _kind_problems(kind: object, api_version: object) -> Iterator[Problem]:
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        yield Problem("kind", kind, "use a kind such as 'ConfigMap'")
        return
    if kind in _REFUSED or kind.endswith(_POLICY_SUFFIX):
        yield Problem("kind", kind, f"a {kind} {_REFUSED.get(kind, _REFUSED['NetworkPolicy'])}")
    known = KINDS.get(kind)
    if known is not None and known.api_version == api_version and not known.namespaced:
        yield Problem("kind", kind, "is not in a namespace, and an extra object is in a tenant's")


def _metadata_problems(kind: object, metadata: dict[str, Any]) -> Iterator[Problem]:
    for key, value in metadata.items():
        if key not in _METADATA:
            yield Problem(f"metadata.{key}", value, f"use only {', '.join(_METADATA)}")
    name = metadata.get("name")
    reason = check_dns_subdomain(name) if isinstance(name, str) else "use a name"
    if reason:
        yield Problem("metadata.name", name, reason)
    elif str(name).startswith(_RESERVED_PREFIX) or (kind, name) in _RESERVED:
        yield Problem("metadata.name", name, "is reserved: use another name")
    if metadata.get("namespace") not in (None, _SAMPLE["namespace"]):
        yield Problem("metadata.namespace", metadata["namespace"], "is each tenant's own: leave it out")
    for part, check in (("labels", check_label_value), ("annotations", _check_text)):
        yield from _pair_problems(part, metadata.get(part), check)


def _pair_problems(part: str, pairs: object, check: Callable[[Any], str | None]) -> Iterator[Problem]:
    if pairs is None:
        return
    if not isinstance(pairs, dict):
        yield Problem(f"metadata.{part}", pairs, "use a mapping of names to texts")
        return
    for key, value in pairs.items():
        place = f"metadata.{part}[{key!r}]"
        if str(key).startswith(_OURS):
            yield Problem(place, value, "is set by tenantkit: leave it out")
        elif reason := check_label_key(key) or check(value):
            yield Problem(place, value, reason)


def _check_text(value: object) -> str | None:
    return None if isinstance(value, str) else "use text"


def _unknown_fields(value: Any, place: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        names = [it["field"] for it in _FIELD.finditer(value) if it["field"]]
        yield from ((place, value, name) for name in dict.fromkeys(names) if name not in FIELDS)
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _unknown_fields(below, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _unknown_fields(below, f"{place}[{index}]")


def _unknown_field(name: str) -> str:
    return (
        f"{{{name}}} is not known: use {{name}}, {{team}}, {{namespace}} or {{domain}}; {{{{{name}}}}} stays {{{name}}}"
    )


def _each_once(objects: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    seen: set[tuple[str, str]] = set()
    for template in objects:
        key = (template["kind"], template["metadata"]["name"])
        if key in seen:
            raise ValueError(f"two of them are {key[0]} {key[1]!r}: keep one of them")
        seen.add(key)
    return objects


def _copies_differ(copies: tuple[str, ...]) -> tuple[str, ...]:
    """Two copies of one name would overwrite each other in each tenant's namespace."""
    seen: dict[tuple[str, str], str] = {}
    for text in copies:
        source = copy_source(text)
        first = seen.setdefault((source.kind, source.name), text)
        if copies.count(text) > 1 or first != text:
            raise ValueError(f"{first!r} and {text!r} have the same name in a tenant's namespace: keep one of them")
    return copies


ExtraObject = Annotated[dict[str, Any], BeforeValidator(_check_template)]
Copy = Annotated[str, BeforeValidator(_check_copy)]
ExtraObjects = Annotated[tuple[ExtraObject, ...], AfterValidator(_each_once)]
Copies = Annotated[tuple[Copy, ...], AfterValidator(_copies_differ)]

"""Fragments of CEL that several guardrails use.

Only what every CEL engine offers is used: macros of one variable, `has`, `in`, strings and `authorizer`. A missing
field is an error in CEL, and an error denies the request with 422 instead of 403: `has` asks for each field first.
Source: page "Validating Admission Policy" and page "Common Expression Language in Kubernetes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.rules.tenant_index import owners_role_name, role_name

if TYPE_CHECKING:
    from collections.abc import Iterable

Condition = dict[str, str]

# Those who delete what is in a namespace, or what has lost its owner. A rule that matched them would keep namespaces in
# Terminating for ever. By name: the group of kube-system's accounts also has those of add-ons.
_CLEANERS = (
    "system:serviceaccount:kube-system:namespace-controller",
    "system:serviceaccount:kube-system:generic-garbage-collector",
    "system:kube-controller-manager",
)
QUOTA_CONTROLLER = "system:serviceaccount:kube-system:resourcequota-controller"

MAY_MANAGE = "authorizer.group('tenantkit.dev').resource('tenants').check('manage').allowed()"
_IS_ADMINISTRATOR = "authorizer.group('*').resource('*').check('*').allowed()"


def texts(items: Iterable[str]) -> str:
    """A CEL list of texts."""
    return f"[{', '.join(text(item) for item in items)}]"


def text(item: str) -> str:
    """A CEL text."""
    escaped = item.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def setting(key: str) -> str:
    """A list of texts from the settings, where each item has a line of its own."""
    return (
        f"(has(params.data) && {text(key)} in params.data "
        f"? params.data[{text(key)}].split('\\n').filter(item, item != '') : [])"
    )


def one_setting(key: str) -> str:
    """One text from the settings; empty if it is missing."""
    return f"(has(params.data) && {text(key)} in params.data ? params.data[{text(key)}] : '')"


def labels_of(of: str) -> str:
    """The labels of an object that exists."""
    return f"(has({of}.metadata.labels) ? {of}.metadata.labels : {{}})"


def annotations_of(of: str) -> str:
    """The annotations of an object that exists."""
    return f"(has({of}.metadata.annotations) ? {of}.metadata.annotations : {{}})"


def namespace_annotation(key: str) -> str:
    """The items of an annotation of the request's Namespace, separated by commas."""
    return (
        f"(has(namespaceObject.metadata.annotations) && {text(key)} in namespaceObject.metadata.annotations "
        f"? namespaceObject.metadata.annotations[{text(key)}].split(',').filter(item, item != '') : [])"
    )


def is_tenants(of: str) -> str:
    """Whether a Namespace that exists has the label of a tenant."""
    return f"(has({of}.metadata.labels) && {text(TENANT_LABEL)} in {of}.metadata.labels)"


def is_ours(of: str) -> str:
    """Whether an object that exists has tenantkit's label."""
    key = text(MANAGED_BY_LABEL)
    return (
        f"(has({of}.metadata.labels) && {key} in {of}.metadata.labels "
        f"&& {of}.metadata.labels[{key}] == {text(MANAGED_BY)})"
    )


def is_of_a_tenant(of: str) -> str:
    """Whether a Role or RoleBinding of the index has a name by which it belongs to a tenant."""
    prefixes = texts((role_name(""), owners_role_name("")))
    return f"(has({of}.metadata.name) && {prefixes}.exists(prefix, {of}.metadata.name.startsWith(prefix)))"


def is_same(*fields: str) -> str:
    """Whether these fields have the values that they had before: an update of other fields always passes.

    Without this, nobody could remove the finalizer of an object that is older than a rule.
    """
    kept = " && ".join(
        f"(has(object.{field}) ? has(oldObject.{field}) && object.{field} == oldObject.{field} "
        f": !has(oldObject.{field}))"
        for field in fields
    )
    return f"oldObject != null && {kept}"


def may_not_manage() -> Condition:
    """Hold everyone but those who may manage tenants; no resource of that name has to exist."""
    return {"name": "not-who-manages-tenants", "expression": f"!{MAY_MANAGE}"}


def is_provisioner() -> list[Condition]:
    """Hold only those who may manage tenants without being cluster administrators."""
    return [{"name": "manages-tenants", "expression": MAY_MANAGE}, is_no_administrator()]


def is_no_administrator() -> Condition:
    """Hold everyone but cluster administrators."""
    return {"name": "not-an-administrator", "expression": f"!{_IS_ADMINISTRATOR}"}


def lacks_right(verb: str, group: str, resource: str, subresource: str = "") -> Condition:
    """Hold everyone but those who have a right in every namespace: a cluster's own controllers."""
    part = f".subresource({text(subresource)})" if subresource else ""
    asked = f"authorizer.group({text(group)}).resource({text(resource)}){part}"
    name = f"{resource}-{subresource}" if subresource else resource
    return {"name": f"may-not-{verb}-all-{name}", "expression": f"!{asked}.check({text(verb)}).allowed()"}


def is_no_cleaner(*others: str) -> Condition:
    """Hold everyone but the controllers that delete what is left over, and others by name."""
    return {
        "name": "not-a-controller-of-kubernetes",
        "expression": f"!(request.userInfo.username in {texts([*_CLEANERS, *others])})",
    }

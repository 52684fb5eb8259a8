"""The parameters of a policy: the objects that a binding names or selects.

Source: page "Validating Admission Policy", section "Parameter resources"; apiserver's
pkg/admission/plugin/policy/generic/policy_dispatcher.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.resources import of_kind

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.policies.request import Write


class ConfigurationError(Exception):
    """A policy or binding that can't be evaluated; the message is the server's."""


def check_kind(kind: Manifest | None) -> None:
    """Raise ConfigurationError if the server does not have the kind of the parameters."""
    if kind is None:
        return
    try:
        of_kind(kind["apiVersion"], kind["kind"])
    except LookupError as error:
        group, _, version = kind["apiVersion"].rpartition("/")
        shown = f"{group}/{version}, Kind={kind['kind']}"
        raise ConfigurationError(f"failed to find resource referenced by paramKind: '{shown}'") from error


def params_of(kind: Manifest | None, ref: Manifest | None, write: Write) -> list[Manifest | None]:
    """The objects to evaluate a policy with, once for each.

    Args:
        kind: the policy's `paramKind`.
        ref: the binding's `paramRef`.
        write: the write, whose namespace is that of the parameters unless `paramRef` names one.

    Returns:
        One None for a policy or binding without parameters; empty if there are none and the binding allows that.

    Raises:
        ConfigurationError: in the server's words.
    """
    if kind is None or ref is None:
        return [None]
    resource, namespace = of_kind(kind["apiVersion"], kind["kind"]), ref.get("namespace") or ""
    if resource.namespaced:
        namespace = namespace or write.namespace
        if not namespace:
            why = "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
            raise ConfigurationError(why)
    elif namespace:
        raise ConfigurationError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    store = write.attributes.store
    found: list[Manifest | None]
    if ref.get("name"):
        named = store.get(resource, ref["name"], namespace)
        found = [] if named is None else [named]
    else:
        selector = label_selector_of(ref["selector"])
        found = [item for item in store.list(resource, namespace) if selector.matches(item["metadata"].get("labels"))]
    if not found and ref.get("parameterNotFoundAction") == "Deny":
        raise ConfigurationError("no params found for policy binding with `Deny` parameterNotFoundAction")
    return found

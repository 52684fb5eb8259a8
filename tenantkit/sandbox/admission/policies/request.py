"""A write as policies see it: its objects, its namespace, and the variables of expressions.

Source: apiserver's pkg/admission/plugin/cel/condition.go and activation.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.admission.policies.matching import Target
from tenantkit.sandbox.apimachinery.resources import NAMESPACES
from tenantkit.sandbox.auth.rbac import Authorizer
from tenantkit.sandbox.auth.request_info import RequestInfo
from tenantkit.sandbox.auth.users import service_account_user
from tenantkit.sandbox.cel.declared import values_of
from tenantkit.sandbox.cel.libraries.authorizer import Decision, authorizer, resource_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.users import User

_HIDDEN = frozenset({"managedFields", "ownerReferences", "selfLink"})


@dataclass(frozen=True, slots=True)
class Write:
    """A write, from the attributes of admission.

    Args:
        attributes: as the other plug-ins see it.
        object: the new object, as its subresource shows it; None for a DELETE.
        old: the stored object; None for a CREATE.
    """

    attributes: Attributes
    object: Manifest | None
    old: Manifest | None

    @property
    def target(self) -> Target:
        """What most rules look at."""
        return Target(self.resource, self.subresource, self.operation)

    @property
    def resource(self) -> Resource:
        """The resource that is written."""
        return self.attributes.resource

    @property
    def subresource(self) -> str:
        """The subresource; empty for the object itself."""
        return self.attributes.subresource

    @property
    def operation(self) -> str:
        """CREATE, UPDATE or DELETE."""
        return self.attributes.operation

    @property
    def name(self) -> str:
        """The object's name; empty for a delete of many, which names none."""
        named = self.attributes.is_named
        return str(self.attributes.manifest["metadata"].get("name") or "") if named else ""

    @property
    def namespace(self) -> str:
        """The object's namespace; of a namespace it is its own name."""
        return self.name if self.resource is NAMESPACES else self.attributes.namespace

    @property
    def user(self) -> User:
        """The user who writes."""
        found: Any = self.attributes.user
        return found  # type: ignore[no-any-return]

    @property
    def stored_namespace(self) -> Manifest | None:
        """The stored namespace of the object, or the namespace that is written; None for a cluster-wide object."""
        return self.attributes.store.get(NAMESPACES, self.namespace) if self.namespace else None

    def variables(self) -> dict[str, Any]:
        """The values of the variables that do not depend on a policy, besides the authorizer and the namespace."""
        return {"object": self.object, "oldObject": self.old, **values_of("request", self._request())}

    def authorizers(self) -> dict[str, Any]:
        """The values of `authorizer` and `authorizer.requestResource`."""
        of_request = resource_check(
            group=self.resource.group,
            resource=self.resource.plural,
            subresource=self.subresource,
            namespace=self.namespace,
            name=self.name,
        )
        return {"authorizer": authorizer(), "authorizer.requestResource": of_request}

    def namespace_variables(self) -> dict[str, Any]:
        """The value of `namespaceObject`, which is null for a namespace and for cluster-wide objects."""
        found = None if self.resource is NAMESPACES else self.stored_namespace
        if found is None:
            return values_of("namespaceObject", None)
        metadata = {key: value for key, value in found["metadata"].items() if key not in _HIDDEN}
        shown = {"metadata": metadata, "spec": found.get("spec") or {}, "status": found.get("status") or {}}
        return values_of("namespaceObject", shown)

    def authorize(self, parts: Mapping[str, str]) -> Decision:
        """The decision of an authorization check, see `authorizing`."""
        user = self.user
        if "account" in parts:
            user = service_account_user(parts["account_namespace"], parts["account"])
        names = ("path", "group", "version", "resource", "subresource", "namespace", "name")
        info = RequestInfo(parts["verb"], *(parts.get(name, "") for name in names))
        reason = Authorizer(self.attributes.store).reason(user, info)
        return Decision(reason is not None, reason or "")

    def _request(self) -> Manifest:
        """The variable `request`, without its empty fields, as in the JSON of an AdmissionRequest."""
        resource, user = self.resource, self.user
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        if self.subresource in resource.subresources:
            shown = resource.subresources[self.subresource]
            group, _, version = shown.api_version.rpartition("/")
            kind = {"group": group, "version": version, "kind": shown.kind}
        place = {"group": resource.group, "version": resource.version, "resource": resource.plural}
        about: Manifest = {"username": user.name, "uid": user.uid, "groups": list(user.groups)}
        about |= {"extra": {key: list(values) for key, values in user.extra.items()}}
        optional = {
            "subResource": self.subresource,
            "requestSubResource": self.subresource,
            "name": self.name,
            "namespace": self.namespace,
        }
        return {
            "uid": "",
            "kind": kind,
            "resource": place,
            "requestKind": kind,
            "requestResource": place,
            **{key: value for key, value in optional.items() if value},
            "operation": self.operation,
            "userInfo": {key: value for key, value in about.items() if value},
            "object": None,
            "oldObject": None,
            "dryRun": self.attributes.dry_run,
            "options": self.attributes.options,
        }


def write_of(attributes: Attributes) -> Write:
    """A write, from the attributes of admission."""
    if attributes.shown is not None:
        return Write(attributes, *attributes.shown)
    return Write(attributes, None if attributes.operation == "DELETE" else dict(attributes.manifest), attributes.old)

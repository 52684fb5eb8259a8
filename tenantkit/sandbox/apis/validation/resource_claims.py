"""Validation of a pod's resource claims, and of the claims that its containers use.

Source: pkg/apis/core/validation, 1.37 (validatePodResourceClaim, validateResourceClaimNames).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.validation import dns_label, dns_subdomain

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.field_errors import ErrorList

_SOURCES = ("resourceClaimName", "resourceClaimTemplateName")
_EITHER = "`resourceClaimName`, `resourceClaimTemplateName`"


def check_resource_claims(errors: ErrorList, root: str, spec: Manifest) -> None:
    """The resource claims of a pod and of its containers; `root` is the path of the pod's spec."""
    known = _check_claims_of_pod(errors, f"{root}.resourceClaims", spec.get("resourceClaims") or [])
    for part in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(part) or []):
            claims = (container.get("resources") or {}).get("claims") or []
            _check_claims_of_container(errors, f"{root}.{part}[{index}].resources.claims", claims, known)


def _check_claims_of_pod(errors: ErrorList, root: str, claims: list[Manifest]) -> set[str]:
    """The resource claims of a pod; returns the names that containers may use."""
    names = set[str]()
    for index, claim in enumerate(claims):
        field, name = f"{root}[{index}]", claim.get("name", "")
        if not name:
            errors.required(f"{field}.name")
        elif name in names:
            errors.duplicate(f"{field}.name", name)
        else:
            errors.all_of(f"{field}.name", name, dns_label(name))
            names.add(name)
        given = [source for source in _SOURCES if claim.get(source) is not None]
        if len(given) != 1:
            shown = {part[0].upper() + part[1:]: claim.get(part) for part in ("name", *_SOURCES)}
            too_many = f"at most one of {_EITHER.replace(', ', ' or ')} may be specified"
            errors.invalid(field, shown, too_many if given else f"must specify one of: {_EITHER}")
        for source in given:
            errors.all_of(f"{field}.{source}", claim[source], dns_subdomain(claim[source]))
    return names


def _check_claims_of_container(errors: ErrorList, root: str, claims: list[Manifest], known: Collection[str]) -> None:
    """The claims of a container: each is one of the pod's, and named once, or once for each of its requests."""
    seen = set[tuple[str, str]]()
    for index, claim in enumerate(claims):
        field, name, request = f"{root}[{index}]", claim.get("name", ""), claim.get("request", "")
        if not name:
            errors.required(field)
            continue
        if (name, "") in seen:
            errors.duplicate(field, name)
        else:
            if request:
                errors.all_of(f"{field}.request", request, dns_label(request))
            if (name, request) in seen:
                errors.duplicate(field, f"{name}/{request}")
            elif not request:
                for _ in (other for other in seen if other[0] == name):
                    errors.duplicate(field, name)
            seen.add((name, request))
        if name not in known:
            listed = f": {', '.join(sorted(known))}" if known else " which is empty"
            errors.not_found(field, name, f"must be one of the names in pod.spec.resourceClaims{listed}")

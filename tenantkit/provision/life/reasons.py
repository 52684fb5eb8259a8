"""Reasons of adoptions and releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.hints import Message
from tenantkit.provision.reasons import Reason, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

ALREADY_TENANT = Reason("not-adoptable", Message("it is this tenant's already: change it with {plan}"))
FROZEN_STILL = Reason("frozen", Message("it is frozen, and would stay so by the quota in it: use {thaw} first"))


def reserved_namespace(name: str) -> Reason:
    """A namespace of the system cannot become a tenant's."""
    return Reason("not-adoptable", f"namespace {name!r} belongs to the cluster's system: a tenant needs its own")


def no_namespace(name: str) -> Reason:
    """There is nothing to adopt."""
    return Reason(
        "not-adoptable",
        Message(
            "there is no namespace {name!r}: the namespace of an adopted tenant is the platform's prefix and the "
            "tenant's name, so name the tenant after its namespace; to create a new one, use {plan}",
            {"name": name},
        ),
    )


def other_value(fields: Sequence[tuple[str, str]]) -> Reason:
    """The namespace has labels or annotations that an adoption would overwrite, and a release could not put back."""
    listed = ", ".join(f"{field} is {value!r}" for field, value in fields)
    return Reason(
        "not-adoptable", f"{listed}: an adoption only adds labels and annotations, so have its owner remove it first"
    )


def seen_in_namespace(action: str, reason: Reason | None) -> Reason:
    """What an adoption leaves as it is, and what the next plan makes of it."""
    later: dict[str, str | Message] = {
        "update": "not changed by the adoption; the next plan changes it",
        "delete": "not changed by the adoption; the next plan deletes it",
        "conflict": "not changed by the adoption; a conflict of the next plan",
    }
    text = later.get(action, "not changed by the adoption")
    return Reason("adopted-as-it-is", joined([text, reason.text]) if reason is not None else text)


NOT_YOURS_TO_RELEASE = Reason("not-yours", "only the platform team may release the tenant")
LEFT_BY_RELEASE = Reason("stays", "tenantkit made it, and a release leaves it there")


def stays_after_release(kind: str, name: str, namespace: str) -> Reason:
    """An object that tenantkit made, in a namespace that it lets go of."""
    command = f"kubectl delete {kind.lower()} {name} -n {namespace}"
    return Reason("stays", f"tenantkit made it, and a release does not delete it: if it is not wanted, `{command}`")

"""ValidatingAdmissionPolicy: refuse, or warn about, writes that the policies in the store deny.

A policy is compiled when it is created, and its expressions are kept by their texts. A write that no policy is about
costs a look into a dict. Not implemented: the delay of a second until a policy holds, the audit log,
to which the action Audit and audit annotations write, and the server's cost of expressions: an expression may take
10,000 steps of its loops, else it is an error.

Source: page "Validating Admission Policy"; apiserver's pkg/admission/plugin/policy/validating/dispatcher.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tenantkit.sandbox.admission.policies.hooks import hooks_of
from tenantkit.sandbox.admission.policies.matching import Target
from tenantkit.sandbox.admission.policies.params import ConfigurationError, check_kind, params_of
from tenantkit.sandbox.admission.policies.request import write_of
from tenantkit.sandbox.apimachinery.errors import Cause
from tenantkit.sandbox.apimachinery.resources import POLICIES, POLICY_BINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes
    from tenantkit.sandbox.admission.policies.evaluation import Denial
    from tenantkit.sandbox.admission.policies.hooks import Hook
    from tenantkit.sandbox.admission.policies.request import Write

_CODES: Final = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413}
_INVALID = 422


class _Denied(NamedTuple):
    """A denial, and the policy and binding that it is of."""

    policy: str
    binding: str
    denial: Denial


def review(attributes: Attributes) -> None:
    """Refuse the write if a policy with the action Deny does, and add the warnings of the others.

    Raises:
        ApiError: 403, or the status of the validation's reason; in the server's words.
    """
    resource, store = attributes.resource, attributes.store
    if resource is POLICIES or resource is POLICY_BINDINGS:
        return
    hooks = hooks_of(store).about(store, Target(resource, attributes.subresource, attributes.operation))
    if not hooks:
        return
    write = write_of(attributes)
    denied = [found for hook in hooks if hook.match.matches(write) for found in _review(hook, write)]
    if denied:
        raise _refused(attributes, denied[0])


def _review(hook: Hook, write: Write) -> Iterator[_Denied]:
    """What a policy that matches denies by its bindings; warnings are added to the write's."""
    from tenantkit.sandbox.admission.policies.evaluation import Denial

    name, spec = hook.name, hook.spec
    fails = spec.get("failurePolicy") != "Ignore"
    try:
        check_kind(spec.get("paramKind"))
    except ConfigurationError as error:
        if fails:
            yield _Denied(name, "", Denial(f"failed to configure policy: {error}"))
        return
    for binding in hook.bindings:
        if not binding.match.matches(write):
            continue
        try:
            params = params_of(spec.get("paramKind"), binding.spec.get("paramRef"), write)
        except ConfigurationError as error:
            if fails:
                yield _Denied(name, binding.name, Denial(f"failed to configure binding: {error}"))
            continue
        actions = binding.spec.get("validationActions") or ()
        for denial in _denials(hook, write, params):
            if "Deny" in actions or denial.always:
                yield _Denied(name, binding.name, denial)
            elif "Warn" in actions:
                lead = f"Validation failed for ValidatingAdmissionPolicy '{name}' with binding '{binding.name}'"
                write.attributes.warnings.append(f"{lead}: {denial.message}")


def _denials(hook: Hook, write: Write, params: list[Manifest | None]) -> Iterator[Denial]:
    from tenantkit.sandbox.admission.policies.evaluation import denials
    from tenantkit.sandbox.cel.libraries.authorizer import authorizing

    with authorizing(write.authorize):
        for param in params:
            yield from denials(hook.policy, write, param)


def _refused(attributes: Attributes, denied: _Denied) -> Exception:
    """The error for the first denial."""
    by = f" with binding '{denied.binding}'" if denied.binding else ""
    message = f"ValidatingAdmissionPolicy '{denied.policy}'{by} denied request: {denied.denial.message}"
    error = attributes.refused(message, causes=(Cause("", message, ""),))
    error.reason = denied.denial.reason or "Invalid"
    error.code = _CODES.get(error.reason, _INVALID)
    return error

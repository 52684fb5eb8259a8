"""ValidatingAdmissionPolicy: refuse, or warn about, writes that the policies in the store deny.

A policy is compiled when it is created, and its expressions are kept by their texts. A write that no policy matches
costs a comparison with each policy's rules. Not implemented: the delay of a second until a policy holds, the audit log,
to which the action Audit and audit annotations write, and the server's cost of expressions: an expression may take
10,000 steps of its loops, else it is an error.

Source: page "Validating Admission Policy"; apiserver's pkg/admission/plugin/policy/validating/dispatcher.go, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tenantkit.sandbox.admission.policies.matching import matches
from tenantkit.sandbox.admission.policies.params import ConfigurationError, check_kind, params_of
from tenantkit.sandbox.admission.policies.request import write_of
from tenantkit.sandbox.apimachinery.errors import Cause
from tenantkit.sandbox.apimachinery.resources import POLICIES, POLICY_BINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes
    from tenantkit.sandbox.admission.policies.evaluation import Denial
    from tenantkit.sandbox.admission.policies.policy import Policy
    from tenantkit.sandbox.admission.policies.request import Write

_CODES: Final = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413}
_INVALID = 422
_KEPT = 1000
_compiled: dict[tuple[str, str], Policy] = {}


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
    store = attributes.store
    bindings = store.list(POLICY_BINDINGS)
    if not bindings or attributes.resource in {POLICIES, POLICY_BINDINGS}:
        return
    write, denied = write_of(attributes), list[_Denied]()
    for policy in store.list(POLICIES):
        name = policy["metadata"]["name"]
        bound = [binding for binding in bindings if binding["spec"].get("policyName") == name]
        if bound and matches(policy["spec"].get("matchConstraints"), write):
            denied += _review(policy, bound, write)
    if denied:
        raise _refused(attributes, denied[0])


def _review(manifest: Manifest, bindings: list[Manifest], write: Write) -> Iterator[_Denied]:
    """What a policy that matches denies by its bindings; warnings are added to the write's."""
    from tenantkit.sandbox.admission.policies.evaluation import Denial

    name, spec = manifest["metadata"]["name"], manifest["spec"]
    fails = spec.get("failurePolicy") != "Ignore"
    try:
        check_kind(spec.get("paramKind"))
    except ConfigurationError as error:
        if fails:
            yield _Denied(name, "", Denial(f"failed to configure policy: {error}"))
        return
    for binding in bindings:
        bound = binding["metadata"]["name"]
        if not matches(binding["spec"].get("matchResources"), write):
            continue
        try:
            params = params_of(spec.get("paramKind"), binding["spec"].get("paramRef"), write)
        except ConfigurationError as error:
            if fails:
                yield _Denied(name, bound, Denial(f"failed to configure binding: {error}"))
            continue
        actions = binding["spec"].get("validationActions") or ()
        for denial in _denials(manifest, write, params):
            if "Deny" in actions or denial.always:
                yield _Denied(name, bound, denial)
            elif "Warn" in actions:
                lead = f"Validation failed for ValidatingAdmissionPolicy '{name}' with binding '{bound}'"
                write.attributes.warnings.append(f"{lead}: {denial.message}")


def _denials(manifest: Manifest, write: Write, params: list[Manifest | None]) -> Iterator[Denial]:
    from tenantkit.sandbox.admission.policies.evaluation import denials
    from tenantkit.sandbox.cel.libraries.authorizer import authorizing

    policy = _policy(manifest)
    with authorizing(write.authorize):
        for param in params:
            yield from denials(policy, write, param)


def _policy(manifest: Manifest) -> Policy:
    """The policy with its compiled expressions; kept until it changes."""
    from tenantkit.sandbox.admission.policies.policy import compiled_policy

    key = (manifest["metadata"]["uid"], manifest["metadata"]["resourceVersion"])
    if key not in _compiled:
        if len(_compiled) >= _KEPT:
            _compiled.clear()
        _compiled[key] = compiled_policy(manifest)
    return _compiled[key]


def _refused(attributes: Attributes, denied: _Denied) -> Exception:
    """The error for the first denial."""
    by = f" with binding '{denied.binding}'" if denied.binding else ""
    message = f"ValidatingAdmissionPolicy '{denied.policy}'{by} denied request: {denied.denial.message}"
    error = attributes.refused(message, causes=(Cause("", message, ""),))
    error.reason = denied.denial.reason or "Invalid"
    error.code = _CODES.get(error.reason, _INVALID)
    return error

"""The policies and bindings of a store, parsed once until one of them changes.

Source: apiserver's pkg/admission/plugin/policy/generic/policy_source.go, 1.37, which looks for changes once a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tenantkit.sandbox.admission.policies.matching import match_of
from tenantkit.sandbox.apimachinery.resources import POLICIES, POLICY_BINDINGS

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.policies.matching import Match, Target
    from tenantkit.sandbox.admission.policies.policy import Policy
    from tenantkit.sandbox.storage.store import Event, Store


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding: its name, its spec and what it applies to."""

    name: str
    spec: Manifest
    match: Match


@dataclass(frozen=True)
class Hook:
    """A policy with its bindings."""

    manifest: Manifest
    match: Match
    bindings: tuple[Binding, ...]

    @property
    def name(self) -> str:
        """The policy's name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def spec(self) -> Manifest:
        """The policy's spec."""
        found: Manifest = self.manifest["spec"]
        return found

    @cached_property
    def policy(self) -> Policy:
        """The policy with its compiled expressions; the expressions are kept by their texts."""
        from tenantkit.sandbox.admission.policies.policy import compiled_policy  # loads the engine

        return compiled_policy(self.manifest)


class Hooks:
    """The policies of one store that have bindings, sorted by name."""

    def __init__(self, store: Store) -> None:
        self._hooks: tuple[Hook, ...] | None = None
        self._about: dict[Target, tuple[Hook, ...]] = {}
        store.subscribe(self._seen)

    def about(self, store: Store, target: Target) -> tuple[Hook, ...]:
        """The policies that have a rule about the target."""
        if self._hooks is None:
            self._hooks, self._about = _read(store), {}
        if target not in self._about:
            self._about[target] = tuple(hook for hook in self._hooks if hook.match.may_match(target))
        return self._about[target]

    def _seen(self, event: Event) -> None:
        if event.resource is POLICIES or event.resource is POLICY_BINDINGS:
            self._hooks = None


def hooks_of(store: Store) -> Hooks:
    """The policies of a store."""
    found = _of_store.get(store)
    if found is None:
        found = _of_store[store] = Hooks(store)
    return found


_of_store: WeakKeyDictionary[Store, Hooks] = WeakKeyDictionary()


def _read(store: Store) -> tuple[Hook, ...]:
    bindings: dict[str, list[Binding]] = {}
    for item in store.list(POLICY_BINDINGS):
        spec = item["spec"]
        found = Binding(item["metadata"]["name"], spec, match_of(spec.get("matchResources")))
        bindings.setdefault(spec.get("policyName", ""), []).append(found)
    return tuple(
        Hook(item, match_of(item["spec"].get("matchConstraints")), tuple(bindings[item["metadata"]["name"]]))
        for item in store.list(POLICIES)
        if item["metadata"]["name"] in bindings
    )

"""The size of a tenant: a card for each of the platform's sizes, and one for a custom quota with its amounts.

The amounts start from the size that was selected before, so that a custom quota is a size with a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tenantkit.forms.kit.docs import argument_help
from tenantkit.forms.kit.field import CardsField
from tenantkit.forms.tenant.amounts import AmountInputs
from tenantkit.forms.tenant.quota_words import quota_words
from tenantkit.rules.quantities import parse_quantity
from tenantkit.spec.quota import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.exceptions import Problem
    from tenantkit.spec.platform import Platform


class _Custom:
    """The value of the card for a custom quota; no size can have it."""


_CUSTOM = _Custom()
_OWN = "the tenant's own quota"


class SizeField(CardsField):
    """A size, or a custom quota.

    Args:
        name: of the spec's field.
        label: shown above the cards.
        help_text: below the cards.
        platform: its sizes and devices.
    """

    def __init__(self, name: str, label: str, help_text: str, *, platform: Platform) -> None:
        self._platform = platform
        self._own: Quota | None = None
        self.amounts = AmountInputs(platform.accelerators, help_texts=argument_help(Quota))
        super().__init__(name, label, help_text, cards=_cards(platform))
        control, note = self.widget.children
        self.widget.children = [control, self.amounts.widget, note]
        self.control.observe(self._on_card, names="value")
        self._show_amounts()

    @property
    def value(self) -> Any:
        """The name of a size, a Quota, or the fields of one; None if nothing is selected."""
        return self.amounts.value if self.is_custom else self.control.value

    @value.setter
    def value(self, value: str | Quota | Mapping[str, Any] | None) -> None:
        quota = Quota(**value) if isinstance(value, Mapping) else value
        if isinstance(quota, Quota):
            self._own = quota
            self.amounts.start_from(quota, _OWN)
        self.offer(_cards(self._platform, quota if isinstance(quota, str) else None, own=self._own))
        self.control.value = _CUSTOM if isinstance(quota, Quota) else quota

    @property
    def is_custom(self) -> bool:
        """Whether the card for a custom quota is selected."""
        return self.control.value is _CUSTOM

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call a function after another card is selected, and after each change of an amount."""

        def notify() -> None:
            self.is_touched = True
            callback()

        super().on_change(callback)
        self.amounts.on_change(notify)

    def set_problems(self, problems: Sequence[Problem]) -> None:
        """Show problems of a custom quota below its amounts, and others below the cards."""
        amounts = [problem for problem in problems if self.is_custom and problem.field.startswith("quota")]
        self.amounts.show(amounts)
        super().set_problems([problem for problem in problems if problem not in amounts])

    def _on_card(self, change: Mapping[str, Any]) -> None:
        """Start a custom quota from the size that was selected before, unless amounts have been typed."""
        size = change["old"] if isinstance(change["old"], str) else None
        if self.is_custom and not self.amounts.is_edited and self._own is None:
            first = size or next(iter(sorted(self._platform.sizes, key=_amount_of(self._platform))), "")
            if first in self._platform.sizes:
                self.amounts.start_from(self._platform.sizes[first], f"size {first!r}")
        self._show_amounts()

    def _show_amounts(self) -> None:
        self.amounts.widget.layout.display = None if self.is_custom else "none"

    def _refresh(self) -> None:
        super()._refresh()
        self.amounts.disable(self.control.disabled)


def _cards(platform: Platform, current: str | None = None, *, own: Quota | None = None) -> list[tuple[str, Any]]:
    """A card for each size, one for the tenant's size if it is no longer one of them, and one for a custom quota."""
    names = sorted(platform.sizes, key=_amount_of(platform))
    cards: list[tuple[str, Any]] = [("\n".join([name, *quota_words(platform.sizes[name])]), name) for name in names]
    if current is not None and current not in platform.sizes:
        cards.append((f"{current}\nThe platform no longer offers this size.", current))
    words = quota_words(own) if own is not None else ["amounts that you choose"]
    return [*cards, ("\n".join(["custom quota", *words]), _CUSTOM)]


def _amount_of(platform: Platform) -> Callable[[str], tuple[Any, ...]]:
    """Sort key: small sizes first; a stored platform has them by name."""

    def key(name: str) -> tuple[Any, ...]:
        quota = platform.sizes[name]
        return parse_quantity(quota.requests_cpu), parse_quantity(quota.requests_memory), name

    return key

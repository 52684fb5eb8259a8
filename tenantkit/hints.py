"""What to do next, as data: one sentence, in which the names of functions, options and buttons are references.

Each surface has its own words for a reference: `tk.whoami(cluster)` in Python, a command on the command line.
Values are kept apart from the sentence, so that text from a cluster is never taken for a reference. Rejected
alternative: replacing Python's words in the finished message, which also changes data that holds such a word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Surface: TypeAlias = Literal["python", "shell", "form"]

# A reference with its words in Python, on the command line and in a form.
_WORDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "connect": ("tk.connect()", "--kubeconfig", "a connection made by `tk.connect()`"),
        "install_platform": ("tk.install_platform(cluster)", "`tenantkit install`", "`tk.install_platform(cluster)`"),
        "quota_usage": ("tk.quota_usage(cluster)", "`kubectl describe quota`", "the quota dashboard"),
        "whoami": ("tk.whoami(cluster)", "`kubectl auth whoami`", "`tk.whoami(cluster)`"),
    }
)
_COLUMN: Mapping[Surface, int] = MappingProxyType({"python": 0, "shell": 1, "form": 2})
REFERENCES = frozenset(_WORDS)


@dataclass(frozen=True, slots=True)
class Hint:
    """What to do next.

    Args:
        sentence: with references in braces, such as `{whoami} shows who the server thinks you are`; other names in
            braces are looked up in `values`.
        values: what the sentence is about, such as names and amounts. They are shown as they are.

    Example:
        >>> hint = Hint("{whoami} shows who the server thinks you are")
        >>> hint.words("python")
        'tk.whoami(cluster) shows who the server thinks you are'
        >>> hint.words("shell")
        '`kubectl auth whoami` shows who the server thinks you are'
    """

    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)

    def words(self, surface: Surface = "python") -> str:
        """The sentence in the words of a surface."""
        column = _COLUMN[surface]
        references = {name: words[column] for name, words in _WORDS.items()}
        return self.sentence.format_map({**self.values, **references})

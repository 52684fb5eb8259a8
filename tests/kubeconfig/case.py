"""One kubeconfig, and what kubectl and tenantkit should make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTHORITY = "certificate-authority-data: @ca@"
SECURE = f"server: @https@\n{AUTHORITY}"
TOKEN = "token: t-1"


@dataclass(frozen=True)
class Case:
    """A kubeconfig as text, in which `@name@` is filled in by the stage.

    Args:
        name: of the test.
        config: the file `config`, which both are given, unless `environment` sets $KUBECONFIG.
        refused: the words of tenantkit's error, if it refuses the file; the field's name among them.
        is_stricter: whether kubectl accepts what tenantkit refuses.
        files: more files.
        environment: variables for both.
        context: the context to use.
        encoding: of the file.
    """

    name: str
    config: str
    refused: str = ""
    is_stricter: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    context: str | None = None
    encoding: str = "utf-8"


def config(  # noqa: PLR0913 (the parts of a kubeconfig)
    cluster: str = SECURE,
    user: str = TOKEN,
    *,
    context: str = "cluster: c\nuser: u",
    name: str = "k",
    head: str = "apiVersion: v1\nkind: Config",
    tail: str = "",
) -> str:
    """A kubeconfig from the YAML of its parts."""
    return (
        f"{head}\ncurrent-context: {name}\n"
        f"contexts:\n- name: {name}\n  context:\n{_indented(context)}"
        f"clusters:\n- name: c\n  cluster:\n{_indented(cluster)}"
        f"users:\n- name: u\n  user:\n{_indented(user)}{tail}"
    )


def secure(more: str) -> str:
    """The cluster with one more field."""
    return f"{SECURE}\n{more}"


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())

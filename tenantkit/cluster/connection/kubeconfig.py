"""Kubeconfig files merged as by kubectl, and the context that is chosen among them.

Of two entries with one name, and of two current contexts, the first is used, whole. A missing context, cluster or user
is an error here; kubectl asks for a user name on the terminal, or tries localhost:8080, which could be another cluster.
Source: page "Organizing Cluster Access Using kubeconfig Files"; Go's package k8s.io/client-go/tools/clientcmd.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenantkit.cluster.connection.entries import Entries, read_entries
from tenantkit.exceptions import ConnectionConfigError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.cluster.connection.entries import ClusterEntry, NamedContext, UserEntry
    from tenantkit.cluster.connection.files import KubeconfigFile

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """A context with its cluster and its user; None if it names no user."""

    name: str
    namespace: str | None
    user_name: str | None
    cluster: ClusterEntry
    user: UserEntry | None


def read_context(files: Sequence[KubeconfigFile], context: str | None) -> ContextEntry:
    """A context of these kubeconfig files, by default the current one.

    Raises:
        ConnectionConfigError: a file is not readable, or the context, its cluster or its user does not exist.
    """
    merged = _merged([read_entries(file) for file in files])
    shown = ", ".join(str(file.path) for file in files)
    name = context or merged.current_context
    if not name:
        raise ConnectionConfigError(f"{shown} has no current-context", hint=_choose_context(merged.contexts))
    if name not in merged.contexts:
        what = f"{shown} has no context {_cut(name)!r}"
        if not context:
            what = f"the current-context of {shown} is {_cut(name)!r}, which does not exist there"
        near = get_close_matches(_cut(name), merged.contexts, n=1)
        raise ConnectionConfigError(what, hint=_choose_context(merged.contexts, near=near))
    return _resolved(merged, name, shown)


def _merged(files: Sequence[Entries]) -> Entries:
    contexts: dict[str, NamedContext] = {}
    clusters: dict[str, ClusterEntry] = {}
    users: dict[str, UserEntry] = {}
    for file in reversed(files):
        contexts.update(file.contexts)
        clusters.update(file.clusters)
        users.update(file.users)
    current = next((file.current_context for file in files if file.current_context), "")
    return Entries(current, contexts, clusters, users)


def _resolved(merged: Entries, name: str, shown: str) -> ContextEntry:
    chosen = merged.contexts[name]
    cluster, user = merged.clusters.get(chosen.cluster), merged.users.get(chosen.user)
    if cluster is None or not cluster.server:
        raise ConnectionConfigError(
            f"context {name!r} of {shown} refers to cluster {chosen.cluster!r}, which has no server there",
            hint=_other_context(merged.contexts),
        )
    if chosen.user and user is None:
        raise ConnectionConfigError(
            f"context {name!r} of {shown} refers to user {chosen.user!r}, which does not exist there",
            hint=_other_context(merged.contexts),
        )
    return ContextEntry(name, chosen.namespace or None, chosen.user or None, cluster, user)


def _choose_context(contexts: Iterable[str], *, near: Sequence[str] = ()) -> Hint:
    names = _shown(contexts)
    if not names:
        return Hint("use another kubeconfig: this one has no contexts")
    if near:
        return Hint("did you mean {near!r}? pass {context} with one of {names}", {"near": near[0], "names": names})
    return Hint("pass {context} with one of {names}", {"names": names})


def _other_context(contexts: Iterable[str]) -> Hint:
    return Hint("add it, or pass {context} with one of {names}", {"names": _shown(contexts)})


def _shown(contexts: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(contexts))


def _cut(name: str) -> str:
    return name if len(name) <= _SHOWN else name[:_SHOWN] + "…"

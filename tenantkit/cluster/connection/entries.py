"""A kubeconfig's entries: each field that kubectl knows, with its type, and files relative to the kubeconfig.

The whole file is decoded, as by kubectl: one wrong type anywhere means that nothing of the file is used.
Source: Go's package k8s.io/client-go/tools/clientcmd/api/v1 (types.go).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tenantkit.cluster.connection.fields import Fields
from tenantkit.cluster.connection.go_yaml import YamlError, read_yaml
from tenantkit.exceptions import ConnectionConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenantkit.cluster.connection.files import KubeconfigFile
    from tenantkit.cluster.connection.go_yaml import Tree

_Entry = TypeVar("_Entry")
_EXEC_CONFIG = "client.authentication.k8s.io/exec"


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """A cluster; an absent field is empty."""

    where: str
    server: str = field(repr=False)
    tls_server_name: str
    insecure: bool
    authority_file: str
    authority: bytes = field(repr=False)
    proxy_url: str = field(repr=False)
    disable_compression: bool
    plug_in_config: Tree = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlugInEntry:
    """An exec plug-in; its arguments and variables may hold secrets."""

    command: str
    args: tuple[str, ...] = field(repr=False)
    env: tuple[tuple[str, str], ...] = field(repr=False)
    api_version: str
    install_hint: str
    provides_cluster: bool
    interactive_mode: str


@dataclass(frozen=True, slots=True)
class UserEntry:
    """A user; an absent field is empty."""

    where: str
    token: str = field(repr=False)
    token_file: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    certificate_file: str
    certificate: bytes = field(repr=False)
    key_file: str
    key: bytes = field(repr=False)
    act_as: str
    act_as_uid: str
    act_as_groups: tuple[str, ...]
    act_as_extra: tuple[tuple[str, tuple[str, ...]], ...]
    plug_in: PlugInEntry | None
    provider: str | None
    provider_config: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NamedContext:
    """A context: the names of its cluster and user."""

    cluster: str
    user: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Entries:
    """What one file holds."""

    current_context: str
    contexts: Mapping[str, NamedContext]
    clusters: Mapping[str, ClusterEntry]
    users: Mapping[str, UserEntry]


def read_entries(file: KubeconfigFile) -> Entries:
    """The entries of a file; an empty file has none.

    Raises:
        ConnectionConfigError: it is not a kubeconfig, or a field has a wrong type.
    """
    where = f"kubeconfig {file.path}"
    try:
        content = read_yaml(file.read())
    except YamlError as error:
        raise ConnectionConfigError(f"{where} can't be used: {error}") from None
    if content is not None and not isinstance(content, dict):
        raise ConnectionConfigError(f"{where} is not a mapping: it should begin with apiVersion: v1")
    fields = Fields(content or {}, where)
    version, kind = fields.text("apiVersion") or "v1", fields.text("kind") or "Config"
    if (version, kind) != ("v1", "Config"):
        raise fields.refused("kind" if kind != "Config" else "apiVersion", "not of a kubeconfig: use v1 and Config")
    folder = str(file.path.parent)
    preferences = fields.inner("preferences")
    preferences.flag("colors")
    for each in (fields, preferences):
        _extensions(each)
    return Entries(
        fields.text("current-context"),
        _named(fields, "contexts", "context", _context),
        _named(fields, "clusters", "cluster", lambda entry: _cluster(entry, folder)),
        _named(fields, "users", "user", lambda entry: _user(entry, folder)),
    )


def _named(fields: Fields, section: str, key: str, read: Callable[[Fields], _Entry]) -> dict[str, _Entry]:
    found: dict[str, _Entry] = {}
    for item in fields.each(section):
        name = item.text("name")
        if name in found:
            raise fields.refused(section, f"ambiguous: two entries have the name {name!r}")
        found[name] = read(item.inner(key, f"{fields.where}: {key} {name!r}"))
    return found


def _extensions(fields: Fields) -> dict[str, Tree]:
    """The extensions by name."""
    found: dict[str, Tree] = {}
    for item in fields.each("extensions"):
        name = item.text("name")
        if name in found:
            raise fields.refused("extensions", f"ambiguous: two entries have the name {name!r}")
        found[name] = item.content.get("extension")
    return found


def _context(entry: Fields) -> NamedContext:
    _extensions(entry)
    return NamedContext(entry.text("cluster"), entry.text("user"), entry.text("namespace"))


def _cluster(entry: Fields, folder: str) -> ClusterEntry:
    return ClusterEntry(
        where=entry.where,
        server=entry.text("server"),
        tls_server_name=entry.text("tls-server-name"),
        insecure=entry.flag("insecure-skip-tls-verify"),
        authority_file=_resolved(entry.text("certificate-authority"), folder),
        authority=entry.data("certificate-authority-data"),
        proxy_url=entry.text("proxy-url"),
        disable_compression=entry.flag("disable-compression"),
        plug_in_config=_extensions(entry).get(_EXEC_CONFIG),
    )


def _user(entry: Fields, folder: str) -> UserEntry:
    _extensions(entry)
    provider = entry.inner("auth-provider")
    config, extra = provider.inner("config"), entry.inner("as-user-extra")
    return UserEntry(
        where=entry.where,
        token=entry.text("token"),
        token_file=_resolved(entry.text("tokenFile"), folder),
        username=entry.text("username"),
        password=entry.text("password"),
        certificate_file=_resolved(entry.text("client-certificate"), folder),
        certificate=entry.data("client-certificate-data"),
        key_file=_resolved(entry.text("client-key"), folder),
        key=entry.data("client-key-data"),
        act_as=entry.text("as"),
        act_as_uid=entry.text("as-uid"),
        act_as_groups=entry.texts("as-groups"),
        act_as_extra=tuple((key, extra.texts(key)) for key in extra.content),
        plug_in=_plug_in(entry.inner("exec"), folder) if entry.has("exec") else None,
        provider=provider.text("name") if entry.has("auth-provider") else None,
        provider_config={key: config.text(key) for key in config.content},
    )


def _plug_in(entry: Fields, folder: str) -> PlugInEntry:
    command, version = entry.text("command"), entry.text("apiVersion")
    mode = entry.text("interactiveMode")
    if not mode and version.endswith(("/v1beta1", "/v1alpha1")):
        mode = "IfAvailable"
    return PlugInEntry(
        command=_resolved(command, folder) if os.sep in command else command,
        args=entry.texts("args"),
        env=tuple((item.text("name"), item.text("value")) for item in entry.each("env")),
        api_version=version,
        install_hint=entry.text("installHint"),
        provides_cluster=entry.flag("provideClusterInfo"),
        interactive_mode=mode,
    )


def _resolved(path: str, folder: str) -> str:
    """A path relative to its kubeconfig's folder; `~` has no meaning there."""
    return os.path.normpath(os.path.join(folder, path)) if path else ""  # noqa: PTH118 (Go's way)

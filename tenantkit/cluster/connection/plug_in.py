"""Exec plug-ins: programs that sign a user in. They run here as they do under kubectl, and their output is not quoted.

What a plug-in says on stderr is shown while it runs, since it may ask the user to open a page and enter a code; in a
notebook, too. Its stdin is the terminal or nothing, never ours, which may be the specs of `tenantkit plan -`. Errors
name the program alone: its arguments, its variables and what it printed may hold secrets.
Source: page "Authentication", client-go credential plugins; Go's package k8s.io/client-go/plugin/pkg/client/auth/exec.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from base64 import b64encode
from typing import TYPE_CHECKING

from tenantkit.cluster.connection.exec_credential import API_VERSIONS, parse_credential
from tenantkit.cluster.connection.program import run_program
from tenantkit.exceptions import ConnectionConfigError
from tenantkit.hints import Hint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.connection.entries import ClusterEntry, PlugInEntry
    from tenantkit.cluster.connection.exec_credential import ExecCredential
    from tenantkit.cluster.connection.program import Ended
    from tenantkit.cluster.http.transport import Endpoint

TIMEOUT_S = 900.0  # as long as the codes of the large providers are valid
_HINT_LIMIT = 600
_MODES = ("Never", "IfAvailable", "Always")


class PlugIn:
    """A plug-in with its last credentials, which are used until they expire.

    Args:
        entry: of the kubeconfig.
        where: its user, for messages.
        cluster: what a plug-in is told that asks for it.
        clock: seconds since 1970; passed by tests.

    Raises:
        ConnectionConfigError: the entry is not complete.
    """

    def __init__(
        self, entry: PlugInEntry, where: str, cluster: dict[str, object], *, clock: Callable[[], float] = time.time
    ) -> None:
        check_entry(entry, where)
        self._entry = entry
        self._where = f"{where}: exec"
        self._cluster = cluster
        self._clock = clock
        self._last: ExecCredential | None = None

    def credential(self) -> ExecCredential:
        """The credentials; the plug-in runs if there are none, or they have expired.

        Raises:
            ConnectionConfigError: it failed, or returned none.
        """
        if self._last is None or self.is_expired():
            self._last = parse_credential(self._run(), self._entry.api_version, self._where)
        return self._last

    def is_expired(self) -> bool:
        """Whether the last credentials have expired."""
        return self._last is not None and self._last.expires_at is not None and self._clock() > self._last.expires_at

    def authorization(self) -> str | None:
        """The Authorization header's value; None if the plug-in returned a certificate only."""
        return self.credential().authorization

    def _run(self) -> bytes:
        is_interactive = self._is_interactive()
        ended = run_program(
            [self._program(), *self._entry.args],
            {**os.environ, **dict(self._entry.env), "KUBERNETES_EXEC_INFO": self._info(is_interactive=is_interactive)},
            uses_stdin=is_interactive,
            timeout_s=TIMEOUT_S,
        )
        name = f"{self._where}: {self._entry.command!r}"
        if isinstance(ended, str):
            raise ConnectionConfigError(f"{name} {ended}")
        return self._output(ended, name)

    def _output(self, ended: Ended, name: str) -> bytes:
        if ended.code != 0:
            raise ConnectionConfigError(
                f"{name} ended with exit code {ended.code} and returned no credentials",
                hint=Hint("its own messages are above; run it in a terminal to sign in, or to see its error"),
            )
        return ended.output

    def _program(self) -> str:
        """The program's path: it is looked up in our $PATH, not in that of its own variables, as by Go."""
        command = self._entry.command
        found = command if os.sep in command else shutil.which(command)
        if found is None or not os.path.exists(found):  # noqa: PTH110 (text, as the entry's)
            hint = "".join(c if c.isprintable() else " " for c in self._entry.install_hint)
            words = " ".join(hint.split())[:_HINT_LIMIT]
            raise ConnectionConfigError(
                f"{self._where}: the program {command!r} does not exist or is not in $PATH",
                hint=Hint("{words}", {"words": words}) if words else Hint("install it, or use another kubeconfig"),
            )
        return found

    def _is_interactive(self) -> bool:
        if self._entry.interactive_mode == "Never":
            return False
        has_terminal = sys.stdin is not None and not sys.stdin.closed and os.isatty(0)
        if self._entry.interactive_mode == "Always" and not has_terminal:
            raise ConnectionConfigError(
                f"{self._where}: interactiveMode is Always, and standard input is not a terminal",
                hint=Hint("sign in from a terminal, or use a plug-in that needs none"),
            )
        return has_terminal

    def _info(self, *, is_interactive: bool) -> str:
        spec: dict[str, object] = {"interactive": is_interactive}
        if self._entry.provides_cluster:
            spec["cluster"] = self._cluster
        return json.dumps({"kind": "ExecCredential", "apiVersion": self._entry.api_version, "spec": spec})


def check_entry(entry: PlugInEntry, where: str) -> None:
    """Refuse an entry that is not complete.

    Raises:
        ConnectionConfigError: a field is missing, or has no valid value.
    """
    wrong = None
    if not entry.command:
        wrong = "command is missing"
    elif entry.api_version not in API_VERSIONS:
        wrong = (
            f"apiVersion is {'missing' if not entry.api_version else 'not known'}: use one of {', '.join(API_VERSIONS)}"
        )
    elif entry.interactive_mode not in _MODES:
        state = "missing" if not entry.interactive_mode else "not valid"
        wrong = f"interactiveMode is {state}: use one of {', '.join(_MODES)}"
    elif not all(name for name, _ in entry.env):
        wrong = "env has an entry without a name"
    if wrong is not None:
        raise ConnectionConfigError(f"{where}: exec: {wrong}")


def cluster_info(endpoint: Endpoint, cluster: ClusterEntry) -> dict[str, object]:
    """What a plug-in is told about the cluster."""
    found: dict[str, object] = {
        "server": endpoint.server,
        "tls-server-name": endpoint.tls_server_name,
        "insecure-skip-tls-verify": not endpoint.verify,
        "certificate-authority-data": b64encode(endpoint.authority).decode() if endpoint.authority else None,
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
    }
    return {name: value for name, value in found.items() if value} | {"config": cluster.plug_in_config}

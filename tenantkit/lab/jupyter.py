"""JupyterLab, in this very process, on a folder of notebooks whose kernels know which cluster they are on.

One process, so that whatever ends it ends the sandbox beside it, too; kernels end with their server, and by themselves
where it was killed. The user's own Jupyter settings hold, but for what would call home or open what another folder had
open last. Turned down: a JupyterLab started as a child, which a killed parent leaves behind.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tenantkit.exceptions import ConnectionConfigError, MissingExtraError

try:
    from jupyterlab.labapp import LabApp
except ImportError as error:
    raise MissingExtraError(f'the lab needs {error.name}: pip install "tenantkit[lab]"') from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.lab.copies import Copies

_LOG_WARNINGS = 30
_NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_jupyterlab(  # noqa: PLR0913 (all but the first three are optional)
    copies: Copies,
    *,
    kubeconfig: Path,
    context: str | None,
    notify: Callable[[str], None],
    port: int | None = None,
    browser: bool = True,
) -> None:
    """Run JupyterLab on the copies until Ctrl-C, SIGTERM or the terminal's end.

    Args:
        copies: of `copy_notebooks`; the first one is opened.
        kubeconfig: what kernels connect to, by `connect()` without arguments.
        context: of it. Default: its current one.
        notify: takes what there is to know; the address with its token is told by JupyterLab itself.
        port: to listen on, at loopback unless the user's Jupyter settings say otherwise. Default: Jupyter's own, 8888
            or the next that is free.
        browser: whether to open one.

    Raises:
        ConnectionConfigError: there is no such kubeconfig.
    """
    with tempfile.TemporaryDirectory(prefix="tenantkit-lab-") as name:
        folder = Path(name)
        os.environ["KUBECONFIG"] = kubeconfig_variable(kubeconfig, context, folder)
        # else a kernel that a user installed for another Python would be taken for this one's
        os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
        os.environ["JUPYTER_CONFIG_PATH"] = config_path_variable(os.environ.get("JUPYTER_CONFIG_PATH"), folder)
        server = LabApp.initialize_server(argv=list(_arguments(copies, folder, port=port, browser=browser)))
        _end_on_signals(lambda: server.stop(from_signal=True))
        notify(f"JupyterLab at {server.connection_url}; Ctrl-C ends it")
        server.start()


def kubeconfig_variable(kubeconfig: Path, context: str | None, folder: Path) -> str:
    """What $KUBECONFIG must be, so that this context is the current one.

    Args:
        kubeconfig: the file; it stays as it is.
        context: of it. Default: its current one.
        folder: for a file that names the context and nothing else. It stands first and last: the first to name one
            wins (page "Organizing Cluster Access Using kubeconfig Files"), but the last in the official Python client.

    Raises:
        ConnectionConfigError: there is no such file.
    """
    file = kubeconfig.absolute()
    if not file.is_file():
        raise ConnectionConfigError(f"{kubeconfig} is not there: give --kubeconfig another file")
    if context is None:
        return str(file)
    chosen = folder / f"context-{secrets.token_hex(4)}"
    chosen.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": context}))
    return os.pathsep.join((str(chosen), str(file), str(chosen)))


def config_path_variable(current: str | None, folder: Path) -> str:
    """What $JUPYTER_CONFIG_PATH must be, so that nobody who has not chosen is asked whether to fetch Jupyter's news.

    Args:
        current: the variable as it is; what it names goes on to count.
        folder: where the defaults are written.
    """
    defaults = folder / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir()
    defaults.write_text(json.dumps(_NO_NEWS))
    return os.pathsep.join(filter(None, (current, str(folder))))


def end_on_signals() -> None:
    """Let whatever ends a program end this one as Ctrl-C does, so that nothing is left behind.

    Also where a shell has started it in the background, with Ctrl-C ignored.
    """
    for number in _ENDING:
        signal.signal(number, signal.default_int_handler)


def _end_on_signals(stop: Callable[[], None]) -> None:
    """Ends kernels first, which a KeyboardInterrupt in the server's loop would leave; a second Ctrl-C does not wait."""

    def end(*_: object) -> None:
        end_on_signals()
        stop()

    for number in _ENDING:
        signal.signal(number, end)


def _arguments(copies: Copies, folder: Path, *, port: int | None, browser: bool) -> Iterator[str]:
    yield f"--ServerApp.root_dir={copies.folder}"
    yield f"--LabApp.default_url=/lab/tree/{copies.first.as_posix()}"
    yield f"--ServerApp.open_browser={browser}"
    yield f"--Application.log_level={_LOG_WARNINGS}"
    if port is not None:
        yield f"--ServerApp.port={port}"
        yield "--ServerApp.port_retries=0"
    if os.geteuid() == 0:
        yield "--ServerApp.allow_root=True"  # a container's only user
    # It calls nobody: no news, no check for updates, no list of extensions, no search for language servers by npm.
    yield "--LabApp.news_url=None"
    yield "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    yield "--LabApp.extension_manager=readonly"
    yield "--LanguageServerManager.autodetect=False"
    yield f"--LabApp.workspaces_dir={folder / 'workspaces'}"

"""Runs JupyterLab in this process, on a folder of notebooks. Its kernels connect to the given cluster.

It is one process, so that a signal also ends the sandbox. Kernels end with their server, also when it is killed. The
user's own Jupyter settings apply, except those that call home or reopen the documents of another folder. Rejected
alternative: JupyterLab as a child process, which survives when its parent is killed.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.exceptions import MissingExtraError
from tenantkit.lab.kernel_kubeconfig import KernelKubeconfig

try:
    import zmq
    from jupyter_client.manager import KernelManager
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
    """Run JupyterLab on the copies until Ctrl-C, SIGTERM or SIGHUP.

    Args:
        copies: the result of `copy_notebooks`; the first notebook is opened.
        kubeconfig: the file with the context.
        context: the one context that the kernels get. Default: the kubeconfig's current context.
        notify: called with each message; JupyterLab itself prints the address with its token.
        port: on loopback, unless the user's Jupyter settings differ. Default: 8888, or the next free one.
        browser: whether to open a browser.

    Raises:
        ConnectionConfigError: the kubeconfig or its context does not exist or is not valid.
    """
    with tempfile.TemporaryDirectory(prefix="tenantkit-lab-") as name:
        folder = Path(name)
        access = KernelKubeconfig(kubeconfig, context, folder)
        os.environ["KUBECONFIG"] = str(access.path)
        # otherwise a kernel that the user installed for another Python would be used
        os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
        os.environ["JUPYTER_CONFIG_PATH"] = config_path_variable(os.environ.get("JUPYTER_CONFIG_PATH"), folder)
        logging.getLogger("tornado.general").addFilter(_is_not_about_pings)
        server = LabApp.initialize_server(argv=list(_arguments(copies, folder, port=port, browser=browser)))
        _end_on_signals(lambda: server.stop(from_signal=True))
        notify(f"the notebooks use context {access.context!r}, and get no other context of {kubeconfig}")
        notify(f"JupyterLab at {server.connection_url}; press Ctrl-C to stop")
        with access.followed():
            server.start()


def config_path_variable(current: str | None, folder: Path) -> str:
    """The value of $JUPYTER_CONFIG_PATH with which JupyterLab does not ask whether to fetch news.

    Args:
        current: the variable as it is; its folders are kept.
        folder: the folder for the defaults.
    """
    defaults = folder / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir()
    defaults.write_text(json.dumps(_NO_NEWS))
    return os.pathsep.join(filter(None, (current, str(folder))))


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP end this process as Ctrl-C does, so that nothing is left behind.

    This includes a process that a shell started in the background, where Ctrl-C is ignored.
    """
    for number in _ENDING:
        signal.signal(number, signal.default_int_handler)


def _end_on_signals(stop: Callable[[], None]) -> None:
    """End the kernels before the server, which a KeyboardInterrupt would not do; a second Ctrl-C does not wait."""

    def end(*_: object) -> None:
        end_on_signals()
        stop()

    for number in _ENDING:
        signal.signal(number, end)


def has_browser() -> bool:
    """Whether this machine has a browser to open; a server has none, and Jupyter would warn about that."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _can_encrypt() -> bool:
    """Whether the connections to kernels can be encrypted; then a kernel does not warn that they are not."""
    return zmq.has("curve") and "transport_encryption" in KernelManager.class_trait_names()


def _is_not_about_pings(record: logging.LogRecord) -> bool:
    """Whether a message is not Tornado's about Jupyter Server's own pings, which Tornado takes for its settings."""
    return "websocket_ping_timeout" not in record.getMessage()


def _arguments(copies: Copies, folder: Path, *, port: int | None, browser: bool) -> Iterator[str]:
    yield f"--ServerApp.root_dir={copies.folder}"
    yield f"--LabApp.default_url=/lab/tree/{copies.first.as_posix()}"
    yield f"--ServerApp.open_browser={browser and has_browser()}"
    yield f"--Application.log_level={_LOG_WARNINGS}"
    yield "--Application.log_format=%(message)s"  # Jupyter prints its address as an event that is CRITICAL
    if _can_encrypt():
        yield "--KernelManager.transport_encryption=auto"
    if port is not None:
        yield f"--ServerApp.port={port}"
        yield "--ServerApp.port_retries=0"
    if os.geteuid() == 0:
        yield "--ServerApp.allow_root=True"  # a container's only user
    # No calls home: no news, no check for updates, no list of extensions, no search for language servers by npm.
    yield "--LabApp.news_url=None"
    yield "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    yield "--LabApp.extension_manager=readonly"
    yield "--LanguageServerManager.autodetect=False"
    yield f"--LabApp.workspaces_dir={folder / 'workspaces'}"

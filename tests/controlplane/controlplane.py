"""The real control plane for tests: etcd, kube-apiserver and kube-controller-manager; nodes only on request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_ROOT = Path(__file__).parents[2]
_ENDS_WITHIN_S = 30.0


class ControlPlaneError(Exception):
    """It did not start, or ended too early; the message ends with the component's last lines."""


class ControlPlane:
    """A separate control plane: it answers once entered, and `close` removes it completely.

    `kubeconfig` has a context for each user: `controlplane-admin`, `-provisioner`, `-owner`, `-editor`, `-viewer` and
    `-stranger`, whom the server knows as `admin@example.com` and so on. It starts in about five seconds.

    Args:
        nodes: also start kube-scheduler and kwok, so that pods run on every Node that is created. There is none at
        first.

    Example:
        >>> with ControlPlane() as plane:
        ...     cluster = connect(kubeconfig=plane.kubeconfig, context="controlplane-owner")
    """

    kubeconfig: Path
    supervisor_id: int

    def __init__(self, *, nodes: bool = False) -> None:
        self._nodes = nodes

    def __enter__(self) -> Self:
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "tests.controlplane", "--while-stdin-open", *["--nodes"] * self._nodes],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl-C in the terminal goes to the tests, which close this in their own order
        )
        self.supervisor_id = self._supervisor.pid
        assert self._supervisor.stdout is not None
        place = self._supervisor.stdout.readline().strip()
        if not place:
            _, why = self._supervisor.communicate()
            raise ControlPlaneError(f"the control plane did not start: {why.strip()}")
        self.kubeconfig = Path(place)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop it and remove its files; may be called again.

        Raises:
            ControlPlaneError: a component had ended before.
        """
        if self._supervisor.returncode is not None:
            return
        _, why = self._supervisor.communicate(timeout=_ENDS_WITHIN_S)
        if self._supervisor.returncode:
            code = self._supervisor.returncode
            raise ControlPlaneError(f"the control plane ended with code {code} while it was wanted: {why.strip()}")

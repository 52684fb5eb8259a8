"""The real control plane, as the tests hold it: etcd, kube-apiserver, kube-controller-manager; no node unless asked."""

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
    """It did not start, or did not live as long as it was wanted; the message ends with the component's last lines."""


class ControlPlane:
    """A control plane of one's own: it answers once entered, and nothing of it is left after `close`.

    `kubeconfig` has a context for each persona: `controlplane-admin`, `-provisioner`, `-owner`, `-editor`, `-viewer`
    and `-stranger`, who are to the server `admin@example.com` and so on. It starts in about five seconds.

    Args:
        nodes: with kube-scheduler and with kwok: pods run on every Node that is made. None is there at first.

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
            process_group=0,  # Ctrl-C in the terminal is for the tests; they close us in their own order
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
        """End it and remove its files; more than once is once.

        Raises:
            ControlPlaneError: a component had ended before.
        """
        if self._supervisor.returncode is not None:
            return
        _, why = self._supervisor.communicate(timeout=_ENDS_WITHIN_S)
        if self._supervisor.returncode:
            code = self._supervisor.returncode
            raise ControlPlaneError(f"the control plane ended with code {code} while it was wanted: {why.strip()}")

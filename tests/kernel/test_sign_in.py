"""Signing in from a notebook by a plug-in that shows a code and waits until it was entered elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.unit.cluster.connection.kubeconfigs import kubeconfig, written
from tests.unit.cluster.server import Authority, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kernel.kernel import Kernel

PLUG_IN = """
import pathlib, sys, time
print("open https://login.test and enter WXYZ", file=sys.stderr, flush=True)
deadline = time.monotonic() + 30
while not pathlib.Path(sys.argv[1]).exists():
    if time.monotonic() > deadline:
        sys.exit("nobody saw the code")
    time.sleep(0.05)
kind = '"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"'
print("{" + kind + ', "status": {"token": "signed-in"}}')
"""


def test_a_notebook_shows_the_code_of_a_plug_in_while_it_waits(kernel: Kernel, tmp_path: Path) -> None:
    authority, entered = Authority(tmp_path), tmp_path / "entered"
    plug_in = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", PLUG_IN, str(entered)],
        "interactiveMode": "IfAvailable",
    }

    def enter(text: str) -> None:
        if "WXYZ" in text:
            entered.touch()

    with serving(lambda handler: handler.send({"gitVersion": "v1"}), authority.server()) as server:
        content = kubeconfig(server.url, user={"exec": plug_in}, cluster={"certificate-authority": authority.ca_file})
        path = written(tmp_path / "config", content)
        kernel.run(f"cluster = tk.connect(kubeconfig={str(path)!r})", shown=enter)

    assert server.seen[0].headers["authorization"] == "Bearer signed-in"

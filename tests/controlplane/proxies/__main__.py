"""Runs a control plane, Envoy Gateway and Envoy, and carries out orders: each a line of JSON, as is its answer.

Everything is real except the pods (`tests/controlplane/pods.py`). It needs a network namespace of its own, in which
fixed ports are free, too. `client.py` sends the orders.
"""

from __future__ import annotations

import argparse
import json
import ssl
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.controlplane.components import running
from tests.controlplane.pods import Pods
from tests.controlplane.proxies.gateway import HTTP, HTTPS, start_gateway
from tests.controlplane.proxies.objects import Objects
from tests.controlplane.questions import Question, ask, ask_with_tls
from tests.controlplane.starter import exit_with_starter
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

_WITHIN_S = 60.0


class Orders:
    """What can be ordered; a method is named as its order."""

    def __init__(self, objects: Objects, pods: Pods, tls: ssl.SSLContext, check: Callable[[], None]) -> None:
        self._objects, self._pods, self._tls, self._check = objects, pods, tls, check

    def carry_out(self, name: str, argument: Any) -> Any:
        """Carry out one order."""
        self._check()
        orders: dict[str, Callable[[Any], Any]] = {
            "apply": self.apply,
            "delete": self.delete,
            "get": self.get,
            "serve": self.serve,
            "ask": self.ask,
        }
        return orders[name](argument)

    def apply(self, manifests: list[dict[str, Any]]) -> None:
        """Create or change objects."""
        for manifest in manifests:
            self._objects.apply(manifest)

    def delete(self, manifests: list[dict[str, Any]]) -> None:
        """Delete objects; afterwards they no longer exist."""
        for manifest in manifests:
            self._objects.delete(manifest)
        self._eventually(lambda: all(self._objects.get(manifest) is None for manifest in manifests))

    def get(self, manifest: dict[str, Any]) -> dict[str, Any] | None:
        """Read one object; None if it does not exist."""
        return self._objects.get(manifest)

    def serve(self, tenants: list[str]) -> None:
        """Answer as the pod of each of these tenants."""
        for tenant in tenants:
            self._pods.add(self._eventually(partial(self._address, tenant)), tenant)

    def ask(self, questions: list[tuple[str, str, bool]]) -> list[Any]:
        """For each host, path, and whether with TLS: the certificate and the answer; None without an answer."""
        return [self._answer(Question(host, path), with_tls=with_tls) for host, path, with_tls in questions]

    def _answer(self, question: Question, *, with_tls: bool) -> Any:
        try:
            return ask_with_tls(question, HTTPS, self._tls) if with_tls else (None, ask(question, HTTP))
        except OSError:
            return None

    def _address(self, tenant: str) -> str:
        pods = self._objects.pods(tenant)
        assert pods, f"no pod in {tenant}"
        return str(pods[0]["status"].get("podIP") or "")

    def _eventually(self, question: Callable[[], Any]) -> Any:
        def checked() -> Any:
            self._check()
            return question()

        return eventually(checked, timeout_s=_WITHIN_S)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane.proxies", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("ca", type=Path, help="the certificate of the authority that tenants' certificates are from")
    tls = ssl.create_default_context(cafile=parser.parse_args().ca)
    with running(exit_with_starter, nodes=True) as (credentials, components), ExitStack() as stack:

        def check() -> None:
            exit_with_starter()
            for component in components:
                component.check_alive()

        for component in start_gateway(credentials, check):
            stack.callback(component.kill)
            components.append(component)
        objects = stack.enter_context(Objects.of(credentials))
        orders = Orders(objects, stack.enter_context(Pods()), tls, check)
        _say(None)
        for line in sys.stdin:
            _say(orders.carry_out(*json.loads(line)))
    return 0


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    sys.exit(main())

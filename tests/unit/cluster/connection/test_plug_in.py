"""Exec plug-ins: what is shown while they run, what their errors hold, and how long their credentials are used."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import time
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection import plug_in as module
from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.connection.program import OUTPUT_LIMIT, Ended, run_program
from tenantkit.cluster.http.credentials import Credentials
from tenantkit.exceptions import ConnectionConfigError
from tests.eventually import eventually
from tests.unit.cluster.connection.kubeconfigs import SECRET, kubeconfig, login, source, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cluster.server import Authority, Server

V1 = "client.authentication.k8s.io/v1"


def program(code: str, **more: Any) -> dict[str, Any]:
    """A user whose plug-in is a Python program; `answer(status)` prints credentials."""
    lead = (
        "import json, os, pathlib, sys, time\n"
        f"kind = {{'apiVersion': '{V1}', 'kind': 'ExecCredential'}}\n"
        "def answer(**status): print(json.dumps({**kind, 'status': status}))\n"
    )
    entry = {"apiVersion": V1, "command": sys.executable, "args": ["-c", lead + code], "interactiveMode": "Never"}
    return {"exec": entry | more}


def counted(home: Path, status: str) -> dict[str, Any]:
    """A plug-in that leaves a line for each run, and answers a status in which `n` is the run's number."""
    file = str(home / "runs")
    code = f"with open({file!r}, 'a') as f: f.write('x\\n')\nn = len(open({file!r}).readlines())\nanswer({status})"
    return program(code)


def runs(home: Path) -> int:
    return len((home / "runs").read_text().splitlines())


class Watching(io.StringIO):
    """A standard error that lets the program go on once it was shown something."""

    def __init__(self, seen: Path) -> None:
        super().__init__()
        self.seen = seen

    def write(self, text: str) -> int:
        if "WXYZ" in text:
            self.seen.touch()
        return super().write(text)


def test_what_a_plug_in_says_is_shown_while_it_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = home / "seen"
    shown = Watching(seen)
    monkeypatch.setattr(sys, "stderr", shown)
    code = (
        "sys.stderr.write('Größe: enter WXYZ'); sys.stderr.flush()\n"
        f"while not pathlib.Path({str(seen)!r}).exists(): time.sleep(0.02)\n"
        "answer(token='t')"
    )

    assert login(home / "config", kubeconfig(user=program(code))).authorization() == "Bearer t"
    assert shown.getvalue() == "Größe: enter WXYZ"


@pytest.mark.parametrize("stderr", [None, io.StringIO()], ids=["none", "closed"])
def test_a_plug_in_works_without_a_standard_error(
    home: Path, monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO | None
) -> None:
    if stderr is not None:
        stderr.close()
    monkeypatch.setattr(sys, "stderr", stderr)
    user = program("print('hello', file=sys.stderr); answer(token='t')")

    assert login(home / "config", kubeconfig(user=user)).authorization() == "Bearer t"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("sys.stderr.write(os.environ['S']); sys.exit(3)", "ended with exit code 3 and returned no credentials"),
        ("os.kill(os.getpid(), 9)", "ended with exit code -9"),
        ("print(os.environ['S'])", "output is empty or not an ExecCredential"),
        ("print('{' + os.environ['S'])", "output is not valid JSON"),
        ("print('a: [' + os.environ['S'])", "output can't be used: it is not valid YAML"),
        ("answer(token=[os.environ['S']])", "status: token is a list"),
        ("answer(token='a ' + os.environ['S'])", "status: token is not a token"),
        ("answer(token='t', expirationTimestamp=os.environ['S'])", "expirationTimestamp is not a time"),
        ("answer(clientCertificateData=os.environ['S'], clientKeyData='x')", "client certificate for"),
        ("print('x' * (2 << 20))", "wrote more than 1 MiB"),
    ],
)
def test_no_error_holds_what_a_plug_in_knows(
    code: str, message: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user = program(code, env=[{"name": "S", "value": SECRET}])
    user["exec"]["args"].append(SECRET)
    with pytest.raises(ConnectionConfigError, match=message) as caught:
        connect(kubeconfig=written(home / "config", kubeconfig(user=user)))

    texts = [*traceback.format_exception(caught.value), repr(vars(caught.value))]
    assert SECRET not in "".join(texts)
    assert (capsys.readouterr().err == SECRET) == ("stderr" in code)  # shown, since the plug-in said it


def test_a_missing_program_is_named_with_the_hint_of_the_kubeconfig(home: Path) -> None:
    user = program("", command="no-such-program", installHint="Install it:\n\x1b[1m brew install x\x1b[0m")
    with pytest.raises(ConnectionConfigError) as caught:
        login(home / "config", kubeconfig(user=user))
    assert str(caught.value) == (
        f"kubeconfig {home}/config: user 'u-lab': exec: the program 'no-such-program' does not exist or is not in "
        "$PATH: Install it: [1m brew install x [0m"
    )


@pytest.mark.parametrize("command", ["/", "./config"])
def test_a_program_that_cannot_be_run_is_named(home: Path, command: str) -> None:
    user = program("", command=command)
    with pytest.raises(ConnectionConfigError, match=r"user 'u-lab': exec: .* can't be run: Permission denied"):
        login(home / "config", kubeconfig(user=user))


def test_a_plug_in_runs_once_for_a_connection_and_again_after_a_401(
    secure: Server, authority: Authority, home: Path
) -> None:
    user = counted(home, "token='good' if n != 1 else 'expired'")
    content = kubeconfig(secure.url, user=user, cluster={"certificate-authority": authority.ca_file})
    with connect(kubeconfig=written(home / "config", content)) as cluster:
        for _ in range(3):
            cluster.get("Namespace", "x")

    assert runs(home) == 2
    sent = [seen.headers["authorization"] for seen in secure.seen]
    assert sent == ["Bearer expired", *["Bearer good"] * 4]


def test_a_plug_in_does_not_run_beside_a_token_of_the_caller(secure: Server, authority: Authority, home: Path) -> None:
    content = kubeconfig(secure.url, user=counted(home, "token='p'"))
    connect(kubeconfig=written(home / "config", content), token="t", ca_file=authority.ca_file).close()

    assert not (home / "runs").exists()


def test_a_token_is_used_until_it_expires(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC).timestamp()]
    monkeypatch.setattr(module.PlugIn.__init__, "__kwdefaults__", {"clock": lambda: now[0]})
    user = counted(home, "token=f't{n}', expirationTimestamp='2026-01-01T01:00:00Z'")
    found = login(home / "config", kubeconfig(user=user))

    assert [found.authorization(), found.authorization()] == ["Bearer t1", "Bearer t1"]
    now[0] += 3601
    assert found.authorization() == "Bearer t2"


def test_a_certificate_is_renewed_once_it_expires(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC).timestamp()]
    monkeypatch.setattr(module.PlugIn.__init__, "__kwdefaults__", {"clock": lambda: now[0]})
    status = "clientCertificateData=f'c{n}', clientKeyData='k', expirationTimestamp=f'2026-01-01T0{n}:00:00Z'"
    found = Credentials(source(home / "config", kubeconfig(user=counted(home, status))).load)

    found.headers()
    assert found.endpoint.certificate == b"c1"
    now[0] += 3601
    found.headers()
    assert found.endpoint.certificate == b"c2"


def test_a_plug_in_that_does_not_end_is_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.5)
    code = f"pathlib.Path({str(home / 'pid')!r}).write_text(str(os.getpid())); time.sleep(60)"
    with pytest.raises(ConnectionConfigError, match=r"did not end within [01] s"):
        login(home / "config", kubeconfig(user=program(code)))
    with pytest.raises(ProcessLookupError):
        os.kill(int((home / "pid").read_text()), 0)


def test_a_grandchild_that_keeps_the_pipes_open_is_not_waited_for(home: Path) -> None:
    code = (
        "import subprocess\n"
        f"child = subprocess.Popen(['sleep', '60'])\npathlib.Path({str(home / 'pid')!r}).write_text(str(child.pid))\n"
        "answer(token='t')"
    )
    began = time.monotonic()
    try:
        assert login(home / "config", kubeconfig(user=program(code))).authorization() == "Bearer t"
        assert time.monotonic() - began < 20
    finally:
        os.kill(int((home / "pid").read_text()), signal.SIGKILL)


def test_an_interrupted_plug_in_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"

    def interrupt() -> None:
        eventually(lambda: pid.exists() and pid.read_text())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it in a background job
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            run_program([sys.executable, "-c", code], dict(os.environ), uses_stdin=False, timeout_s=60)
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_program_has_no_standard_input_of_ours() -> None:
    code = "import sys; print(repr(sys.stdin.read()))"
    ended = run_program([sys.executable, "-c", code], dict(os.environ), uses_stdin=False, timeout_s=30)
    assert ended == Ended(0, b"''\n")


def test_a_large_answer_is_read_whole() -> None:
    size = OUTPUT_LIMIT - 1
    code = f"import sys; sys.stdout.write('x' * {size}); sys.stderr.write('y' * {size})"
    ended = run_program([sys.executable, "-c", code], dict(os.environ), uses_stdin=False, timeout_s=30)
    assert ended == Ended(0, b"x" * size)


@pytest.mark.parametrize(("mode", "expected"), [("Never", False), ("IfAvailable", True), ("Always", True)])
def test_a_plug_in_has_the_terminal_if_it_wants_it(
    mode: str,
    expected: bool,  # noqa: FBT001 (a parameter of the test)
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[bool, Any]] = []

    def run(_: Any, environment: dict[str, str], *, uses_stdin: bool, timeout_s: float) -> Ended:
        assert timeout_s == module.TIMEOUT_S
        asked.append((uses_stdin, json.loads(environment["KUBERNETES_EXEC_INFO"])["spec"]["interactive"]))
        answer = {"apiVersion": V1, "kind": "ExecCredential", "status": {"token": "t"}}
        return Ended(0, json.dumps(answer).encode())

    monkeypatch.setattr(module, "run_program", run)
    monkeypatch.setattr(os, "isatty", lambda _: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    login(home / "config", kubeconfig(user=program("", interactiveMode=mode)))

    assert asked == [(expected, expected)]

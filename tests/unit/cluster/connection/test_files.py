"""Where the files of a connection are, how they are read, and what is shown of a path that is none."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tenantkit.cluster.connection import files
from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.connection.files import LIMIT_BYTES
from tenantkit.exceptions import ConnectionConfigError
from tests.unit.cluster.connection.kubeconfigs import CA, SECRET, SERVER, encoded, kubeconfig, written

if TYPE_CHECKING:
    from tests.unit.cluster.server import Authority, Server

pytestmark = pytest.mark.usefixtures("home")
TEXT = yaml.safe_dump(kubeconfig(user={"token": SECRET}))
JSON = f'{{"apiVersion":"v1","users":[{{"name":"u","user":{{"token":"{SECRET}"}}}}]}}'
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkYW5hIn0." + SECRET


@pytest.mark.parametrize(
    "text",
    [TEXT, JSON, JWT, encoded(TEXT), encoded(JSON), encoded(CA + SECRET), f"{SECRET}\0", CA + SECRET],
    ids=lambda _: "",
)
@pytest.mark.parametrize("name", ["kubeconfig", "$KUBECONFIG", "ca_file"])
def test_the_text_of_a_file_in_place_of_its_path_is_not_shown(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: dict[str, str] = {"server": SERVER, "ca_file": text} if name == "ca_file" else {"kubeconfig": text}
    if name == "$KUBECONFIG":
        if "\0" in text:
            return  # the system takes no such variable
        monkeypatch.setenv("KUBECONFIG", text)
        arguments = {}

    with pytest.raises(ConnectionConfigError, match="is not a file's path") as caught:
        connect(**arguments)  # type: ignore[arg-type]
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert SECRET not in shown
    assert text[:40] not in str(caught.value)


def test_a_context_that_is_a_text_is_cut(home: Path) -> None:
    path = written(home / "config", kubeconfig())
    with pytest.raises(ConnectionConfigError, match="has no context") as caught:
        connect(kubeconfig=path, context="x" * 100 + SECRET)
    assert SECRET not in str(caught.value)


def test_a_kubeconfig_is_read_from_a_pipe_once(secure: Server, authority: Authority) -> None:
    cluster = {"certificate-authority-data": encoded(authority.pem.decode())}
    source, sink = os.pipe()
    with os.fdopen(sink, "wb") as file:
        file.write(yaml.safe_dump(kubeconfig(secure.url, user={"token": "good-token"}, cluster=cluster)).encode())
    try:
        with connect(kubeconfig=f"/dev/fd/{source}") as found:
            found._session._credentials.renew(0)  # as after a 401
            assert found.context == "lab"
    finally:
        os.close(source)
    assert secure.seen[0].headers["authorization"] == "Bearer good-token"


def in_other_letters(server: str, authority: str) -> bytes:
    content = kubeconfig(server, user={"token": "t"}, cluster={"certificate-authority": authority}, name="käse")
    content["contexts"][0]["context"]["namespace"] = "vision"
    return yaml.safe_dump(content, allow_unicode=True).encode()


def test_a_kubeconfig_is_read_from_standard_input(secure: Server, authority: Authority) -> None:
    code = "import tenantkit as tk; print(ascii(tk.connect(kubeconfig='/dev/stdin').context))"
    content = in_other_letters(secure.url, authority.ca_file)

    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=True)

    assert done.stdout == b"'k\\xe4se'\n"


def test_a_kubeconfig_is_utf_8_whatever_the_locale_is(secure: Server, authority: Authority, home: Path) -> None:
    written(home / "größe.pem", authority.pem.decode())
    (home / "config").write_bytes(in_other_letters(secure.url, "größe.pem"))
    code = f"import tenantkit as tk; print(ascii(tk.connect(kubeconfig={str(home / 'config')!r}).context))"
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    done = subprocess.run([sys.executable, "-c", code], env=plain, capture_output=True, check=True)

    assert done.stdout == b"'k\\xe4se'\n"


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(ConnectionConfigError, match=f"can't be read: it is larger than {LIMIT_BYTES >> 20} MiB"):
        connect(kubeconfig="/dev/zero")


def test_a_path_may_begin_with_the_home(secure: Server, authority: Authority, home: Path) -> None:
    written(home / "my ca.pem", authority.pem)
    written(
        home / "config", kubeconfig(secure.url, user={"token": "t"}, cluster={"certificate-authority": "my ca.pem"})
    )

    connect(server=secure.url, token="t", ca_file="~/my ca.pem").close()
    connect(kubeconfig="~/config").close()
    connect(kubeconfig=Path("~/config"), ca_file=Path("~/my ca.pem")).close()
    connect(kubeconfig="~/gone:~/config").close()


@pytest.mark.parametrize("path", ["~/gone", "~nobody-of-this-name/x"])
def test_a_missing_file_is_named(path: str, home: Path) -> None:
    shown = path.replace("~/", f"{home}/")
    with pytest.raises(ConnectionConfigError, match=f"ca_file= {shown} can't be read: No such file"):
        connect(server=SERVER, ca_file=path)
    with pytest.raises(ConnectionConfigError, match="which does not exist: use an existing file"):
        connect(kubeconfig=path)


def test_only_a_shell_replaces_the_home_in_the_variable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home / "config", kubeconfig())
    monkeypatch.setenv("KUBECONFIG", "~/config")

    with pytest.raises(ConnectionConfigError, match="only a shell replaces ~ by the home"):
        connect()


def test_without_a_home_and_a_known_user_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def unknown(_uid: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)

    with pytest.raises(ConnectionConfigError, match=r"~/\.kube/config \(your home is unknown: \$HOME is not set\)"):
        connect()


def test_a_home_that_may_not_be_read_is_an_error_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(path: str, **_: object) -> os.stat_result:
        if str(path).endswith(".kube/config"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    def read(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    real = os.stat
    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(files, "read_file", read)
    with pytest.raises(ConnectionConfigError) as caught:
        connect()
    assert str(caught.value) == f"kubeconfig {home}/.kube/config can't be read: Permission denied"


def test_a_home_whose_name_is_too_long_is_not_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/x" * 5000)
    with pytest.raises(ConnectionConfigError, match="no cluster is configured"):
        connect()


def test_without_a_home_and_a_known_user_the_arguments_work(
    secure: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "")
    connect(server=secure.url, token="t", ca_file=authority.ca_file).close()

"""The files of a kubeconfig: which they are, and what they hold.

Each is read once for a connection: a pipe (`/dev/stdin`, process substitution) has its content only once. After a 401
regular files are read again. A path is shown in errors only if it can be one: people also pass a kubeconfig's text.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tenantkit.exceptions import ConnectionConfigError
from tenantkit.hints import Hint, Message

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT_BYTES = 16 << 20  # the kubeconfigs of a thousand clusters have 5 MB
_PATH_LIMIT = 300
_NOT_IN_PATHS = ("\n", "\r", "\0", "{", "apiVersion", "-----BEGIN")
_NOT_FIRST = ("eyJ", "YXBpVmVyc2lvb", "a2luZDo", "LS0tLS1")  # of a token, and of a file's text in base64


@dataclass(frozen=True, slots=True)
class KubeconfigFile:
    """A file; the content of a pipe is kept, since it can't be read again."""

    path: Path
    kept: bytes | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """Its content.

        Raises:
            ConnectionConfigError: it can't be read.
        """
        return self.kept if self.kept is not None else _content(self.path)[0]


def given_files(value: str, source: Message) -> tuple[KubeconfigFile, ...]:
    """The files of kubeconfig=, which may be several as in $KUBECONFIG; `~` is the home.

    Raises:
        ConnectionConfigError: none exists, or it is a kubeconfig's text.
    """
    whole = expanded(value)
    if exists(whole):  # its name may hold the separator
        return _opened([whole])
    return _existing([expanded(part) for part in value.split(os.pathsep)], source, value)


def files_of_variable(value: str) -> tuple[KubeconfigFile, ...]:
    """The files of $KUBECONFIG; as by kubectl, those that don't exist are left out, and `~` is not expanded.

    Raises:
        ConnectionConfigError: none exists, or it is a kubeconfig's text.
    """
    return _existing(value.split(os.pathsep), Message("$KUBECONFIG"), value)


def check_is_path(value: str, source: Message, content: str) -> None:
    """Refuse the text of a file in place of its path, without showing it.

    Raises:
        ConnectionConfigError: it can't be a path.
    """
    if len(value) > _PATH_LIMIT or value.startswith(_NOT_FIRST) or any(mark in value for mark in _NOT_IN_PATHS):
        what = Message("{source} is not a file's path (its text is left out)", {"source": source})
        raise ConnectionConfigError(
            what, hint=Hint("if it is the text of {content}, write it to a file and use the path", {"content": content})
        )


def exists(path: str) -> bool:
    """Whether a file is there, also one that may not be read: that is an error, and not another source's turn."""
    try:
        os.stat(path)  # noqa: PTH116 (pathlib's `exists` raises for some errors, and hides others)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def expanded(path: str) -> str:
    """A path with the home for `~`; unchanged where the home is unknown."""
    return os.path.expanduser(path)  # noqa: PTH111 (pathlib's raises there)


def home() -> Path | None:
    """The user's home; None where it is unknown, as in a container with any user id and without $HOME."""
    found = expanded("~")
    return Path(found) if os.path.isabs(found) else None  # noqa: PTH117


def read_file(path: Path) -> bytes:
    """A file's content, at most 16 MiB.

    Raises:
        OSError: it can't be read, or it is larger.
    """
    try:
        # UTF-8, whatever the locale says: the name may come from a kubeconfig.
        with open(str(path).encode("utf-8", "surrogateescape"), "rb") as file:  # noqa: PTH123 (pathlib takes no bytes)
            content = file.read(LIMIT_BYTES + 1)
    except ValueError:
        raise OSError(0, "its name is not valid") from None
    if len(content) > LIMIT_BYTES:
        raise OSError(0, f"it is larger than {LIMIT_BYTES >> 20} MiB")
    return content


def _opened(names: Iterable[str]) -> tuple[KubeconfigFile, ...]:
    found = []
    for name in dict.fromkeys(names):
        path = Path(_absolute(name))
        content, is_regular = _content(path)
        found.append(KubeconfigFile(path, None if is_regular else content))
    return tuple(found)


def _existing(names: list[str], source: Message, value: str) -> tuple[KubeconfigFile, ...]:
    named = [name for name in names if name.strip()]
    found = [name for name in named if exists(name)]
    if found:
        return _opened(found)
    check_is_path(value, source, "a kubeconfig")
    shown = ", ".join(map(_absolute, named)) or repr(value)
    which = "which names no file" if not named else "which does not exist"
    if len(named) > 1:
        which = "none of which exists"
    what = Message("{source} is set to {files}, {which}", {"source": source, "files": shown, "which": which})
    tilde = Hint("use an existing file; only a shell replaces ~ by the home")
    raise ConnectionConfigError(what, hint=tilde if "~" in value else Hint("use an existing file"))


def _absolute(name: str) -> str:
    """An absolute path, in Go's way: symbolic links are not followed."""
    try:
        return os.path.abspath(name)  # noqa: PTH100
    except OSError:  # the folder that we are in was deleted
        return name


def _content(path: Path) -> tuple[bytes, bool]:
    """What a file holds, and whether it can be read again."""
    try:
        return read_file(path), stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise ConnectionConfigError(f"kubeconfig {path} can't be read: {error.strerror}") from None

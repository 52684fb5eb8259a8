"""Query options: good values, wrong types, huge numbers, repeated, oddly encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.fuzz.request import CONTINUE, RV

if TYPE_CHECKING:
    from random import Random

_NUMBERS = (
    "0",
    "1",
    "2",
    "500",
    "-1",
    "+1",
    "01",
    "1.0",
    "1e3",
    "x",
    "",
    " 1",
    "%201",
    "1%00",
    "0x10",
    "1_0",
    "%D9%A1",
)
_HUGE = (
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "1" * 40,
    "9" * 5000,
)
_FLAGS = ("true", "false", "1", "0", "t", "T", "TRUE", "True", "tRUE", "yes", "no", "", "x", "null", "%00", "-1")
_WORDS = ("", "x", "X" * 129, "%FF", "%00", "%ED%A0%80", "a%0Ab", "a%09b", "%F0%9F%98%80", "x" * 5000, "$(x)", "%2525")
_LABELS = (
    *(
        "app=x",
        "app==x",
        "app!=x",
        "app in (x,y)",
        "app notin (x)",
        "app",
        "!app",
        "app,tier",
        "app=",
        "=",
        "!=",
        ",",
        ",,",
        "app=x,",
    ),
    *(
        "app in x",
        "app in ()",
        "app in (",
        "app in (x",
        "app in (x,)",
        "app in (,)",
        "app notin",
        "in in (in)",
        "notin",
        "in",
        "in=x",
        "!in",
    ),
    *(
        "bad key=x",
        "app=b c",
        "a=b=c",
        "app>1",
        "app<1",
        "app>x",
        "app<1,app>0",
        "app>1.5",
        "!app=x",
        "app!x",
        "(x)",
        "a/b/c=x",
        "/x=y",
        "x/=y",
    ),
    *(
        "é=x",
        "app=é",
        "app=" + "x" * 64,
        "x" * 64 + "=y",
        "x" * 300 + "/y=z",
        " app = x ",
        "\tapp",
        "app\n",
        "app=\x00",
        "app=-x",
        "app = (x)",
    ),
    *("app=x" + ",app=x" * 500, "app in (" + "x," * 2000 + "x)", "%zz"),
)
_FIELDS = (
    *(
        "metadata.name=a",
        "metadata.name==a",
        "metadata.name!=a",
        "metadata.namespace=fuzz-a",
        "metadata.name=",
        "metadata.name",
    ),
    *(
        "nope=x",
        "spec.nodeName=",
        "status.phase=Running",
        "=x",
        "=",
        ",",
        "metadata.name=a,",
        ",metadata.name=a",
        "metadata.name=a,metadata.name=b",
    ),
    *(
        "metadata.name in (a)",
        "metadata.name=a\\,b",
        "metadata.name=a\\=b",
        "metadata.name=a\\",
        "metadata.name=a=b",
        "!metadata.name",
    ),
    *(
        "metadata.name>a",
        "metadata.name=\x00",
        "metadata.name=é",
        "metadata.name=" + "x" * 300,
        " metadata.name=a ",
        "metadata.labels.app=x",
    ),
    *(
        "type=Opaque",
        "involvedObject.name=a",
        "reason=x",
        "regarding.name=a",
        "spec.unschedulable=true",
        "status.successful=1",
    ),
)
OPTIONS: dict[str, tuple[str, ...]] = {
    "limit": (*_NUMBERS, *_HUGE),
    "continue": (
        CONTINUE,
        "nope",
        "",
        "%FF",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYVx1MDAwMCJ9",
        "e30",
        "bnVsbA",
        "W10",
        "====",
        "x" * 5000,
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi9hIn0",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6IngifQ",
        "eyJ2IjoidjIifQ",
    ),
    "timeoutSeconds": (
        "1",
        "0",
        "-1",
        "x",
        "1.5",
        "",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
    ),
    "timeout": ("10s", "0s", "-1s", "x", "1", "", "1h", "10", "1.5s", "1s1s"),
    "resourceVersion": (
        "",
        "0",
        RV,
        RV,
        "x",
        "-1",
        "01",
        "1.0",
        " 1",
        "%00",
        "0x1",
        "18446744073709551616",
        "1" * 5000,
    ),
    "resourceVersionMatch": ("", "Exact", "NotOlderThan", "exact", "Nope", "%00", "Exact%20"),
    "fieldSelector": tuple(quote(text, safe="%") for text in _FIELDS),
    "labelSelector": tuple(quote(text, safe="%") for text in _LABELS),
    "dryRun": ("All", "All", "", "all", "None", "x", "All,All", "%00", "true", "All%20"),
    "fieldManager": ("m", "m2", *_WORDS, "x" * 128),
    "fieldValidation": ("Strict", "Strict", "Warn", "Ignore", "", "strict", "x", "%00", "Strict,Warn"),
    "force": _FLAGS,
    "pretty": _FLAGS,
    "allowWatchBookmarks": _FLAGS,
    "sendInitialEvents": _FLAGS,
    "propagationPolicy": ("Background", "Foreground", "Orphan", "", "background", "x", "%00", "Default"),
    "gracePeriodSeconds": (*_NUMBERS, *_HUGE),
    "orphanDependents": _FLAGS,
    "includeObject": ("None", "Metadata", "Object", "", "x", "object"),
    "ignoreStoreReadErrorWithClusterBreakingPotential": _FLAGS,
    "kind": ("x",),
    "apiVersion": ("x", "v2"),
    "container": ("main", "x", "", "%00", "a" * 300),
    "tailLines": _NUMBERS,
    "sinceSeconds": _NUMBERS,
    "limitBytes": _NUMBERS,
    "previous": _FLAGS,
    "timestamps": _FLAGS,
    "unknown": _WORDS,
}
_OF_VERB = {
    "list": (
        "limit",
        "continue",
        "resourceVersion",
        "resourceVersionMatch",
        "fieldSelector",
        "labelSelector",
        "timeoutSeconds",
        "includeObject",
        "allowWatchBookmarks",
        "sendInitialEvents",
        "timeout",
    ),
    "get": ("resourceVersion", "includeObject", "timeout"),
    "log": ("container", "tailLines", "sinceSeconds", "limitBytes", "previous", "timestamps"),
    "write": ("dryRun", "fieldManager", "fieldValidation", "force"),
    "delete": (
        "dryRun",
        "propagationPolicy",
        "gracePeriodSeconds",
        "orphanDependents",
        "ignoreStoreReadErrorWithClusterBreakingPotential",
    ),
}
_RAW = (
    "&",
    "?",
    "=",
    "&&",
    "%",
    "%zz",
    "a",
    "a=b=c",
    ";",
    "a;b",
    "=x",
    "dryRun",
    "%64ryRun=All",
    "dryRun=%41ll",
    "limit=1;limit=2",
    "+",
    "#x",
    "a%00=b",
)


def options(chance: Random, verb: str, *, at_most: int = 3) -> list[str]:
    """Some options, mostly of that verb, as `name=value`."""
    found = []
    for _ in range(chance.randrange(at_most + 1)):
        names = _OF_VERB[verb] if chance.randrange(10) else tuple(OPTIONS)
        name = chance.choice(names)
        found.append(f"{name}={chance.choice(OPTIONS[name])}")
        if chance.randrange(15) == 0:
            found.append(f"{name}={chance.choice(OPTIONS[name])}")
    return found


def joined(chance: Random, pairs: list[str]) -> str:
    """A query, rarely with a part that is not a pair."""
    parts = [*pairs, chance.choice(_RAW)] if chance.randrange(25) == 0 else pairs
    return "?" + "&".join(parts) if parts else ""

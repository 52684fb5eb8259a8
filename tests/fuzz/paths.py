"""Odd paths: odd names, odd spellings, resources that do not exist, documents of the server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.fuzz.request import SAMPLE_NAME
from tests.fuzz.samples import KINDS, NAMESPACE, namespace_of

if TYPE_CHECKING:
    from random import Random

NAMES = (
    "nope",
    "a%20b",
    "%00",
    "%FF",
    "a%2Fb",
    "%2E%2E",
    "x" * 300,
    "A_B",
    "%C3%A9",
    ".",
    "..",
    "a:b",
    "a;b",
    "a,b",
    "%25",
    "*",
    "%7B%7D",
    "~",
)
_NAMESPACES = (
    "nope",
    "",
    "%2F",
    "%00",
    "Bad_",
    "x" * 300,
    "fuzz-b",
    "default",
    "kube-system",
    "%20",
)  # ".." is a server error there
_DOCUMENTS = (
    *(
        "/",
        "",
        "/api",
        "/api/",
        "/apis",
        "/apis/",
        "/api/v1",
        "/api/v1/",
        "/api/v2",
        "/apis/apps",
        "/apis/apps/",
        "/apis/apps/v1",
        "/apis/apps/v2",
        "/apis/nope",
    ),
    *(
        "/apis/nope/v1",
        "/apis/nope/v1/x",
        "/version",
        "/version/",
        "/version/x",
        "/healthz",
        "/livez",
        "/readyz",
        "/healthz/",
        "/healthz/ping",
        "/livez/ping",
    ),
    *(
        "/readyz/nope",
        "/openapi/v3",
        "/openapi/v3/api/v1",
        "/openapi/v3/nope",
        "/nope",
        "/api/v1/nope",
        "/api/v1/nope/x",
        "/api/v1/pods/x",
    ),
    *(
        "/api/v1/namespaces/fuzz-a/nope",
        "/api/v1/namespaces/fuzz-a/nodes",
        "/api/v1/nodes/x/y/z",
        "/api/v1/namespaces/fuzz-a/pods/x/y/z/w",
        "/apis/apps/v1/pods",
    ),
    *(
        "/api/v1/namespaces/fuzz-a/pods/",
        "/api/v1/namespaces//pods",
        "/api/v1/namespaces/",
        "/api/v1/namespaces",
        "/api/v1/watch",
        "/api/v1/watch/",
        "/api/v1/watch/pods",
    ),
    *(
        "/api/v1/namespaces/fuzz-a",
        "/api/v1/namespaces/fuzz-a/",
        "/api/v1/namespaces/fuzz-a/status",
        "/api/v1/namespaces/fuzz-a/finalize",
    ),
    *(
        "/api/v1/proxy/x",
        "/api/v1/namespaces/fuzz-a/services/x/proxy",
        "/favicon.ico",
        "/robots.txt",
        "/.well-known/openid-configuration",
    ),
    *(
        "//api",
        "//api/v1",
        "/api//v1",
        "/./api",
        "/api/../api/v1",
        "/api/v1/../v1/pods",
        "/API/V1",
        "/api/v1/Pods",
        "/api/v1/pod",
    ),
    *(
        "/%61pi/v1/pods",
        "/api%2Fv1/pods",
        "/api/v1/%70ods",
        "/api/v1/pods%2F",
        "/api/v1/pods%00",
        "/api/v1/pods;x=y",
        "/api/v1/pods%3Flimit=1",
        "/%",
        "/%zz",
        "/api/v1/%zz",
    ),
    *(
        "/apis/authorization.k8s.io/v1",
        "/apis/authentication.k8s.io/v1/",
        "/apis/events.k8s.io",
        "/apis/apps/v1/",
        "/x" * 2000,
    ),
)


def odd(chance: Random) -> str:
    """A document, or the path of a kind with an odd part."""
    if chance.randrange(2):
        return chance.choice(_DOCUMENTS)
    kind = chance.choice(KINDS)
    namespace = chance.choice(_NAMESPACES) if chance.randrange(2) else NAMESPACE
    name = chance.choice(("", SAMPLE_NAME, *NAMES))
    path = kind.path(namespace, name) if chance.randrange(4) else f"{kind.api}/{kind.plural}/{name}"
    if not kind.namespaced and chance.randrange(3) == 0:
        path = path.replace(kind.api, f"{kind.api}/namespaces/{namespace}")
    return path + chance.choice(("", "", "", "/", "/status", "/nope", "/scale", "//", "/status/", "/%2F", "/."))


def spelt(chance: Random, path: str) -> str:
    """The path, rarely spelt in another way."""
    match chance.randrange(250):
        case 0:
            return path + "/"
        case 1:
            return path.replace("/", "//", 1)
        case 2:
            return path.replace(namespace_of(KINDS[1]), quote("Fuzz-A"))
        case 3:
            return path.replace("p", "%70")
        case 4:
            return f"/./{path.removeprefix('/')}"
        case _:
            return path

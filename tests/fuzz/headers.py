"""Headers: media types, logins, impersonation, and bytes where text is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

Header = tuple[str, bytes]
_AS = "application/json;as={};g=meta.k8s.io;v={}"
_ACCEPT = (
    *(
        "application/json",
        "*/*",
        "application/*",
        "*",
        "",
        "text/plain",
        "text/html",
        "application/xml",
        "application/yaml",
    ),
    *(
        "application/cbor",
        "application/vnd.kubernetes.protobuf",
        "application/json, */*",
        "application/json;q=0",
        "text/plain;q=1, application/json;q=0.1",
    ),
    *(
        _AS.format(kind, version)
        for kind in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList", "Nope", "")
        for version in ("v1", "v1beta1", "v2")
    ),
    *(
        "application/json;as=Table",
        "application/json;g=meta.k8s.io;v=v1",
        "application/json;as=Table;g=x;v=v1",
        "application/json;stream=watch",
    ),
    *(
        "application/json;pretty=1",
        "application/json;charset=utf-8",
        "application/json;charset=latin-1",
        "APPLICATION/JSON",
        "application/json;",
        ";",
        ",",
        "/",
    ),
    *(
        "application/json;q=x",
        "application/json;q=2",
        "application/json;q=-1",
        "application/json; q=0.5; q=1",
        "application",
        "a/b/c",
        "application/json/x",
    ),
    *(
        "application/json" + ",text/x" * 500,
        "application/json;a=" + "b" * 5000,
        '"application/json"',
        "application/json;as='Table'",
        "application/*+json",
    ),
    *(
        "application/vnd.kubernetes.protobuf,application/json",
        "application/json;profile=nope",
        "application/merge-patch+json",
        "\xff",
        "application/json;as=Table;g=meta.k8s.io;v=v1,application/json",
    ),
)
CONTENT_TYPES = (
    *(
        "application/json",
        "",
        "text/plain",
        "application/xml",
        "*/*",
        "application/*",
        "application/JSON",
        "application/json;",
        "application/json; charset=utf-8",
    ),
    *(
        "application/json;charset=latin-1",
        "application/json, application/yaml",
        "application/json;a",
        "application/json;a=b;a=c",
        "application/json ;a=b",
        " application/json ",
    ),
    *(
        "application/yaml",
        "text/yaml",
        "application/x-yaml",
        "application/cbor",
        "application/vnd.kubernetes.protobuf",
        "application/x-www-form-urlencoded",
    ),
    *(
        "multipart/form-data; boundary=x",
        "application",
        "/",
        ";",
        "application/json/x",
        "application/json\xff",
        "application/merge-patch+json",
    ),
    *(
        "application/json-patch+json",
        "application/apply-patch+yaml",
        "application/apply-patch+cbor",
        "application/strategic-merge-patch+json",
        "application/vnd.kubernetes.protobuf;type=watch",
    ),
)
_AGENTS = (
    b"",
    b"\xff",
    b"\xff\xfe/1",
    b"kubectl/v1.37",
    b"/",
    b"/x",
    b"x" * 300,
    "é/1".encode(),
    "日本".encode(),
    b"a b",
    b"\x7f",
    b"(x)",
    b"x\ty",
)
_LOGINS = (
    *(
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer nope",
        b"bearer @TOKEN@",
        b"BEARER @TOKEN@",
        b"Bearer  @TOKEN@",
        b"Bearer @TOKEN@ ",
        b"Bearer @TOKEN@ x",
    ),
    *(
        b"Basic YTpi",
        b"Basic",
        b"@TOKEN@",
        b"Token @TOKEN@",
        b"Bearer\t@TOKEN@",
        b"Bearer \xff",
        b"Bearer " + b"x" * 5000,
        b"Digest x",
        b"Bearer @TOKEN@,Bearer x",
    ),
    *(b"Negotiate", b"Bearer a.b.c", b"Bearer eyJhbGciOiJub25lIn0.e30.", b"Bearer ..", b'Bearer "@TOKEN@"'),
)
_USERS = (
    b"viewer@example.com",
    b"owner@example.com",
    b"stranger@example.com",
    b"",
    b" ",
    b"\xff",
    "é".encode(),
    b"system:anonymous",
    b"nobody",
    b"x" * 5000,
)
_ACCOUNTS = (
    b"system:serviceaccount:fuzz-a:default",
    b"system:serviceaccount:fuzz-a",
    b"system:serviceaccount::",
    b"system:serviceaccount:a:b:c",
    b"system:serviceaccount:Bad_:x",
)
_NODES = (b"system:node:x", b"system:node:", b"system:masters")
_GROUPS = (
    b"system:masters",
    b"system:authenticated",
    b"system:unauthenticated",
    b"team",
    b"",
    b"\xff",
    b"system:nodes",
    b"system:serviceaccounts",
)
_EXTRAS = (
    "Impersonate-Extra-Scopes",
    "Impersonate-Extra-",
    "Impersonate-Extra-a%2Fb",
    "Impersonate-Extra-%zz",
    "Impersonate-Extra-%FF",
    "Impersonate-Extra-a.b",
)
_OTHERS: tuple[Header, ...] = (
    ("X-HTTP-Method-Override", b"DELETE"),
    ("Accept-Encoding", b"gzip"),
    ("Accept-Encoding", b"\xff"),
    ("Accept-Charset", b"x"),
    ("If-Match", b"x"),
    ("If-None-Match", b"*"),
    ("Range", b"bytes=0-1"),
    ("X-Forwarded-For", b"1.2.3.4"),
    ("Origin", b"http://evil.example.com"),
    ("Cookie", b"a=b"),
    ("X-Odd", b"\xff\xfe"),
    ("X-Long", b"x" * 7000),
    ("Kubectl-Command", b"x"),
    ("Audit-ID", b"x" * 100),
    ("X-Remote-User", b"admin"),
    ("Traceparent", b"00-zz-zz-01"),
    ("Expect", b"x"),
)


def odd_headers(chance: Random) -> list[Header]:
    """Some headers of one sort."""
    sort = chance.randrange(10)
    if sort < 3:
        return [("Accept", chance.choice(_ACCEPT).encode("latin-1"))]
    if sort == 3:
        return [("User-Agent", chance.choice(_AGENTS))]
    if sort == 4:
        return [("Authorization", chance.choice(_LOGINS))]
    if sort < 8:
        return _impersonation(chance)
    return [chance.choice(_OTHERS)]


def _impersonation(chance: Random) -> list[Header]:
    found: list[Header] = []
    if chance.randrange(4):
        found.append(("Impersonate-User", chance.choice((*_USERS, *_ACCOUNTS, *_NODES))))
    found += [("Impersonate-Group", chance.choice(_GROUPS)) for _ in range(chance.choice((0, 0, 1, 1, 2)))]
    if chance.randrange(4) == 0:
        found.append(("Impersonate-Uid", chance.choice((b"u", b"", b"\xff"))))
    if chance.randrange(4) == 0:
        found.append((chance.choice(_EXTRAS), chance.choice((b"x", b"", b"\xff"))))
    return found


def content_type(chance: Random, usual: str) -> list[Header]:
    """The Content-Type, one in twelve times an odd one."""
    if chance.randrange(12):
        return [("Content-Type", usual.encode())]
    odd = chance.choice((None, *CONTENT_TYPES))
    return [] if odd is None else [("Content-Type", odd.encode("latin-1"))]

"""Files: encodings, YAML's types, several files."""

from __future__ import annotations

from tests.kubeconfig.case import SECURE, Case, config

JSON = """{
\t"current-context": "k",
\t"contexts": [{"name": "k", "context": {"cluster": "c", "user": "u"}}],
\t"clusters": [{"name": "c", "cluster": {"server": "@https@", "certificate-authority-data": "@ca@"}}],
\t"users": [{"name": "u", "user": {"token": "t-1"}}]
}"""
UMLAUT = config(name="jürgen")
ENCODINGS = (
    Case("UTF-8", UMLAUT),
    Case("UTF-8 with a mark", UMLAUT, encoding="utf-8-sig"),
    Case("UTF-16", UMLAUT, encoding="utf-16"),
    Case("UTF-16 of the other order", f"\ufeff{UMLAUT}", encoding="utf-16-be"),
    Case("UTF-16 without a mark", UMLAUT, "can't be used", encoding="utf-16-le"),
    Case("Latin-1", UMLAUT, "it is not UTF-8 text", encoding="latin-1"),
    Case("line ends of Windows", config().replace("\n", "\r\n")),
    Case("JSON with tabs", JSON),
    Case("no version and no kind", config(head="")),
    Case("another version", config(head="apiVersion: v2\nkind: Config"), "apiVersion is not of a kubeconfig"),
    Case("another kind", config(head="apiVersion: v1\nkind: Secret"), "kind is not of a kubeconfig"),
    Case("an empty file", "", "has no current-context"),
    Case("a comment", "# nothing\n", "has no current-context"),
    Case("an empty mapping", "{}", "has no current-context"),
    Case("a list", "- a", "is not a mapping"),
    Case("text", "token", "is not a mapping"),
    Case("no YAML", "a: [", "it is not valid YAML"),
    Case("a second document is not read", config() + "---\na: ["),
    Case("the last of two equal keys", config(user="token: t-1\ntoken: t-2")),
    Case("an alias", "x: &t t-9\n" + config(user="token: *t")),
    Case("a merge", "x: &t {token: t-9}\n" + config(user="<<: *t")),
    Case("an unknown field", config(SECURE + "\nfuture: {a: [1]}")),
    *(
        Case(f"the number {name}", config(tail=f"future: {name}\n"), "a number that is not finite")
        for name in (".inf", "-.INF", ".NaN")
    ),
    Case("an unknown tag", config(user="token: !secret t-1")),
    Case("text in base64", config(user="token: !!binary dC0x")),
)
NUMBER = "current-context is a number instead of text"
NAMES = (
    *(
        Case(f"the name {name}", config(name=name))
        for name in (
            "2024-01-01",
            "2001-12-14T21:59:43.10Z",
            "1:20",
            "1.2.3",
            "1e999",
            "'2024'",
            "a b",
            "!!str 5",
            "=",
            "09:30",
            "0x",
        )
    ),
    *(
        Case(f"the number {name}", config(name=name), NUMBER)
        for name in (
            "2024",
            "1e3",
            "1.20",
            "010",
            "08",
            "0x10",
            "0b11",
            "0o17",
            "1_000",
            "+5",
            ".5",
            "-0",
            "123456789012345678901234567890",
        )
    ),
    *(
        Case(f"the truth value {name}", config(name=name), "current-context is true or false instead of text")
        for name in ("y", "No", "ON", "off", "true")
    ),
    Case("the name null", config(name="null"), "has no current-context", is_stricter=True),
)
SECTIONS = (
    Case("clusters as a mapping", config(tail="clusters: {}\n"), "clusters is a mapping instead of a list"),
    Case("an entry as text", config(tail="- other\n"), "users is text instead of a mapping"),
    Case("an entry that is null", config(tail="- null\n")),
    Case("an entry without a name", config(tail="- user: {token: x}\n")),
    Case(
        "two users of one name",
        config(tail="- name: u\n  user: {token: x}\n"),
        "users is ambiguous: two entries have the name 'u'",
    ),
    Case("preferences as a list", config(tail="preferences: []\n"), "preferences is a list instead of a mapping"),
    Case("extensions as a number", config(tail="extensions: 5\n"), "extensions is a number instead of a list"),
)


def several(name: str, variable: str, refused: str = "", **files: str) -> Case:
    return Case(name, "", refused, files=files, environment={"KUBECONFIG": variable})


OTHER = config(user="token: t-2", name="other")
CONTEXT = "current-context: k\ncontexts: [{name: k, context: {cluster: c, user: u}}]\n"
USER = "users: [{name: u, user: {tokenFile: ../token.txt}}]\n"
CLUSTER = "clusters: [{name: c, cluster: {server: @https@, certificate-authority-data: @ca@}}]\n"
SEVERAL = (
    several("the first of two contexts and users", "@folder@/a:@folder@/b", a=config(), b=OTHER),
    several("the first of two contexts and users, in the other order", "@folder@/b:@folder@/a", a=config(), b=OTHER),
    several(
        "an entry is taken whole",
        "@folder@/a:@folder@/b",
        a=CONTEXT + "users: [{name: u, user: {username: dana}}]\n",
        b=config(),
    ),
    several(
        "parts in three files", "@folder@/a:@folder@/b:@folder@/c", a=CONTEXT, b=CLUSTER, c=config(user="token: t-3")
    ),
    several("a path belongs to its own file", "@folder@/a:@folder@/sub/b", a=CONTEXT + CLUSTER, **{"sub/b": USER}),
    several("a missing and an empty file", "@folder@/gone:@folder@/a:@folder@/b", a="", b=config()),
    several("an empty name", ":@folder@/a:", a=config()),
    several("one file twice", "@folder@/a:@folder@/a", a=config()),
    several(
        "one broken file of two", "@folder@/a:@folder@/b", "b can't be used: it is not valid YAML", a=config(), b="a: ["
    ),
    several(
        "one wrong type of two",
        "@folder@/a:@folder@/b",
        "current-context is a number",
        a=config(),
        b="current-context: 5",
    ),
    several("a home that no shell has replaced", "~/a:@folder@/b", a=config(), b=OTHER),
    several("no file", "@folder@/gone", "which does not exist"),
    several("nothing but a separator", ":", "which names no file"),
)
CASES = ENCODINGS + NAMES + SECTIONS + SEVERAL

"""Users: which credentials count, and which contradict each other."""

from __future__ import annotations

from tests.kubeconfig.case import SECURE, Case, config


def user(text: str) -> str:
    return config(user=text)


def extra(text: str) -> str:
    return user(f"token: t-1\nas: dana\nas-user-extra:\n  {text}")


CERTIFICATE = "client-certificate-data: @cert@\nclient-key-data: @key@"
FILES = "client-certificate: dana.crt\nclient-key: dana.key"
NO_TOKEN = "token is not a token: it holds spaces"
TOKENS = (
    Case("a token", user("token: t-1")),
    Case("a date as a token", user("token: 2024-01-01")),
    Case("a number as a token", user("token: 12345"), "user 'u': token is a number instead of text"),
    Case("a token in lines", user("token: |\n  t-1"), NO_TOKEN),
    Case("a token of two words", user("token: a b"), NO_TOKEN, is_stricter=True),
    Case("a token in other letters", user("token: tökén"), NO_TOKEN, is_stricter=True),
    Case("a token with spaces at the end", user("token: 't-1  '")),
    Case("a token's file", user("tokenFile: token.txt")),
    Case("a token's file comes before the token", user("token: t-1\ntokenFile: token.txt")),
    Case("a token comes in for its missing file", user("token: t-1\ntokenFile: gone")),
    Case("a token's missing file", user("tokenFile: gone"), "user 'u': tokenFile: @folder@/gone can't be read"),
    Case("a token's empty file", user("tokenFile: empty.txt"), "user 'u': tokenFile: @folder@/empty.txt is empty"),
    Case("an empty token is none", user(f"token: ''\n{CERTIFICATE}")),
    Case("a null token is none", user("token: null\nusername: dana")),
    Case("no credentials", user("{}"), "user 'u': there are no credentials"),
    Case("no user", config(context="cluster: c"), "the context names no user"),
)
PASSWORDS = (
    Case("a password", user("username: dana\npassword: 'a:b'")),
    Case("a password in other letters", user("username: jürgen\npassword: schlüssel")),
    Case("a user name alone", user("username: dana")),
    Case("a password alone", user("password: secret"), "user 'u': username is missing"),
    Case(
        "a password beside a token", user("token: t-1\nusername: dana\npassword: p"), "token and username are both set"
    ),
    Case(
        "a password beside a token's file",
        user("tokenFile: token.txt\nusername: dana"),
        "tokenFile and username are both set",
    ),
    Case("a password beside a certificate", user(f"username: dana\npassword: p\n{CERTIFICATE}")),
    Case("a number as a password", user("username: dana\npassword: 1234"), "password is a number instead of text"),
)
CERTIFICATES = (
    Case("a certificate", user(CERTIFICATE)),
    Case("a certificate from files", user(FILES)),
    Case("a certificate from a file and a key", user("client-certificate: dana.crt\nclient-key-data: @key@")),
    Case("a certificate beside a token", user(f"token: t-1\n{CERTIFICATE}")),
    Case(
        "a certificate twice",
        user(f"{FILES}\nclient-certificate-data: @cert@"),
        "client-certificate and client-certificate-data are both set",
    ),
    Case("a key twice", user(f"{FILES}\nclient-key-data: @key@"), "client-key and client-key-data are both set"),
    Case(
        "a certificate without a key",
        user("token: t-1\nclient-certificate: dana.crt"),
        "client-key or client-key-data is missing",
    ),
    Case(
        "a certificate without a key for a server without TLS",
        config("server: @http@", "client-certificate: dana.crt"),
        "client-key or client-key-data is missing",
    ),
    Case("a key without a certificate", user("token: t-1\nclient-key: gone.key")),
    Case(
        "a certificate in a missing file",
        user("token: t-1\nclient-certificate: gone.crt\nclient-key: dana.key"),
        "client-certificate @folder@/gone.crt can't be read",
    ),
    Case(
        "a certificate as its key", user("client-certificate-data: @cert@\nclient-key-data: @ca@"), "client-key(-data)"
    ),
)
IMPERSONATION = (
    Case("to act as a user", user("token: t-1\nas: dana")),
    Case("to act as a user with an id and groups", user("token: t-1\nas: dana\nas-uid: '7'\nas-groups: [ml, ops]")),
    Case("to act as a user in other letters", user("token: t-1\nas: jürgen\nas-groups: [größe]")),
    Case("a key with a slash", extra("example.com/reason: [x, w]")),
    Case("keys in capitals and with a percent sign", extra("Reason%1: [x]")),
    Case("keys in other letters, and numbers", extra("grund€: [x]\n  12: [b]")),
    Case("an empty user to act as is none", user("token: t-1\nas: ''\nas-groups: []")),
    Case("groups without a user", user("token: t-1\nas-groups: [ml]"), "user 'u': as is missing"),
    Case("an id without a user", user("token: t-1\nas-uid: '7'"), "user 'u': as is missing"),
    Case("extras without a user", user("token: t-1\nas-user-extra: {a: [b]}"), "user 'u': as is missing"),
    Case("a user in two lines", user('token: t-1\nas: "a\\nb"'), "user 'u': as holds line breaks"),
    Case("a number as a group", user("token: t-1\nas: dana\nas-groups: [1]"), "as-groups is a number instead of text"),
    Case("groups as text", user("token: t-1\nas: dana\nas-groups: ml"), "as-groups is text instead of a list"),
    Case("an extra as text", extra("reason: test"), "as-user-extra: reason is text instead of a list"),
)
PROVIDER = "auth-provider:\n  name: oidc\n  config: {idp-issuer-url: https://issuer.test, client-id: c, id-token: %s}"
JWT = "e30.eyJleHAiOiA%s.x"  # {"exp": …
PROVIDERS = (
    Case("an id token", user(PROVIDER % (JWT % "0MDAwMDAwMDAwfQ"))),
    Case("an id token beside a token", user("token: t-1\n" + PROVIDER % "no-jwt")),
    Case("an id token beside a certificate", user(f"{CERTIFICATE}\n" + PROVIDER % (JWT % "0MDAwMDAwMDAwfQ"))),
    Case("an id token beside a password", user("username: dana\n" + PROVIDER % "no-jwt")),
    Case(
        "a provider without its issuer beside a token",
        user("token: t-1\nauth-provider: {name: oidc}"),
        "auth-provider: idp-issuer-url is missing",
    ),
    Case("an id token that has expired", user(PROVIDER % (JWT % "xMDAwMDAwfQ")), "auth-provider: id-token has expired"),
    Case("an id token that is none", user(PROVIDER % "no-jwt"), "auth-provider: id-token is not a JSON Web Token"),
    Case(
        "an id token without its issuer",
        user("auth-provider: {name: oidc}"),
        "auth-provider: idp-issuer-url is missing",
    ),
    Case("a provider that was removed", user("auth-provider: {name: gcp}"), "auth-provider 'gcp' is not supported"),
    Case(
        "an unknown provider beside a token",
        user("token: t-1\nauth-provider: {name: x}"),
        "auth-provider 'x' is not supported",
    ),
)
CONTEXTS = (
    Case("a missing user", config(context="cluster: c\nuser: nobody"), "user 'nobody', which does not exist"),
    Case("a missing cluster", config(context="cluster: nowhere\nuser: u"), "cluster 'nowhere', which has no server"),
    Case("a missing context", config(), "has no context 'gone'", context="gone"),
    Case(
        "a namespace that is none",
        config(context="cluster: c\nuser: u\nnamespace: A/B"),
        "namespace of k: 'A/B'",
        is_stricter=True,
    ),
    Case(
        "another entry with a wrong type",
        config(SECURE, tail="- name: other\n  user: {token: 5}\n"),
        "user 'other': token is a number",
    ),
    Case("another entry that is not complete", config(SECURE, tail="- name: other\n  user: {exec: {}, as-uid: x}\n")),
)
CASES = TOKENS + PASSWORDS + CERTIFICATES + IMPERSONATION + PROVIDERS + CONTEXTS

"""Exec plug-ins: what they are asked, and what their answer means."""

from __future__ import annotations

from tests.kubeconfig.case import SECURE, Case, config

V1 = "client.authentication.k8s.io/v1"
BETA = "client.authentication.k8s.io/v1beta1"


def plug_in(
    *lines: str, version: str = V1, mode: str = "interactiveMode: Never", command: str = "./plug-in", more: str = ""
) -> str:
    fields = [f"apiVersion: {version}", f"command: {command}", mode, *lines]
    inner = "\n".join(f"  {line}" for field in fields for line in field.splitlines())
    return f"{more}exec:\n{inner}"


def case(  # noqa: PLR0913 (a test of one line)
    name: str, status: str, refused: str = "", *, user: str | None = None, version: str = V1, cluster: str = SECURE
) -> Case:
    """A plug-in that answers a status."""
    answer = f'{{"apiVersion": "{version}", "kind": "ExecCredential", "status": {status}}}'
    return script(name, f"cat <<'.'\n{answer}\n.", refused, user=user, cluster=cluster)


def script(name: str, text: str, refused: str = "", *, user: str | None = None, cluster: str = SECURE) -> Case:
    files = {"plug-in": f"#!/bin/sh\n{text}\n"}
    return Case(name, config(cluster, user or plug_in()), refused, files=files)


TOKEN = '{"token": "p-1"}'
ECHO = """printf '{"apiVersion": "%s", "kind": "ExecCredential", "status": {"token": "%s"}}' """
ANSWERS = (
    case("a token", TOKEN),
    case("a certificate", '{"clientCertificateData": @certtext@, "clientKeyData": @keytext@}'),
    case(
        "a certificate and a token", '{"clientCertificateData": @certtext@, "clientKeyData": @keytext@, "token": "p"}'
    ),
    case("a token that has expired", '{"token": "p-1", "expirationTimestamp": "2001-01-01T00:00:00Z"}'),
    case(
        "a token with a date in a time zone", '{"token": "p-1", "expirationTimestamp": "2101-01-01T00:00:00.5+02:00"}'
    ),
    script("an answer in YAML", f"printf 'apiVersion: {V1}\\nkind: ExecCredential\\nstatus:\\n  token: p-1\\n'"),
    case(
        "a certificate without a key",
        '{"clientCertificateData": @certtext@}',
        "holds only one of clientCertificateData and clientKeyData",
    ),
    case("a date that is none", '{"token": "p-1", "expirationTimestamp": "soon"}', "expirationTimestamp is not a time"),
    case("an empty status", "{}", "status holds no token"),
    case("no status", "null", "status holds no token"),
    case("a number as a token", '{"token": 5}', "status: token is a number"),
    case("a token in two lines", '{"token": "a\\nb"}', "status: token is not a token"),
    case("an answer of another version", TOKEN, f"apiVersion is not {V1}", version=BETA),
    script("no answer", "true", "output is empty or not an ExecCredential"),
    script("an answer that is none", "echo hello", "output is empty or not an ExecCredential"),
    script("a failure", "echo please sign in >&2; exit 3", "ended with exit code 3"),
)
ASKED = f"""@python@ <<'.'
import hashlib, json, os
asked = json.dumps(json.loads(os.environ["KUBERNETES_EXEC_INFO"]), sort_keys=True)
status = {{"token": hashlib.sha256(asked.encode()).hexdigest()}}
print(json.dumps({{"apiVersion": "{V1}", "kind": "ExecCredential", "status": status}}))
."""
EXTENSION = """extensions:
- name: client.authentication.k8s.io/exec
  extension: {a: [1, 2.5, y, 2026-01-01, ~]}"""
QUESTIONS = (
    script("what it is asked", ASKED),
    script(
        "what it is told of the cluster",
        ASKED,
        user=plug_in("provideClusterInfo: true"),
        cluster=SECURE + "\ntls-server-name: api.test\ndisable-compression: true\n" + EXTENSION,
    ),
    script(
        "what it is told without verification",
        ASKED,
        user=plug_in("provideClusterInfo: true"),
        cluster="server: @https@\ninsecure-skip-tls-verify: true\nproxy-url: @proxy@",
    ),
    script(
        "arguments and variables",
        ECHO + f'{V1} "$X-$1-$2"',
        user=plug_in("args: [a, 'b=c']", "env: [{name: X, value: v}]"),
    ),
    script(
        "a variable of the environment is replaced",
        ECHO + f'{V1} "$HOME"',
        user=plug_in("env: [{name: HOME, value: /x}]"),
    ),
    script(
        "no standard input",
        ECHO + f'{V1} "p-$(cat | wc -c | tr -d " ")"',
        user=plug_in(mode="interactiveMode: IfAvailable"),
    ),
    case("an old version needs no mode", TOKEN, user=plug_in(version=BETA, mode="args: []"), version=BETA),
    case(
        "a mode that needs a terminal",
        TOKEN,
        "interactiveMode is Always, and standard input",
        user=plug_in(mode="interactiveMode: Always"),
    ),
)
ENTRIES = (
    case("no mode", TOKEN, "exec: interactiveMode is missing", user=plug_in(mode="args: []")),
    case("an unknown mode", TOKEN, "exec: interactiveMode is not valid", user=plug_in(mode="interactiveMode: never")),
    case("no version", TOKEN, "exec: apiVersion is missing", user=plug_in(version="''")),
    case(
        "a version that was removed",
        TOKEN,
        "exec: apiVersion is not known",
        user=plug_in(version="client.authentication.k8s.io/v1alpha1"),
    ),
    case("no command", TOKEN, "exec: command is missing", user=plug_in(command="''")),
    case(
        "a program that does not exist",
        TOKEN,
        "exec: the program 'no-such-program' does not exist",
        user=plug_in(command="no-such-program"),
    ),
    case(
        "a hint how to install it",
        TOKEN,
        "is not in $PATH: brew install it",
        user=plug_in("installHint: brew install it", command="no-such-program"),
    ),
    case(
        "a variable without a name", TOKEN, "exec: env has an entry without a name", user=plug_in("env: [{value: v}]")
    ),
    case(
        "a variable that is a number", TOKEN, "exec: env: value is a number", user=plug_in("env: [{name: A, value: 5}]")
    ),
    case("arguments that are numbers", TOKEN, "exec: args is a number", user=plug_in("args: [5]")),
    case("a token is used instead", TOKEN, user=plug_in(more="token: t-1\n")),
    case(
        "a certificate is used instead",
        TOKEN,
        user=plug_in(more="client-certificate: dana.crt\nclient-key: dana.key\n"),
    ),
    case(
        "beside a provider",
        TOKEN,
        "exec and auth-provider are both set",
        user=plug_in(more="auth-provider: {name: oidc}\n"),
    ),
    case("null is none", TOKEN, user="token: t-1\nexec: null"),
    case("an empty one is one", TOKEN, "exec: command is missing", user="token: t-1\nexec: {}"),
    case("it does not run without TLS", TOKEN, cluster="server: @http@"),
)
CASES = ANSWERS + QUESTIONS + ENTRIES

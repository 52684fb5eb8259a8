"""Clusters: addresses, verification, proxies."""

from __future__ import annotations

from tests.kubeconfig.case import AUTHORITY, TOKEN, Case, config, secure


def server(url: str) -> str:
    return config(f"server: {url}\n{AUTHORITY}")


NO_URL = "cluster 'c': server is not the URL of an API server"
ADDRESSES = (
    Case("https", config()),
    Case("http on this machine: the token stays here", config("server: @http@")),
    Case("http in capitals: the token stays here", config("server: HTTP://127.0.0.1:@plainport@")),
    Case("no scheme is http: the token stays here", config("server: localhost:@plainport@")),
    Case("no scheme and a slash", config("server: localhost:@plainport@/")),
    Case("https in capitals has its authority", server("HTTPS://127.0.0.1:@port@")),
    Case("another name for the machine", server("https://localhost:@port@")),
    Case("a host in capitals", server("https://LOCALHOST:@port@")),
    Case("a slash at the end", server("@https@/")),
    Case("a path", server("@https@/k8s/clusters/c-1/")),
    Case("a path with dots and double slashes", server("@https@/a//b/../c/")),
    Case("a path with encoded characters", server("@https@/a%2Fb%20c%7E")),
    Case("a query and a fragment are dropped", server("@https@/x?a=1#b")),
    Case("impersonation without TLS", config("server: @http@", f"{TOKEN}\nas: dana")),
    Case(
        "a client certificate without TLS",
        config("server: @http@", "client-certificate: dana.crt\nclient-key: dana.key"),
    ),
    Case("a password without TLS", config("server: @http@", "username: dana\npassword: secret")),
    Case("a user name in the address", config("server: https://a:b@127.0.0.1:@port@", "{}"), NO_URL),
    Case("a space at the end", server("'@https@ '"), "server is not a URL: it holds spaces"),
    Case("another scheme", server("ftp://127.0.0.1:@port@"), f"{NO_URL}: it should begin with https://"),
    Case("a scheme without slashes", server("https:127.0.0.1:@port@"), NO_URL),
    Case("slashes without a scheme", server("//127.0.0.1:@port@"), NO_URL),
    Case("a path without a scheme", server("127.0.0.1:@port@/x"), NO_URL),
    Case("an IPv6 address without brackets", server("https://::1:@port@"), NO_URL),
    Case("a port that is too large", server("https://127.0.0.1:99999"), NO_URL),
    Case("no server", config(AUTHORITY), "cluster 'c', which has no server there"),
    Case("an empty server", server("''"), "cluster 'c', which has no server there"),
    Case(
        "a field in capitals is another field",
        config(f"Server: @https@\n{AUTHORITY}"),
        "cluster 'c', which has no server",
    ),
)
SKIPPED = "server: @https@\ninsecure-skip-tls-verify:"
TRUST = (
    Case("verification is off", config(f"{SKIPPED} true")),
    Case("verification is off by y, as in YAML 1.1", config(f"{SKIPPED} y")),
    Case("verification is on by no", config(secure("insecure-skip-tls-verify: no"))),
    Case("verification is on by null", config(secure("insecure-skip-tls-verify:"))),
    Case(
        "verification off in quotes",
        config(f"{SKIPPED} 'true'"),
        "insecure-skip-tls-verify is text instead of true or false",
    ),
    Case(
        "verification on in quotes",
        config(f"{SKIPPED} 'false'"),
        "insecure-skip-tls-verify is text instead of true or false",
    ),
    Case("verification off by 1", config(f"{SKIPPED} 1"), "insecure-skip-tls-verify is a number"),
    Case(
        "verification off and an authority",
        config(secure("insecure-skip-tls-verify: true")),
        "insecure-skip-tls-verify and certificate-authority are both set",
    ),
    Case("an authority from a file beside the kubeconfig", config("server: @https@\ncertificate-authority: ca.pem")),
    Case(
        "an authority from a file and empty data",
        config("server: @https@\ncertificate-authority: ./ca.pem\ncertificate-authority-data: ''"),
    ),
    Case(
        "an authority twice",
        config(secure("certificate-authority: ca.pem")),
        "certificate-authority and certificate-authority-data are both set",
    ),
    Case(
        "an authority in a missing file",
        config("server: @https@\ncertificate-authority: gone.pem"),
        "certificate-authority @folder@/gone.pem can't be read",
    ),
    Case(
        "an authority below ~",
        config("server: @https@\ncertificate-authority: ~/ca.pem"),
        "~ has no meaning in a kubeconfig",
    ),
    Case(
        "an authority that is no base64",
        config("server: @https@\ncertificate-authority-data: 'abc!'"),
        "certificate-authority-data is not valid base64",
    ),
    Case(
        "an authority that is no PEM",
        config("server: @https@\ncertificate-authority-data: YWJj"),
        "certificate-authority-data is not readable as PEM",
    ),
    Case("an authority in lines", config("server: @https@\ncertificate-authority-data: |\n  @ca@")),
    Case("another name of the server", config(secure("tls-server-name: api.test"))),
    Case(
        "another name of the server without verification",
        config("server: @https@\ninsecure-skip-tls-verify: true\ntls-server-name: other.test"),
    ),
    Case("an empty name of the server", config(secure("tls-server-name: ''"))),
)
NO_PROXY = "proxy-url is not the URL of a proxy"
PROXIES = (
    Case("a proxy", config(secure("proxy-url: @proxy@"))),
    Case("a proxy with a password", config(secure("proxy-url: http://a:b%40@127.0.0.1:@proxyport@"))),
    Case("a proxy in capitals", config(secure("proxy-url: HTTP://127.0.0.1:@proxyport@"))),
    Case("an empty proxy", config(secure("proxy-url: ''"))),
    Case("a proxy that is null", config(secure("proxy-url: ~"))),
    Case("a proxy without a scheme", config(secure("proxy-url: 127.0.0.1:@proxyport@")), NO_PROXY),
    Case("a proxy's name without a scheme", config(secure("proxy-url: localhost:@proxyport@")), NO_PROXY),
    Case("a proxy of another scheme", config(secure("proxy-url: ftp://127.0.0.1:@proxyport@")), NO_PROXY),
    Case("the environment's proxy is not for this machine", config(), environment={"HTTPS_PROXY": "@proxy@"}),
    Case(
        "the kubeconfig's proxy is, and knows no exceptions",
        config(secure("proxy-url: @proxy@")),
        environment={"NO_PROXY": "*"},
    ),
    Case("compression is off", config(secure("disable-compression: true"))),
    Case(
        "compression off in quotes",
        config(secure("disable-compression: 'yes'")),
        "disable-compression is text instead of",
    ),
)
CASES = ADDRESSES + TRUST + PROXIES

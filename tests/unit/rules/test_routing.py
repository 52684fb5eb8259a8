"""Hosts, paths and ports of routes."""

from __future__ import annotations

import pytest

from tenantkit.rules.routing import check_host, check_http_path, check_port

HOST = "use a DNS name of lower-case letters, digits, '-' and '.', at most 253 characters"
PATH = "leave out spaces, '?' and '#', and percent-encode other characters"
PORT_NAME = "use a number from 1 to 65535, or a name of at most 15 lower-case letters, digits and '-'"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("vision.example.ai", None),
        ("localhost", None),
        ("Vision.Example.AI", f"{HOST}, for example 'vision.example.ai'"),
        ("", f"{HOST}, for example 'vision.example.com'"),
        (None, f"{HOST}, for example 'none'"),
        ("10.0.0.1", "use a DNS name, not an IP address, for example 'vision.example.com'"),
        (f"{'a' * 64}.example.ai", f"use at most 63 characters between two dots, for example '{'a' * 63}.example.ai'"),
        ("*.example.ai", "list each host, without '*', for example 'example.ai'"),
        (
            "https://vision.example.ai:8443/ai",
            "use a DNS name without scheme, port or path, for example 'vision.example.ai'",
        ),
    ],
)
def test_an_invalid_host_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
    assert check_host(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("*.example.ai", None),
        ("vision.example.ai", None),
        ("*", "use '*' only as '*.' in front of a DNS name, for example 'vision.example.com'"),
        ("a.*.example.ai", "use '*' only as '*.' in front of a DNS name, for example 'a.example.ai'"),
    ],
)
def test_a_wildcard_is_only_valid_where_allowed_and_in_front(value: str, reason: str | None) -> None:
    assert check_host(value, wildcard=True) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("/", None),
        ("/ai-service", None),
        ("/v1/", None),
        ("/a%20b", None),
        ("ai-service", "start with '/', for example '/ai-service'"),
        ("", "use an absolute path, for example '/ai-service'"),
        (7, "use an absolute path, for example '/ai-service'"),
        ("/a b", f"{PATH}, for example '/a%20b'"),
        ("/ai?q=1", f"{PATH}, for example '/ai'"),
        ("/é", f"{PATH}, for example '/%C3%A9'"),
        ("/a%2", f"{PATH}, for example '/a%252'"),
        ("/a//b", "leave out '//', for example '/a/b'"),
        ("/a/./b", "leave out '/./', for example '/a/b'"),
        ("/a/../b", "leave out '/../', for example '/a/b'"),
        ("/a/..", "leave out '/..', for example '/a'"),
        ("/a/.", "leave out '/.', for example '/a'"),
        ("/a%2fb", "leave out '%2f', for example '/a/b'"),
        ("/a%2Fb", "leave out '%2F', for example '/a/b'"),
        ("/" + "a" * 1024, "use at most 1024 characters, for example '/ai-service'"),
    ],
)
def test_an_invalid_path_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
    assert check_http_path(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [("/a//b/%2f/..", None), ("a", "start with '/', for example '/a'"), ("/a b", f"{PATH}, for example '/a%20b'")],
)
def test_an_implementation_specific_path_may_contain_what_a_prefix_may_not(value: str, reason: str | None) -> None:
    assert check_http_path(value, path_type="ImplementationSpecific") == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1, None),
        (65535, None),
        ("http", None),
        ("8080-tcp", None),
        (0, "use a number from 1 to 65535, for example 80"),
        (65536, "use a number from 1 to 65535, for example 80"),
        ("80", "use the number 80, without quotes"),
        ("0", f"{PORT_NAME}, for example 'http'"),
        ("HTTP port", f"{PORT_NAME}, for example 'http-port'"),
        ("http--1", f"{PORT_NAME}, for example 'http-1'"),
        ("a" * 16, f"{PORT_NAME}, for example '{'a' * 15}'"),
        (True, "use a whole number from 1 to 65535 or a port's name, for example 80 or 'http'"),
        (80.0, "use a whole number from 1 to 65535 or a port's name, for example 80 or 'http'"),
    ],
)
def test_an_invalid_port_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
    assert check_port(value) == reason

"""Deeply nested YAML is refused before a parser that would end the process sees it."""

from __future__ import annotations

import pytest
import yaml

from tenantkit.cluster.connection.go_yaml import YamlError
from tenantkit.cluster.connection.go_yaml import read_yaml as read_kubeconfig
from tenantkit.rules.yaml_nesting import MOST_LEVELS, check_nesting
from tenantkit.sandbox.apimachinery.yaml_text import read_yaml, repeated_in_yaml


def nested(levels: int) -> str:
    return "a: " + "[" * (levels - 1) + "]" * (levels - 1)


def test_a_thousand_levels_are_read_and_one_more_is_refused() -> None:
    check_nesting(nested(MOST_LEVELS))
    with pytest.raises(yaml.YAMLError, match="nesting depth"):
        check_nesting(nested(MOST_LEVELS + 1))


def test_only_the_first_document_counts() -> None:
    check_nesting(f"a: 1\n---\n{nested(2 * MOST_LEVELS)}")


@pytest.mark.parametrize("levels", [10 * MOST_LEVELS, 300 * MOST_LEVELS])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_no_depth_ends_the_process(opening: str, levels: int) -> None:
    text = ("a: " if opening in "[{a: " else "") + opening * levels

    with pytest.raises(YamlError):
        read_kubeconfig(text.encode())
    with pytest.raises(ValueError):  # noqa: PT011 (the server's message depends on the text)
        read_yaml(text.encode())
    assert repeated_in_yaml(text.encode()) == []

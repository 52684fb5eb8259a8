"""YAML as Go's libraries read it, which kubectl uses: what is text, a number or a truth value there is the same here.

Go takes `y` and `on` for true, as YAML 1.1 does, but `1:20` and dates for text, and `1e3` for a number, where PyYAML
takes the opposite. Only the first document counts, the last of two equal keys wins, and the encoding is that of the
byte order mark, else UTF-8, whatever the locale is.
Source: Go's packages go.yaml.in/yaml/v2 (resolve.go) and sigs.k8s.io/yaml.
"""

from __future__ import annotations

import codecs
import math
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from tenantkit.rules.yaml_nesting import check_nesting

if TYPE_CHECKING:
    from collections.abc import Hashable

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | int | float | bool | None"

_TAG = "tag:yaml.org,2002:"
_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LARGEST = 1 << 64
_DIGITS_LIMIT = 400  # Go takes a longer number for text, and reading it is slow
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class YamlError(ValueError):
    """It is not YAML; the text says where, and quotes nothing."""


def read_yaml(content: bytes) -> Tree:
    """The first document; None if there is none.

    Raises:
        YamlError: it is not valid.
    """
    text = _decoded(content)
    loader = _Loader(text)
    try:
        check_nesting(text)
        return loader.get_data() if loader.check_data() else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        # The error's own text quotes the file, which may hold tokens.
        raise YamlError(f"it is not valid YAML{where}") from None
    except RecursionError:
        raise YamlError("its YAML is nested too deeply") from None
    except ValueError:
        raise YamlError("it holds a number that is not finite, or that does not fit its YAML tag") from None
    finally:
        loader.dispose()


def _decoded(content: bytes) -> str:
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", "utf-8"))
    try:
        return content.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError:
        what = "UTF-8" if encoding == "utf-8" else "UTF-16"
        raise YamlError(f"it is not {what} text") from None


def _tag_of(plain: str) -> str:
    """The tag of a scalar without quotes."""
    if plain in _TRUE or plain in _FALSE:
        return f"{_TAG}bool"
    if plain in _NULL:
        return f"{_TAG}null"
    if plain == "<<":
        return f"{_TAG}merge"
    return _tag_of_number(plain)


def _tag_of_number(plain: str) -> str:
    digits = plain.replace("_", "") if plain[0] in "+-0123456789" else plain
    if len(digits) <= _DIGITS_LIMIT:
        if _INT.fullmatch(digits) and _fits(digits):
            return f"{_TAG}int"
        if _SPECIAL_FLOAT.fullmatch(plain) or (_FLOAT.fullmatch(digits) and not math.isinf(float(digits))):
            return f"{_TAG}float"
    return f"{_TAG}str"


def _fits(digits: str) -> bool:
    value = _integer(digits)
    return -_LARGEST // 2 <= value < (_LARGEST if digits[0] not in "+-" else _LARGEST // 2)


def _integer(digits: str) -> int:
    sign, bare = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
    if len(bare) > 1 and bare[0] == "0" and bare[1].isdigit():
        return sign * int(bare, 8)
    return sign * int(bare, 0)


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # with tabs between JSON's parts, which only libyaml reads


class _Loader(_Base):  # type: ignore[misc]
    """PyYAML's loader with Go's rules for scalars and keys."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _tag_of(value)
        return str(super().resolve(kind, value, implicit))

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 (PyYAML's)
        if isinstance(node, yaml.MappingNode):
            self.flatten_mapping(node)
        return {self._key(key): self.construct_object(value, deep=deep) for key, value in node.value}

    def _key(self, node: yaml.Node) -> str:
        key = self.construct_object(node, deep=True)
        if isinstance(key, bool):
            return "true" if key else "false"
        if not isinstance(key, str | int | float):
            raise yaml.constructor.ConstructorError(problem="a key is not text", problem_mark=node.start_mark)
        return key if isinstance(key, str) else f"{key:g}" if isinstance(key, float) else str(key)


def _construct_bool(loader: Any, node: yaml.ScalarNode) -> bool:
    text = loader.construct_scalar(node)
    if text not in _TRUE | _FALSE:
        raise ValueError
    return text in _TRUE


def _construct_int(loader: Any, node: yaml.ScalarNode) -> int:
    return _integer(loader.construct_scalar(node).replace("_", ""))


def _construct_float(loader: Any, node: yaml.ScalarNode) -> float:
    """A finite number: Go has no JSON for another one, and refuses the file."""
    return float(loader.construct_scalar(node).replace("_", ""))


def _construct_text(loader: Any, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _construct_binary(loader: Any, node: yaml.ScalarNode) -> str:
    return str(loader.construct_yaml_binary(node).decode())


def _construct_tagged(loader: Any, _tag: str, node: yaml.Node) -> Any:
    """A value with a tag that Go does not know, which ignores the tag."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    is_list = isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node, deep=True) if is_list else loader.construct_mapping(node, deep=True)


_CONSTRUCTORS = (
    ("bool", _construct_bool),
    ("int", _construct_int),
    ("float", _construct_float),
    ("timestamp", _construct_text),
    ("binary", _construct_binary),
    ("merge", _construct_text),
)
for _name, _construct in _CONSTRUCTORS:
    _Loader.add_constructor(f"{_TAG}{_name}", _construct)
_Loader.add_multi_constructor("!", _construct_tagged)

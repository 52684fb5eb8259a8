"""Regular expressions: `'v1.37'.find('[0-9]+')` and `findAll`.

The engine's own regular expressions are used, in time proportional to the text, since Python's are not.

Source: page "Common Expression Language in Kubernetes"; apiserver's pkg/cel/library/regex.go, 1.37.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from tenantkit.sandbox.cel.engine import engine
from tenantkit.sandbox.cel.libraries.declare import Overload

# a group, unless its parenthesis is escaped or in a class
_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?P?<\w+>)?(?!\?)", re.DOTALL)


@cache
def _extract() -> Any:
    cel = engine()
    config = cel.NewEnvConfigFromYaml("name: regex\nextensions:\n  - name: optional\n  - name: regex\n")
    environment = cel.NewEnv(config=config, variables={"text": cel.Type.STRING, "pattern": cel.Type.STRING})
    return environment.compile("regex.extractAll(text, pattern)")


def _find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    """All matches, or the first `most`."""
    # the engine returns a match's only group instead of the match
    plain = _GROUP.sub(lambda match: "(?:" if match[0].startswith("(") else match[0], pattern)
    found = _extract().eval(data={"text": text, "pattern": plain})
    if found.type() == engine().Type.ERROR:
        raise ValueError(f"Illegal regex: {found.value()}")
    return [str(item) for item in found.plain_value()][: None if most < 0 else most]


REGEX_LIBRARY = (
    Overload("find", ["string", "string"], "string", lambda text, pattern: next(iter(_find_all(text, pattern)), "")),
    Overload("findAll", ["string", "string"], "list(string)", _find_all),
    Overload("findAll", ["string", "string", "int"], "list(string)", _find_all),
)

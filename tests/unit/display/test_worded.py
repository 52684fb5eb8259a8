"""Why something is incomplete is said in the words of the surface that shows it, also after operations of pandas."""

from __future__ import annotations

import copy
import json
import pickle

import pandas as pd
import pytest

from tenantkit.cli.reading import frame_json, frame_table
from tenantkit.display.frame import Frame
from tenantkit.exceptions import PermissionDenied, Worded, words_of
from tenantkit.hints import Hint

REFUSAL = PermissionDenied("you may not list pods", status=403, hint=Hint("{whoami} shows the user"))
PYTHON, SHELL = (f"you may not list pods; {it} shows the user" for it in ("tk.whoami(cluster)", "`tenantkit whoami`"))


def frame(rows: int) -> pd.DataFrame:
    made = Frame({"a": pd.array(["x"] * rows, "string")})
    made.attrs["incomplete"] = {"Pod": Worded.of(REFUSAL)}
    return made


@pytest.mark.parametrize("rows", [0, 1])
def test_the_command_line_has_its_own_words(rows: int) -> None:
    shown = frame(rows)

    assert f"Incomplete, Pod: {PYTHON}" in repr(shown)
    assert f"Incomplete, Pod: {SHELL}" in frame_table(shown)
    assert frame_json(shown)["incomplete"] == {"Pod": SHELL}
    assert frame_json(shown.head(1).copy())["incomplete"] == {"Pod": SHELL}


def test_a_text_in_several_words_is_a_text_in_pythons_words() -> None:
    text = Worded.of(REFUSAL)

    for each in (text, copy.deepcopy(text), pickle.loads(pickle.dumps(text))):  # noqa: S301 (our own)
        assert each == PYTHON
        assert words_of(each, "shell") == SHELL
    assert json.dumps(text) == json.dumps(PYTHON)
    assert words_of("any other", "shell") == "any other"

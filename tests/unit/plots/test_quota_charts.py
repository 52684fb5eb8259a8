"""Pictures of quotas: what is drawn, in which words it is described, and that it can be read."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from tenantkit.display.colours import FULL, LOOKS, NEAR, Theme, blend, ink_on
from tenantkit.exceptions import InvalidSpecError, MissingExtraError
from tenantkit.frames.quota import STATES, quota_frame
from tenantkit.plots.quota_charts import quota_bars, quota_heatmap

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.display.colours import Look
    from tenantkit.display.pictures import Picture
    from tenantkit.rules.manifest import Manifest

THEMES = get_args(Theme)
# What is seen without the red, the green, the blue cones (Machado, Oliveira and Fernandes 2009, severity 1).
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def quota(tenant: str, *, name: str = "tenantkit-quota", **entries: tuple[str | None, str]) -> Manifest:
    """A quota with used and hard by resource, written `requests_cpu` or `count__jobs`; None is not counted yet."""
    spelled = {resource.replace("__", "/").replace("_", "."): entry for resource, entry in entries.items()}
    hard = {resource: amount for resource, (_, amount) in spelled.items()}
    used = {resource: amount for resource, (amount, _) in spelled.items() if amount is not None}
    labels = {"tenantkit.dev/tenant": tenant}
    return {
        "metadata": {"name": name, "namespace": tenant, "labels": labels},
        "spec": {"hard": hard},
        "status": {"hard": hard, "used": used},
    }


def sample() -> pd.DataFrame:
    """Two tenants with an entry in each state."""
    return quota_frame(
        [
            quota(
                "speech",
                requests_cpu=("3900m", "4"),
                pods=(None, "10"),
                services=("0", "0"),
                requests_memory=("1Gi", "2Gi"),
                count__httproutes=(None, "10"),
            ),
            quota(
                "vision",
                requests_cpu=("4", "4"),
                pods=("12", "10"),
                services=("0", "0"),
                requests_memory=("1Mi", "2Gi"),
            ),
        ]
    )


def texts(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.figure.axes[0].texts]


def test_the_sample_has_every_state() -> None:
    assert sorted(set(sample()["state"])) == sorted(STATES)


def test_the_heat_map_prints_each_number() -> None:
    assert texts(quota_heatmap(sample())) == [
        "Quota used",
        "percent of the quota, 2 tenants",
        *["requests.cpu", "requests.memory", "pods"],
        *["speech", "vision"],
        *["?", "97 %", "50 %"],
        *["120 %", "100 %", "0 %"],
        *["0 to 79 %", "near: from 80 %", "full or over", "not counted yet"],
    ]


def test_the_alternative_text_of_the_heat_map_has_what_needs_attention() -> None:
    assert repr(quota_heatmap(sample())) == (
        "Quota used, of 2 tenants and 3 resources. Over: vision pods. Full: vision requests.cpu. "
        "Near: speech requests.cpu. Not counted yet: speech pods."
    )


def test_the_bars_of_one_tenant_have_used_and_free_amounts() -> None:
    picture = quota_bars(sample(), "vision")

    assert texts(picture) == [
        "Quota of vision",
        "used part of the quota",
        *["requests.cpu", "100 %", "4 of 4 cores used, 0 cores free"],
        *["requests.memory", "0 %", "1 MiB of 2 GiB used, 2 GiB free"],
        *["pods", "120 %", "12 of 10 used, 2 over"],
        "near: 80 %",
        "nothing granted: services",
    ]
    assert picture.alt == (
        "Quota of vision. requests.cpu: 4 of 4 cores used, 0 cores free (full); requests.memory: 1 MiB of 2 GiB used, "
        "2 GiB free; pods: 12 of 10 used, 2 over; nothing granted: services."
    )


def test_the_bars_of_all_tenants_are_the_sum_of_counted_entries() -> None:
    assert quota_bars(sample()).alt == (
        "Quota of 2 tenants. requests.cpu: 7.9 of 8 cores used, 0.1 cores free (near); requests.memory: 1 GiB of 4 GiB "
        "used, 3 GiB free; pods: 12 of 10 used, 2 over, 1 more not counted yet; nothing granted: services."
    )


def test_a_bar_that_is_not_counted_yet_says_so() -> None:
    picture = quota_bars(quota_frame([quota("new", pods=(None, "10"))]))

    assert texts(picture)[2:5] == ["pods", "?", "of 10, not counted yet"]
    assert picture.alt == "Quota of new. pods: of 10, not counted yet."


@pytest.mark.parametrize(
    ("used", "hard", "number"),
    [
        ("999", "1000", "99 %"),
        ("1000", "1000", "100 %"),
        ("1001", "1000", "101 %"),
        ("1", "0", "over"),
        ("1", "3", "33 %"),
    ],
)
def test_only_a_full_quota_is_100_percent(used: str, hard: str, number: str) -> None:
    assert texts(quota_bars(quota_frame([quota("a", pods=(used, hard))])))[3] == number


def test_the_fullest_of_many_tenants_are_shown_in_the_frames_order() -> None:
    used = {"a": "1", "b": "9", "c": "2", "d": "10"}
    frame = quota_frame([quota(name, pods=(amount, "10")) for name, amount in used.items()])

    picture = quota_heatmap(frame, limit=2)

    assert texts(picture)[1:5] == ["percent of the quota, the 2 fullest of 4 tenants", "pods", "b", "d"]
    assert picture.alt.startswith(
        "Quota used, of the 2 fullest of 4 tenants and 1 resource. Full: d pods. Near: b pods."
    )


def test_resources_are_in_the_given_order() -> None:
    assert texts(quota_heatmap(sample(), resources=["pods", "requests.cpu"]))[2:4] == ["pods", "requests.cpu"]


def test_a_tenant_with_several_quotas_has_a_row_for_each() -> None:
    frame = quota_frame(
        [quota("a", pods=("1", "2")), quota("a", name="extra", pods=("2", "2")), quota("b", pods=("1", "2"))]
    )

    assert texts(quota_heatmap(frame))[3:6] == ["a (extra)", "a (tenantkit-quota)", "b"]


def test_a_quota_that_grants_nothing_to_some_pods_is_left_out() -> None:
    without = quota("a", name="tenantkit-priority", pods=("0", "0"))
    scopes = [{"scopeName": "PriorityClass", "operator": "Exists"}]
    without["spec"]["scopeSelector"] = {"matchExpressions": scopes}
    frame = quota_frame([quota("a", pods=("1", "2")), without])

    assert repr(quota_heatmap(frame)) == repr(quota_heatmap(quota_frame([quota("a", pods=("1", "2"))])))
    assert repr(quota_bars(frame)) == "Quota of a. pods: 1 of 2 used, 1 free."


@pytest.mark.parametrize("plot", [quota_heatmap, quota_bars])
def test_an_empty_frame_is_a_picture_that_says_so(plot: Any) -> None:
    assert repr(plot(quota_frame([]))) == "No quota to show."
    assert texts(plot(quota_frame([]))) == ["No quota to show."]


def test_a_quota_that_grants_nothing_is_not_an_empty_grid() -> None:
    frame = quota_frame([quota("a", services=("0", "0"))])

    assert repr(quota_heatmap(frame)) == "No quota to show."
    assert repr(quota_bars(frame)) == "Quota of a. nothing granted: services."


def test_texts_from_the_cluster_are_not_parsed_and_are_escaped_on_the_page() -> None:
    hostile = '"><script>alert(1)</script>$x^2$\x1b[31m'
    picture = quota_bars(quota_frame([quota(hostile, pods=("1", "2"))]))

    title = picture.figure.axes[0].texts[0]
    assert (title.get_parse_math(), "\x1b" in title.get_text()) == (False, False)
    assert "<script>" not in picture._repr_html_()
    assert "\x1b" not in picture.alt
    assert picture.png()


def test_a_picture_shows_itself_as_an_image_with_alternative_text() -> None:
    picture = quota_bars(sample(), "vision", theme="dark")

    data, shown = picture._repr_mimebundle_()

    assert list(data) == ["text/html", "image/png", "text/plain"]
    assert data["text/html"] == picture._repr_html_()
    assert data["text/html"].startswith(f'<img alt="{picture.alt}" src="data:image/png;base64,')
    assert "background: #111111" in data["text/html"]
    assert base64.b64decode(data["image/png"]) == picture.png()
    assert data["text/plain"] == picture.alt
    height, width, _ = imread(io.BytesIO(picture.png())).shape
    size = {"width": round(width * 96 / 144), "height": round(height * 96 / 144)}
    assert shown == {"image/png": {**size, "needs_background": "dark"}}


def test_a_picture_without_a_theme_follows_the_page() -> None:
    picture = quota_bars(sample(), "vision")
    dark = quota_bars(sample(), "vision", theme="dark")

    html = picture._repr_html_()

    assert html.count(f'<img alt="{picture.alt}" src="data:image/png;base64,') == 2
    light_image, dark_image = html.split("<img ")[1:]
    assert base64.b64encode(picture.png()).decode() in light_image
    assert base64.b64encode(dark.png()).decode() in dark_image
    assert ("display: none" in light_image, "background: #ffffff" in light_image) == (False, True)
    assert ("display: none" in dark_image, "background: #111111" in dark_image) == (True, True)
    assert picture._repr_mimebundle_()[0]["image/png"] == base64.b64encode(picture.png()).decode()


def test_a_picture_is_reproducible_and_has_a_transparent_background() -> None:
    first, second = quota_heatmap(sample()).png(), quota_heatmap(sample()).png()

    assert first == second
    assert imread(io.BytesIO(first))[0, 0, 3] == 0


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_has_enough_contrast(theme: Theme) -> None:
    picture = quota_heatmap(sample(), theme=theme)
    boxes = [patch for patch in picture.figure.axes[0].patches if isinstance(patch, Rectangle)]

    for text in picture.figure.axes[0].texts:
        x, y = text.get_position()
        under = [
            box
            for box in boxes
            if box.get_x() < x < box.get_x() + box.get_width() and box.get_y() < y < box.get_y() + box.get_height()
        ]
        filled = [colour for box in under if to_rgba(colour := box.get_facecolor())[3] > 0]
        ground = filled[-1] if filled else LOOKS[theme].ground
        assert contrast(text.get_color(), ground) >= 4.5, text.get_text()


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_the_text_on_each_shade_has_enough_contrast(look: Look) -> None:
    for share in np.linspace(0, 1, 41):
        shade = blend(look.least, look.most, float(share))
        assert contrast(ink_on(shade), shade) >= 4.5


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_states_differ_for_every_kind_of_colour_vision(look: Look, blindness: str) -> None:
    seen = [np.clip(BLINDNESS[blindness] @ linear(colour), 0, 1) for colour in (look.least, look.most, NEAR, FULL)]

    for place, first in enumerate(seen):
        for second in seen[place + 1 :]:
            assert np.linalg.norm(lab(first) - lab(second)) > 25


def test_another_frame_is_refused_with_the_missing_columns() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        quota_heatmap(sample()[["tenant", "namespace", "quota", "resource", "unit", "used", "hard"]])

    assert caught.value.reason == "does not have the columns used_pct, state"


def test_an_unknown_tenant_or_theme_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        InvalidSpecError, match=r"^tenant='x': is not in this frame, which has the tenants speech, vision$"
    ):
        quota_bars(sample(), "x")
    with pytest.raises(InvalidSpecError, match=r"^theme='grey': use one of 'light', 'dark'$"):
        quota_heatmap(sample(), theme="grey")  # type: ignore[arg-type]
    with pytest.raises(InvalidSpecError, match=r"^theme=\['light'\]: use one of 'light', 'dark'$"):
        quota_heatmap(sample(), theme=["light"])  # type: ignore[arg-type]
    with pytest.raises(InvalidSpecError, match=r"^tenant='x': is not in this frame, which has no tenants$"):
        quota_bars(sample().head(0), "x")


def test_without_matplotlib_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingExtraError, match=r'^plots need matplotlib: pip install "tenantkit\[plots\]"$'):
        quota_heatmap(sample())


def test_pyplot_is_not_used() -> None:
    code = (
        "import sys; import tenantkit as tk; from tests.unit.plots.test_quota_charts import sample;"
        "tk.plots.quota_bars(sample()).png(); print('matplotlib.pyplot' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def linear(colour: Any) -> Any:
    channels = np.array(to_rgb(colour))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(first: Any, second: Any) -> float:
    """WCAG 2's contrast ratio."""
    light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (first, second))
    return (light[1] + 0.05) / (light[0] + 0.05)


def lab(rgb: Any) -> Any:
    """CIE L*a*b* of a linear RGB colour, in which distances are about as the eye sees them."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    scaled = xyz / [0.9505, 1, 1.089]
    root = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("resources", ["requests.cpu", 5, [None], {"requests.cpu": 1}])
def test_resources_that_are_not_a_list_of_names_are_refused(resources: Any) -> None:
    with pytest.raises(InvalidSpecError, match=r"resources=.*: use a list, for example \['requests.cpu'\]"):
        quota_heatmap(sample(), resources=resources)

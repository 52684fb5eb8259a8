"""`TenantForm` on a real page: by mouse, by keyboard only, with double clicks, and in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.form_page import FormPage

_COUNT_APPLIES = """from tenantkit.forms.tenant import form as module

def counted(*arguments, apply=module.apply, **options):
    applies.append(1)
    return apply(*arguments, **options)

applies, module.apply = [], counted"""

# Text with a contrast below 4.5 to 1 (WCAG 2.2, 1.4.3, which exempts disabled elements).
_FAINT = """root => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    const scale = text.startsWith('color(') ? 255 : 1;  // of color-mix
    return [r * scale, g * scale, b * scale, a];
  };
  const over = (top, below) => top.slice(0, 3).map((it, i) => it * top[3] + below[i] * (1 - top[3]));
  const behind = element => {
    if (!element) return [255, 255, 255];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  const luminance = color => {
    const [r, g, b] = color.map(it => it / 255).map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = element => {
    const ground = behind(element);
    const pair = [luminance(over(parse(getComputedStyle(element).color), ground)), luminance(ground)];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  return Array.from(root.querySelectorAll('*'))
    .filter(it => it.checkVisibility() && !it.matches(':disabled, :disabled *'))
    .filter(it => it.value || Array.from(it.childNodes).some(node => node.nodeType === 3 && node.data.trim()))
    .map(it => [(it.value || it.textContent).trim().slice(0, 40), it.className, Math.round(ratio(it) * 100) / 100])
    .filter(([, , found]) => found < 4.5);
}"""


def expect_ingress(cluster: Cluster, name: str, url: str) -> None:
    """The address on the page is that of the Ingress in the cluster."""
    address = urlsplit(url)
    (ingress,) = cluster.list("Ingress", namespace=name)
    backend: dict[str, Any] = {"service": {"name": "ai-service", "port": {"number": 80}}}
    path = {"path": address.path, "pathType": "Prefix", "backend": backend}
    assert ingress["spec"] == {"rules": [{"host": address.netloc, "http": {"paths": [path]}}]}
    assert url == f"http://{name}.example.ai/ai-service"


def test_a_form_filled_by_mouse_creates_the_tenant_and_shows_its_address(
    form: FormPage, cluster: Cluster, name: str
) -> None:
    expect(form.button("Apply")).to_be_disabled()

    form.fill_small(name)
    form.plan()
    assert cluster.list("Namespace", field_selector=f"metadata.name={name}") == []
    form.apply()

    expect(form.root.get_by_role("heading", name=f"Tenant {name}")).to_be_visible()
    expect_ingress(cluster, name, form.url)


def test_a_form_filled_by_keyboard_only_creates_the_tenant_and_shows_its_address(
    form: FormPage, cluster: Cluster, name: str
) -> None:
    keys = form.page.keyboard
    form.field("Name").focus()

    keys.type(name)
    keys.press("Tab")
    keys.type("ml-vision")
    keys.press("Tab")
    keys.press("Space")  # the first size
    expect(form.size("small").get_by_role("radio")).to_be_checked()
    for _ in ("medium", "large", "owners"):
        keys.press("Tab")
    keys.type("dana@example.com")
    for _ in ("hosts", "expires", "protected", "editors", "viewers", "add route"):
        keys.press("Tab")
    keys.press("Enter")
    expect(form.field("Service")).to_be_visible()
    for _ in ("remove", "host", "path", "port", "service"):
        keys.press("Shift+Tab")
    keys.type("ai-service")
    keys.press("Tab")
    keys.type("80")
    keys.press("Tab")
    keys.type("/ai-service")
    for _ in ("host", "remove", "add route", "plan"):
        keys.press("Tab")
    expect(form.button("Plan")).to_be_focused()
    form.expect_code(name)
    keys.press("Enter")
    form.expect_panel("Planned")
    expect(form.button("Apply")).to_be_enabled()
    keys.press("Tab")
    expect(form.button("Apply")).to_be_focused()
    keys.press("Space")
    form.expect_panel("Done")

    expect_ingress(cluster, name, form.url)


def test_a_double_click_on_apply_applies_once(form: FormPage, name: str) -> None:
    form.notebook.run(_COUNT_APPLIES)
    form.fill_small(name)
    form.plan()

    form.button("Apply").dblclick()
    form.expect_panel("Done")

    assert form.notebook.run("print(len(applies))").inner_text().strip() == "1"
    form.expect_panel("Done")


def test_all_text_of_the_form_has_enough_contrast_in_both_themes(
    form: FormPage, picture: Callable[[str], Path]
) -> None:
    form.fill_small("vision")
    form.plan()
    form.notebook.draw(form.root, picture("notebooks/images/tenant-form.png"))
    faint = {}
    try:
        for theme, file in (
            ("JupyterLab Dark", "docs/images/tenant-form-dark.png"),
            ("JupyterLab Light", "docs/images/tenant-form.png"),
        ):
            form.notebook.set_theme(theme)
            form.notebook.draw(form.root, picture(file))
            faint[theme] = form.page.evaluate(_FAINT, form.root.element_handle())
    finally:
        form.notebook.set_theme("JupyterLab Light")

    assert faint == {"JupyterLab Dark": [], "JupyterLab Light": []}

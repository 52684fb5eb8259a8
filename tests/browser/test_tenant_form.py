"""`TenantForm` on a real page: by mouse, by keyboard only, with double clicks, and in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.contrast import FAINT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.browser.form_page import FormPage

_COUNT_APPLIES = """from tenantkit.forms.kit import plan_form as module

def counted(*arguments, apply=module.apply, **options):
    applies.append(1)
    return apply(*arguments, **options)

applies, module.apply = [], counted"""


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
    keys.press("Tab")
    keys.type("dana@example.com")
    for _ in ("hosts", "expires"):
        keys.press("Tab")
    keys.type("03312027")  # the parts of the picker, which takes them in the order of the reader's language
    keys.press("Tab")
    keys.type("0600PM")
    form.field("Protected").focus()
    for _ in ("editors", "viewers", "add route"):
        keys.press("Tab")
    keys.press("Enter")
    expect(form.field("Service")).to_be_focused()
    keys.type("ai-service")
    keys.press("Tab")
    keys.type("80")
    keys.press("Tab")
    keys.type("/ai-service")
    for _ in ("host", "remove", "add route", "plan"):
        keys.press("Tab")
    expect(form.button("Plan")).to_be_focused()
    form.expect_code(name)
    expect(form.root.locator(".tk-code pre").first).to_contain_text('expires="2027-03-31T18:00:00+00:00"')
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


def test_all_text_and_all_borders_of_the_form_have_enough_contrast_in_both_themes(
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
            faint[theme] = form.page.evaluate(FAINT, form.root.element_handle())
    finally:
        form.notebook.set_theme("JupyterLab Light")

    assert faint == {"JupyterLab Dark": [], "JupyterLab Light": []}

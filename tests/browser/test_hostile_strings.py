"""Strings that would be markup, script, formulas or terminal codes, in every place that can hold one: only text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.rules.manifest import ObjectRef, ref_of
from tests.browser.form_page import FormPage
from tests.browser.notebook_page import SLOW_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.browser.notebook_page import NotebookPage

HOSTILE = {
    "script": "<script>window.__pwned=1;alert(1)</script>",
    "image": '<img src=x onerror="window.__pwned=1;alert(1)">',
    "attribute": "\"'><svg onload=window.__pwned=1 onmouseover=window.__pwned=1>",
    "closing": "</pre></style></textarea></div><h1>owned</h1>",
    "formula": '=HYPERLINK("http://127.0.0.1:9/x","free GPUs")',
    "markdown": "[free](javascript:window.__pwned=1) $\\href{javascript:alert(1)}{x}$ `x` &lt;b&gt;",
    "terminal": "\x1b[31mred\x1b[0m\x07\x1b]8;;http://127.0.0.1:9\x07link",
    "emoji": "🦊👩‍🔬 ﷽ z̸̢̛",
    "right to left": "שלום \u202egnp.exe",
}
MEGABYTE = HOSTILE["script"] + "x" * 1_000_000
INPUTS = (
    "Name",
    "Team",
    "Owners, one a line",
    "Further hosts, one a line",
    "Expires",
    "Editors, one a line",
    "Viewers, one a line",
    "Service",
    "Port",
    "Path",
    "Host",
)
# Nothing that tenantkit draws itself is one of these: each would have been made of a string.
_MADE = (
    "script, img, svg, iframe, object, embed, h1, math, mjx-container, .MathJax, a:not([href^='http']), "
    "[onerror], [onload], [onmouseover]"
)


def expect_nothing_made(notebook: NotebookPage, root: Locator, *, but: str = "") -> None:
    """Nothing on the page was made of a string; `but` is what a library makes of its own."""
    made = root.locator(_MADE).evaluate_all(
        "(made, but) => made.filter(it => !(but && it.closest(but))).map(it => it.outerHTML)", but
    )
    assert made == [], root.all_inner_texts()
    assert notebook.page.evaluate("window.__pwned === undefined")
    assert notebook.dialogs == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_is_typed_stays_text(kind: str, form: FormPage) -> None:
    hostile = HOSTILE[kind]
    form.button("Add route").click()
    for label in INPUTS:
        form.field(label).fill(hostile)

    # what is said of the last field moves the button away from the mouse
    expect(form.root.locator(".tk-route .tk-error").filter(has_text="Host:")).to_be_visible()
    form.button("Plan").click()
    form.expect_said("Correct what is marked above")

    expect_nothing_made(form.notebook, form.root)
    for label in INPUTS:
        expect(form.field(label)).to_have_value(hostile)


def test_what_a_cluster_may_hold_stays_text_in_plan_result_code_and_tables(notebook: NotebookPage, name: str) -> None:
    """A person may have nearly any name, so these go through the form, the cluster, and back into a notebook."""
    people = [text for text in HOSTILE.values() if text.isprintable()]
    form = FormPage.show(notebook)
    form.fill_small(name)
    form.field("Viewers, one a line").fill("\n".join(people))
    form.plan()
    for code in form.root.locator(".tk-code pre").all():
        expect(code).to_contain_text(HOSTILE["script"])
    expect_nothing_made(notebook, form.root)
    form.apply()
    expect_nothing_made(notebook, form.root)

    again = FormPage.show(notebook, f"cluster, {name!r}")
    expect(again.field("Viewers, one a line")).to_have_value("\n".join(people))
    expect_nothing_made(notebook, again.root)
    for source in (
        f"tk.plan(cluster, tk.Tenant(**tk.get_tenant(cluster, {name!r}).model_dump(exclude={{'viewers'}})))",
        f"tk.get_tenant(cluster, {name!r})",
        "tk.tenants(cluster)",
        f"print(tk.get_tenant(cluster, {name!r}))",
    ):
        expect_nothing_made(notebook, notebook.run(source))


SHOWN = (
    "tk.pods(cluster, namespaces=[{0!r}])",
    "tk.styled(tk.pods(cluster, namespaces=[{0!r}]))",
    "tk.workloads(cluster, namespaces=[{0!r}])",
    "tk.events(cluster, namespaces=[{0!r}])",
    "print(tk.events(cluster, namespaces=[{0!r}]).query('reason != \"Big\"').to_string())",
    "tk.resources(cluster, 'Pod', namespaces=[{0!r}])",
    "tk.why(cluster, namespaces=[{0!r}])",
    "tk.styled(tk.why(cluster, namespaces=[{0!r}]))",
    "print(*tk.why(cluster, namespaces=[{0!r}])['evidence'], sep='\\n')",
    "tk.quota_holders(cluster, {0!r})",
    "tk.styled(tk.quota_holders(cluster, {0!r}))",
    "tk.services(cluster, namespaces=[{0!r}])",
    "tk.styled(tk.services(cluster, namespaces=[{0!r}]))",
    "tk.volumes(cluster, namespaces=[{0!r}])",
    "tk.routes(cluster, namespaces=[{0!r}])",
    "tk.styled(tk.routes(cluster, namespaces=[{0!r}]))",
    "tk.nodes(cluster)",
    "tk.styled(tk.nodes(cluster))",
)
# A picture is an image, and its words are that image's own; anything else would have been made of a string.
DRAWN = (
    "tk.plots.quota_heatmap(tk.quota_usage(cluster, namespaces=[{0!r}]))",
    "tk.plots.quota_bars(tk.quota_usage(cluster, namespaces=[{0!r}]))",
    "tk.plots.gpus(tk.nodes(cluster), tk.pods(cluster, namespaces=[{0!r}]))",
)


def hostile_objects(namespace: str) -> Iterator[Manifest]:
    """What a server takes: whatever a person, an image or an annotation may be called, and a controller may say."""
    big = "x" * 200_000 + HOSTILE["script"]  # of all annotations a server takes 256 KiB together
    for number, hostile in enumerate(HOSTILE.values()):
        said = {"annotations": {"opendatahub.io/username": hostile, "example.com/note": hostile}}
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{number}", "namespace": namespace, **said},
            "spec": {
                "schedulerName": "nobody",
                "containers": [
                    {
                        "name": "main",
                        "image": hostile.strip(),
                        "args": [hostile],
                        "env": [{"name": "TEXT", "value": hostile}],
                        "terminationMessagePath": hostile,
                    }
                ],
            },
        }
        yield {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"e{number}", "namespace": namespace, **said},
            "involvedObject": {"kind": "Pod", "name": f"p{number}", "namespace": namespace},
            "type": "Warning",
            "reason": hostile,
            "message": hostile,
            "source": {"component": hostile},
        }
    yield from hostile_neighbours(namespace)
    yield {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "big", "namespace": namespace, "annotations": {"example.com/big": big}},
        "spec": {"containers": [{"name": "main", "image": "big"}]},
    }


def hostile_neighbours(namespace: str) -> Iterator[Manifest]:
    """Of the other kinds, where a server takes any text: annotations and paths, not names, labels or classes."""
    everything = {f"example.com/{number}": hostile for number, hostile in enumerate(HOSTILE.values())}
    metadata = {"name": "n", "namespace": namespace, "annotations": everything, "labels": {TENANT_LABEL: namespace}}
    paths = [f"/{it}".strip() for it in HOSTILE.values() if it.isprintable() and "//" not in it and "%" not in it]
    backend = {"service": {"name": "n", "port": {"number": 80}}}
    rule = {
        "http": {"paths": [{"path": path, "pathType": "ImplementationSpecific", "backend": backend} for path in paths]}
    }
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
    yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim}
    yield {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"pods": "50"}}}
    yield {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {"rules": [rule]}}
    yield {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "big", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": "big", "namespace": namespace},
        "type": "Warning",
        "reason": "Big",
        "message": MEGABYTE,
    }


@pytest.fixture
def hostile_namespace(cluster: Cluster, name: str) -> Iterator[str]:
    """A namespace full of them, in what pods' kubelets say, too."""
    labels = {TENANT_LABEL: name, MANAGED_BY_LABEL: MANAGED_BY}
    made = cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    for manifest in hostile_objects(name):
        cluster.create(manifest)
    for number, hostile in enumerate(HOSTILE.values()):
        reason = "ErrImagePull" if number % 2 else hostile  # such as `why` knows, and such as nobody knows
        waiting = {"state": {"waiting": {"reason": reason, "message": hostile}}, "restartCount": 7}
        container = {"name": "main", "image": hostile, "imageID": hostile, "ready": False, **waiting}
        status = {"phase": "Pending", "message": hostile, "containerStatuses": [container]}
        change = {"op": "replace", "path": "/status", "value": status}
        cluster.patch_json(ObjectRef("v1", "Pod", f"p{number}", name), [change], subresource="status")
    waiting = {"state": {"waiting": {"reason": "ErrImagePull", "message": MEGABYTE}}, "restartCount": 0}
    container = {"name": "main", "image": "big", "imageID": "", "ready": False, **waiting}
    big = {"phase": "Pending", "message": MEGABYTE, "containerStatuses": [container]}
    change = {"op": "replace", "path": "/status", "value": big}
    cluster.patch_json(ObjectRef("v1", "Pod", "big", name), [change], subresource="status")
    yield name
    cluster.delete(ref_of(made))


def test_whatever_runs_and_whatever_is_said_of_it_stays_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.forget()
    for source in SHOWN:
        output = notebook.run(source.format(hostile_namespace))
        expect(output.first).not_to_be_empty()
        expect_nothing_made(notebook, output)
        assert "x" * 1000 not in "".join(output.evaluate_all("all => all.map(it => it.innerHTML)")), source


def test_pictures_of_them_are_images_with_their_words_as_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.forget()
    for source in DRAWN:
        output = notebook.run(source.format(hostile_namespace))
        expect(output.locator("img")).to_have_count(1)
        expect_nothing_made(notebook, output, but="img[src^='data:image/png']")
        assert "x" * 1000 not in str(output.locator("img").get_attribute("alt"))


def test_the_quota_dashboard_shows_them_as_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.forget()
    output = notebook.run(f"view = tk.QuotaDashboard(cluster, namespaces=[{hostile_namespace!r}])\nview")
    expect(output.locator(".tk-state")).to_have_text("live", timeout=SLOW_MS)

    expect_nothing_made(notebook, output)
    assert "x" * 1000 not in output.inner_html()
    notebook.run("view.close()")


def test_a_table_to_be_searched_shows_them_as_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.forget()
    output = notebook.run(f"tk.styled(tk.events(cluster, namespaces=[{hostile_namespace!r}]), interactive=True)")
    expect(output.locator("table.dataTable")).to_be_visible(timeout=SLOW_MS)

    expect(output.last).to_contain_text(HOSTILE["script"])
    expect_nothing_made(notebook, output.last, but="script")  # the library's own


def test_the_explorer_shows_them_as_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.forget()
    output = notebook.run(f"view = tk.Explorer(cluster, namespaces=[{hostile_namespace!r}])\nview")
    expect(output.locator(".tk-state")).to_have_text("live", timeout=SLOW_MS)
    expect(output).to_contain_text(HOSTILE["script"])
    expect_nothing_made(notebook, output)
    notebook.run("view.why_button.click()")
    expect(output).to_contain_text("does not run", timeout=SLOW_MS)

    expect_nothing_made(notebook, output)
    assert "x" * 1000 not in output.inner_html()
    notebook.run("view.close()")

"""Markup, scripts, formulas and terminal codes stay text, in every place that can hold a string."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.rules.manifest import ObjectRef, ref_of
from tests.browser.form_page import FormPage
from tests.browser.hostile import HOSTILE, expect_nothing_made
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.browser.notebook_page import NotebookPage

MEGABYTE = HOSTILE["script"] + "x" * 1_000_000
INPUTS = (
    "Name",
    "Team",
    "Owners, one per line",
    "Additional hosts, one per line",
    "Editors, one per line",
    "Viewers, one per line",
    "Service",
    "Port",
    "Path",
    "Host",
)


# names without brackets, quotes and separators, which are refused
HOSTILE_NAMES = (
    "%3Cscript%3Ealert%3C/script%3E@x.com",
    "\\u003cscript\\u003ealert\\u003c/script\\u003e@x.com",
    "javascript:alert@x.com",
    "=1+1@x.com",
    "$\\alpha$*strong*@x.com",
    "שלום@x.com",
)


@pytest.mark.parametrize("kind", HOSTILE)
def test_typed_strings_stay_text(kind: str, form: FormPage) -> None:
    hostile = HOSTILE[kind]
    form.button("Add route").click()
    for label in INPUTS:
        form.field(label).fill(hostile)

    # the error of the last field moves the button away from the mouse
    expect(form.root.locator(".tk-route .tk-error").filter(has_text="Host:")).to_be_visible()
    form.button("Plan").click()
    form.expect_panel("Correct the fields marked above")

    expect_nothing_made(form.notebook, form.root)
    for label in INPUTS:
        expect(form.field(label)).to_have_value(hostile)


def test_user_names_stay_text_in_plan_result_code_and_tables(notebook: NotebookPage, name: str) -> None:
    """What a name may hold of markup passes through the form, the cluster, and back into a notebook."""
    people = list(HOSTILE_NAMES)
    form = FormPage.show(notebook)
    form.fill_small(name)
    form.field("Viewers, one per line").fill("\n".join(people))
    form.plan()
    for code in form.root.locator(".tk-code pre").all():
        expect(code).to_contain_text(HOSTILE_NAMES[0])
    expect_nothing_made(notebook, form.root)
    form.apply()
    expect_nothing_made(notebook, form.root)

    again = FormPage.show(notebook, f"cluster, {name!r}")
    expect(again.field("Viewers, one per line")).to_have_value("\n".join(sorted(people)))
    expect_nothing_made(notebook, again.root)
    for source in (
        f"tk.plan(cluster, tk.Tenant(**tk.get_tenant(cluster, {name!r}).model_dump(exclude={{'viewers'}})))",
        f"tk.get_tenant(cluster, {name!r})",
        "tk.tenants(cluster)",
        f"print(tk.get_tenant(cluster, {name!r}))",
    ):
        expect_nothing_made(notebook, notebook.run(source))


FRAMES = (
    "tk.pods(cluster, namespaces=[{0!r}])",
    "tk.workloads(cluster, namespaces=[{0!r}])",
    "tk.events(cluster, namespaces=[{0!r}])",
    "print(tk.events(cluster, namespaces=[{0!r}]).query('reason != \"Big\"').to_string())",
    "tk.resources(cluster, 'Pod', namespaces=[{0!r}])",
    "tk.why(cluster, namespaces=[{0!r}])",
    "print(*tk.why(cluster, namespaces=[{0!r}])['evidence'], sep='\\n')",
    "tk.quota_holders(cluster, {0!r})",
    "tk.services(cluster, namespaces=[{0!r}])",
    "tk.volumes(cluster, namespaces=[{0!r}])",
    "tk.routes(cluster, namespaces=[{0!r}])",
    "tk.nodes(cluster)",
)
# A picture is one image element; any other element would have been made of a string.
PICTURES = (
    "tk.plots.quota_heatmap(tk.quota_usage(cluster, namespaces=[{0!r}]))",
    "tk.plots.quota_bars(tk.quota_usage(cluster, namespaces=[{0!r}]))",
    "tk.plots.gpus(tk.nodes(cluster), tk.pods(cluster, namespaces=[{0!r}]))",
)


def hostile_objects(namespace: str) -> Iterator[Manifest]:
    """Objects that a server accepts, with hostile names of people and images, annotations and messages."""
    big = "x" * 200_000 + HOSTILE["script"]  # a server accepts 256 KiB of annotations per object
    for number, hostile in enumerate(HOSTILE.values()):
        metadata = {"annotations": {"opendatahub.io/username": hostile, "example.com/note": hostile}}
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{number}", "namespace": namespace, **metadata},
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
            "metadata": {"name": f"e{number}", "namespace": namespace, **metadata},
            "involvedObject": {"kind": "Pod", "name": f"p{number}", "namespace": namespace},
            "type": "Warning",
            "reason": hostile,
            "message": hostile,
            "source": {"component": hostile},
        }
    yield from hostile_objects_of_other_kinds(namespace)
    yield {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "big", "namespace": namespace, "annotations": {"example.com/big": big}},
        "spec": {"containers": [{"name": "main", "image": "big"}]},
    }


def hostile_objects_of_other_kinds(namespace: str) -> Iterator[Manifest]:
    """Hostile strings where a server accepts any text: in annotations and paths, not in names, labels or classes."""
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
    """A namespace full of hostile strings, also in the status of its pods."""
    labels = {TENANT_LABEL: name, MANAGED_BY_LABEL: MANAGED_BY}
    created = cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    eventually(lambda: cluster.get("ServiceAccount", "default", name))  # which its pods need
    for manifest in hostile_objects(name):
        cluster.create(manifest)
    for number, hostile in enumerate(HOSTILE.values()):
        reason = "ErrImagePull" if number % 2 else hostile  # a reason that `why` knows, and one that it does not
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
    cluster.delete(ref_of(created))


def test_strings_of_objects_stay_text_in_frames(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.delete_cells()
    for source in FRAMES:
        output = notebook.run(source.format(hostile_namespace))
        expect(output.first).not_to_be_empty()
        expect_nothing_made(notebook, output)
        assert "x" * 2001 not in "".join(output.evaluate_all("all => all.map(it => it.innerHTML)")), source


def test_pictures_are_images_with_their_strings_as_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.delete_cells()
    for source in PICTURES:
        output = notebook.run(source.format(hostile_namespace))
        expect(output.locator("img:visible")).to_have_count(1)  # the other one is for dark pages
        expect_nothing_made(notebook, output, but="img[src^='data:image/png']")
        assert "x" * 1000 not in str(output.locator("img:visible").get_attribute("alt"))


def test_the_quota_dashboard_shows_hostile_strings_as_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.delete_cells()
    output = notebook.run(f"view = tk.QuotaDashboard(cluster, namespaces=[{hostile_namespace!r}])\nview")
    expect(output.locator(".tk-state")).to_have_text("live")

    expect_nothing_made(notebook, output)
    assert "x" * 1000 not in output.inner_html()
    notebook.run("view.close()")


def test_the_explorer_shows_hostile_strings_as_text(notebook: NotebookPage, hostile_namespace: str) -> None:
    notebook.delete_cells()
    output = notebook.run(f"view = tk.Explorer(cluster, namespaces=[{hostile_namespace!r}])\nview")
    expect(output.locator(".tk-state")).to_have_text("live")
    expect(output).to_contain_text(HOSTILE["script"])
    expect_nothing_made(notebook, output)
    notebook.run("view.why_button.click()")
    expect(output).to_contain_text("Problems found for all workloads")

    expect_nothing_made(notebook, output)
    assert "x" * 1000 not in output.inner_html()
    notebook.run("view.close()")

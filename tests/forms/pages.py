"""Read a form as a user does: its text, and whether it is idle."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.tenant.form import TenantForm
    from tenantkit.rules.manifest import Manifest, ObjectRef

_WAIT_S = 30


def fill(form: TenantForm, name: str, **values: Any) -> None:
    """Fill in a small tenant with one route."""
    route = {"service": "ai-service", "port": 80, "path": "/ai-service"}
    base = {"name": name, "team": "ml-vision", "owners": ["owner@example.com"], "size": "small", "routes": [route]}
    form.fill(**base | values)


def click(form: TenantForm, button: str) -> None:
    """Click a button and wait until its job has ended."""
    getattr(form, f"{button}_button").click()
    assert form.job.wait(_WAIT_S)


def text(html: str) -> str:
    """The text of markup, one line per paragraph or cell."""
    return re.sub(r"\s*\n\s*", "\n", unescape(re.sub(r"<[^>]*>", "\n", html))).strip()


def panel_text(form: TenantForm) -> str:
    """The text of the panel."""
    return text(form.panel.html)


def is_idle(form: TenantForm) -> bool:
    """Whether no job is running, and everything is enabled that should be."""
    fields = [field for field in form.fields.values() if not field.locked]
    return (
        not form.job.is_running
        and not form.plan_button.disabled
        and form.cancel_button.disabled
        and form.progress.value == ""
        and not any(getattr(field.control, "disabled", False) for field in fields)
    )


def widgets(widget: Any) -> Iterator[Any]:
    """A widget and all its descendants."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets(child)


def objects(cluster: Cluster, name: str) -> dict[ObjectRef, Manifest]:
    """The objects of a tenant, without the fields that differ between two equal tenants."""
    from tenantkit.provision.read import TENANT_KINDS

    manifests = [cluster.get("Namespace", name)]
    for kind in TENANT_KINDS:
        manifests += cluster.list(kind, namespace=name)
    return {ref_of(it): _without_status(it) for it in manifests}


def _without_status(manifest: Manifest) -> Manifest:
    fields = {key: value for key, value in manifest.items() if key not in ("metadata", "status")}
    metadata = manifest["metadata"]
    return fields | {"labels": metadata.get("labels", {}), "annotations": metadata.get("annotations", {})}


def page(form: TenantForm) -> str:
    """All text of a form, except its inputs."""
    return "\n".join(text(widget.value) for widget in widgets(form.widget) if type(widget).__name__ == "HTML")


def note(form: TenantForm, field: str) -> str:
    """The text below a field."""
    return text(form.fields[field].note.value)

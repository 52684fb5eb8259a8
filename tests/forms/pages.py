"""Reading a form as a person would: its text, and whether it is at rest."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.tenant import TenantForm
    from tenantkit.rules.manifest import Manifest, ObjectRef

_WAIT_S = 30


def fill(form: TenantForm, name: str, **values: Any) -> None:
    """The fields of a small tenant with one route."""
    route = {"service": "ai-service", "port": 80, "path": "/ai-service"}
    base = {"name": name, "team": "ml-vision", "owners": ["owner@example.com"], "size": "small", "routes": [route]}
    form.fill(**base | values)


def click(form: TenantForm, button: str) -> None:
    """Press a button and wait until what it began has ended."""
    getattr(form, f"{button}_button").click()
    assert form.work.wait(_WAIT_S)


def text(html: str) -> str:
    """What is read of markup, a line a paragraph or cell."""
    return re.sub(r"\s*\n\s*", "\n", unescape(re.sub(r"<[^>]*>", "\n", html))).strip()


def said(form: TenantForm) -> str:
    """What the panel says."""
    return text(form.panel.html)


def is_at_rest(form: TenantForm) -> bool:
    """Whether everything is on that should be on when nothing is being done."""
    fields = [field for field in form.fields.values() if not field.locked]
    return (
        not form.work.is_busy
        and not form.plan_button.disabled
        and form.cancel_button.disabled
        and form.progress.value == ""
        and not any(getattr(field.control, "disabled", False) for field in fields)
    )


def widgets(widget: Any) -> Iterator[Any]:
    """A widget and all that it holds."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets(child)


def objects(cluster: Cluster, name: str) -> dict[ObjectRef, Manifest]:
    """What tenantkit made of a tenant, without what differs between two tenants made alike."""
    from tenantkit.provision.read import TENANT_KINDS

    found = [cluster.get("Namespace", name)]
    for kind in TENANT_KINDS:
        found += cluster.list(kind, namespace=name)
    return {ref_of(it): _wanted_part(it) for it in found}


def _wanted_part(manifest: Manifest) -> Manifest:
    kept = {key: value for key, value in manifest.items() if key not in ("metadata", "status")}
    metadata = manifest["metadata"]
    return kept | {"labels": metadata.get("labels", {}), "annotations": metadata.get("annotations", {})}


def page(form: TenantForm) -> str:
    """All that is read on a form, its inputs aside."""
    return "\n".join(text(widget.value) for widget in widgets(form.widget) if type(widget).__name__ == "HTML")


def note(form: TenantForm, field: str) -> str:
    """What stands below a field."""
    return text(form.fields[field].note.value)

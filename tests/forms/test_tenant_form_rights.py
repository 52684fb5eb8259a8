"""What the form lets each person do, and what it says of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.exceptions import InvalidSpecError, PermissionDenied
from tenantkit.forms.tenant import TenantForm
from tests.forms.pages import fill, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant


def test_an_owner_sees_the_grant_locked_with_the_reason_and_changes_the_teams_part(
    vision: Tenant, connect_as: Callable[[str], Cluster], cluster: Cluster
) -> None:
    with connect_as("owner") as owner:
        form = TenantForm(owner, vision.name)
        assert form.off == {"apply": "plan first"}
        locked = [name for name, field in form.fields.items() if field.locked]
        assert locked == ["name", "team", "size", "owners", "hosts", "expires", "protected"]
        told = (
            "Only to be seen here: changing this part needs the right 'patch namespaces' and 'patch resourcequotas' "
            f"in '{vision.name}', which you lack."
        )
        assert told in page(form)
        assert told in form.fields["size"].control.tooltip
        with pytest.raises(InvalidSpecError, match="changing this part needs the right 'patch namespaces'"):
            form.fill(size="large")

        form.fill(viewers=["vera@example.com"], routes=[])
        form.submit()

        assert tk.get_tenant(cluster, vision.name).viewers == ("vera@example.com",)


def test_a_stranger_sees_the_buttons_off_with_what_is_missing(
    connect_as: Callable[[str], Cluster], name: str, admin: Cluster
) -> None:
    assert admin.is_sandbox
    with connect_as("stranger") as stranger:
        form = TenantForm(stranger)
        fill(form, name)

        assert form.off == {
            "plan": "it needs the right 'list namespaces', which stranger@example.com lacks",
            "apply": "it needs the right 'create namespaces' and 'create resourcequotas' and 'create rolebindings', "
            "which stranger@example.com lacks; give the YAML below to somebody who has it",
        }
        assert form.plan_button.disabled
        assert "kind: Tenant" in form.yaml
        with pytest.raises(PermissionDenied, match="create namespaces"):
            form.submit()


def test_an_editor_may_look_and_change_nothing(
    cluster: Cluster, vision: Tenant, connect_as: Callable[[str], Cluster]
) -> None:
    changed = TenantForm(cluster, vision.name)
    changed.fill(editors=["editor@example.com"])
    changed.submit()
    with connect_as("editor") as editor:
        form = TenantForm(editor, vision.name)

        assert [name for name, field in form.fields.items() if not field.locked] == []
        assert "'create rolebindings' and 'create ingresses'" in form.off["apply"]
        assert form.submit(plan_only=True).has_changes is False

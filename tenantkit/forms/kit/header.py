"""A form's head: what it is about, on which cluster, as whom, and whether that cluster is only the sandbox.

Nobody should press Apply on production while thinking of the sandbox, or the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.forms.kit.markup import element, joined

if TYPE_CHECKING:
    from tenantkit.cluster.identity import Identity
    from tenantkit.forms.kit.markup import Html


def header(title: str, identity: Identity) -> Html:
    """The head of a form.

    Args:
        title: what it is about: `New tenant`.
        identity: of `whoami`, asked from the server and not assumed from a file.
    """
    badge = (
        element("span", "sandbox", class_="tk-badge tk-sandbox", title="tenantkit's own API server: nothing real")
        if identity.is_sandbox
        else element("span", "cluster", class_="tk-badge", title="a real cluster: what is applied here holds")
    )
    place = joined(
        "context ", element("b", identity.context or "(none)"), " · you are ", element("b", identity.username)
    )
    return element(
        "div",
        element("h2", title, class_="tk-title"),
        element("p", badge, " ", place, class_="tk-place", title=identity.server),
        class_="tk-head",
    )

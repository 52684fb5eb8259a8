"""The header of a form: its title, cluster and user, and whether the cluster is the sandbox.

Nobody should press Apply on production and think that it is the sandbox, or the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.forms.kit.markup import element, joined

if TYPE_CHECKING:
    from tenantkit.cluster.identity import User
    from tenantkit.forms.kit.markup import Html

# The style sheet shows it once the page has lost the form's kernel; Python cannot, since it no longer runs.
DEAD_KERNEL = "The kernel was restarted: run this cell again."


def header(title: str, identity: User) -> Html:
    """The header of a form.

    Args:
        title: such as `New tenant`.
        identity: from `read_user`: as the server sees the user, not as a file does.
    """
    badge = (
        element(
            "span",
            "sandbox",
            class_="tk-badge tk-sandbox",
            title="tenantkit's own test API server: nothing here is real",
        )
        if identity.is_sandbox
        else element("span", "cluster", class_="tk-badge", title="a real cluster: every change is real")
    )
    place = joined(
        "context ", element("b", identity.context or "(none)"), " · you are ", element("b", identity.username)
    )
    return element(
        "div",
        element("h2", title, class_="tk-title"),
        element("p", badge, " ", place, class_="tk-place", title=identity.server),
        element("p", DEAD_KERNEL, class_="tk-notice tk-warning tk-kernel", role="alert"),
        class_="tk-head",
    )

"""`whoami`: who you are to the API server, and what you are to its tenants.

The tenants come from the index, and your role in each from the rules that the server reports for you there.
RoleBindings are not enough: they name groups, and only the server knows the members of a group. Rejected alternative:
the role of the tenant's RoleBinding, which is another one while the tenant is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.identity import User, read_user
from tenantkit.cluster.own_namespaces import read_index, resource_rules, why_incomplete
from tenantkit.cluster.parallel import side_by_side
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, SpecVersionError
from tenantkit.manifests.access import RBAC_GROUP
from tenantkit.provision.stored.platform import get_platform
from tenantkit.rules.rbac.permissions import allows_some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.tenant_index import IndexedTenant
    from tenantkit.spec.people import Role

# The first of these that the rules allow says the role: a verb, an API group and a resource.
_SIGNS: tuple[tuple[Role, tuple[str, str, str]], ...] = (
    ("owner", ("create", RBAC_GROUP, "rolebindings")),
    ("editor", ("create", "", "pods")),
    ("viewer", ("list", "", "pods")),
)
_EVERYTHING = ("*", "*.*")
_MANAGE_TENANTS = ("manage", "tenants.tenantkit.dev")
_NAMED_PROVISIONERS = 3


@dataclass(frozen=True, slots=True)
class Membership:
    """What you are to one tenant.

    Args:
        tenant: its name.
        namespace: its namespace.
        role: what you may do there: `owner`, `editor` or `viewer`. None if you may not list pods, or if the server did
            not say.

    Example:
        >>> tk.whoami(tk.connect(context="sandbox-owner")).tenants
        (viewer of chatbot, viewer of recsys, owner of speech)
    """

    tenant: str
    namespace: str
    role: Role | None = None

    def __repr__(self) -> str:
        return f"{self.role or 'member'} of {self.tenant}"


@dataclass(frozen=True, slots=True, repr=False)
class Identity(User):
    """The user that the server sees, and what they may do; shown as a sentence.

    Args:
        username: as in RBAC: `dana@example.com`, `system:serviceaccount:jupyterhub:jupyter-dana`.
        groups: likewise.
        context: of the kubeconfig; `in-cluster` for a pod's own account, None where the server was passed.
        server: the API server's URL.
        is_sandbox: whether the server is tenantkit's sandbox.
        is_administrator: whether you may do everything on this cluster.
        is_provisioner: whether you may create, change and delete tenants. So may administrators.
        tenants: those that have you as a member, also through a group; sorted by name.
        provisioners: who may create tenants, as the platform's settings name them; empty if you are one of them, or if
            the settings name nobody.
        incomplete: what the server did not answer, with the reason. Then the rest may be missing, too.

    Example:
        >>> tk.whoami(tk.connect(context="sandbox-stranger"))
        stranger@example.com: not a member of any tenant; may not create tenants: ask provisioner@example.com
    """

    is_administrator: bool = False
    is_provisioner: bool = False
    tenants: tuple[Membership, ...] = ()
    provisioners: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()

    def __repr__(self) -> str:
        text = f"{self.username}: {'; '.join(self._clauses())}"
        return "".join(letter if letter.isprintable() else "?" for letter in text)

    def _clauses(self) -> Iterator[str]:
        if self.tenants:
            yield ", ".join(map(repr, self.tenants))
        elif not self.is_provisioner:
            yield f"not a member of any {'known ' if self.incomplete else ''}tenant"
        if self.is_administrator:
            yield "administrator of this cluster"
        elif self.is_provisioner:
            yield "may create, change and delete tenants"
        else:
            named, more = self.provisioners[:_NAMED_PROVISIONERS], self.provisioners[_NAMED_PROVISIONERS:]
            asked = f"{', '.join(named)}{f' or {len(more)} more' if more else ''}" or "the platform team"
            yield f"may not create tenants: ask {asked}"
        if self.incomplete:
            yield f"incomplete, since {'; '.join(self.incomplete)}"


@takes_cluster
def whoami(cluster: Cluster) -> Identity:
    """Who you are to the server and to its tenants: check it first when something is denied.

    Args:
        cluster: the connection, from `connect`.

    Returns:
        Your user name and groups on the server, the server itself, your tenants with your role in each, and whether you
        may create tenants. Anything that the server did not answer is in
        `incomplete`.

    Raises:
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: create selfsubjectreviews, selfsubjectrulesreviews and selfsubjectaccessreviews, which any signed-in user may;
    get configmap `platform` in tenantkit-system. Source: pages "Authenticating", SelfSubjectReview, and
    "Authorization", "Checking API access".

    Example:
        >>> whoami(cluster)
        admin@example.com: administrator of this cluster
    """
    user = read_user(cluster)
    index = read_index(cluster)
    incomplete = [] if index.incomplete is None else [index.incomplete]
    questions = [partial(cluster.can, *_EVERYTHING), partial(cluster.can, *_MANAGE_TENANTS)]
    is_administrator, is_provisioner = side_by_side(lambda question: _noted(question, incomplete), questions)
    tenants = side_by_side(lambda tenant: _membership(cluster, tenant, incomplete), index.tenants)
    return Identity(
        user.username,
        user.groups,
        user.context,
        user.server,
        user.is_sandbox,
        is_administrator=bool(is_administrator),
        is_provisioner=bool(is_provisioner),
        tenants=tuple(tenants),
        provisioners=() if is_provisioner else _provisioners(cluster),
        incomplete=tuple(dict.fromkeys(incomplete)),
    )


def _noted(question: Callable[[], bool], incomplete: list[str]) -> bool | None:
    """The server's answer; None if it is denied, which is noted."""
    try:
        return question()
    except (NotFound, PermissionDenied) as error:
        incomplete.append(str(error))
        return None


def _membership(cluster: Cluster, tenant: IndexedTenant, incomplete: list[str]) -> Membership:
    try:
        status = cluster.own_rules(tenant.namespace)
    except (NotFound, PermissionDenied) as error:
        incomplete.append(str(error))
        status = {}
    if (reason := why_incomplete(status)) is not None:
        incomplete.append(reason)
    return Membership(tenant.name, tenant.namespace, role_by_rules(resource_rules(status)))


def role_by_rules(rules: Iterable[Manifest]) -> Role | None:
    """The role of tenants that a user's rules in a namespace amount to; None if they may not list its pods."""
    listed = tuple(rules)
    return next((role for role, sign in _SIGNS if allows_some(listed, *sign)), None)


def _provisioners(cluster: Cluster) -> tuple[str, ...]:
    """Whom the platform's settings name; nobody if they cannot be read, which is no error of a question about you."""
    try:
        return tuple(map(str, get_platform(cluster).provisioners))
    except (InvalidSpecError, PermissionDenied, SpecVersionError):
        return ()

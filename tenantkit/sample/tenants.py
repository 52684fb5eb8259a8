"""The sample's platform and six tenants of different sizes. Some of their members are users of the sandbox."""

from __future__ import annotations

from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

PROVISIONER = "provisioner@example.com"
LEAVING_TENANT = "vintage"
# the sandbox's users, who are not administrators or provisioners
MEMBERS = ("editor@example.com", "owner@example.com", "viewer@example.com")


def sample_platform() -> Platform:
    """The default platform, with one user who may create tenants but is not a cluster administrator."""
    return Platform(provisioners=[PROVISIONER])


def sample_tenants() -> list[Tenant]:
    """Six tenants of different sizes.

    The sandbox's owner, editor and viewer have these roles in `speech`, and are viewers of two others.
    """
    return [
        Tenant(
            name="chatbot",
            team="ml-language",
            owners=["ada@example.com", "group:ml-language"],
            viewers=MEMBERS,
            size="large",
            hosts=["chat.example.ai"],
            routes=[
                Route(service="chat", port=80, host="chat.example.ai"),
                Route(service="api", port=8080, path="/v1"),
            ],
            protected=True,
        ),
        Tenant(name="forecast", team="demand-planning", owners=["grace@example.com"], size="small"),
        Tenant(
            name="recsys",
            team="recommendations",
            owners=["lin@example.com"],
            editors=["sa:jupyterhub/jupyter-lin"],
            viewers=MEMBERS,
            size="medium",
            routes=[Route(service="ranker", port=80, path="/rank")],
        ),
        Tenant(
            name="robotics",
            team="robotics",
            owners=["kim@example.com"],
            quota=Quota(requests_cpu="24", requests_memory="96Gi", accelerators={"nvidia.com/gpu": 4}, pods=10),
        ),
        Tenant(
            name="search",
            team="ml-language",
            owners=["ada@example.com"],
            viewers=["group:web"],
            size="medium",
            routes=[Route(service="embed", port=80, path="/embed"), Route(service="index", port=9200, path="/index")],
        ),
        Tenant(
            name="speech",
            team="ml-speech",
            owners=["owner@example.com"],
            editors=["editor@example.com"],
            viewers=["viewer@example.com"],
            size="small",
            routes=[Route(service="transcribe", port=80, path="/transcribe")],
        ),
    ]


def leaving_tenant() -> Tenant:
    """A seventh tenant, which is being deleted."""
    return Tenant(name=LEAVING_TENANT, team="ml-language", owners=["ada@example.com"], size="small")

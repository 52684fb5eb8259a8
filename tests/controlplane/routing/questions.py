"""The requests to the ingress controller, and which tenant must answer: the part of the test that needs no cluster."""

from __future__ import annotations

from tests.controlplane.questions import Question

GRANTED_HOST, GRANTED_PATH = "vision.example.ai", "/models"

_TENANTS = ("tenant-0", "tenant-1", "tenant-2")
_HOSTS = (*(f"{name}.example.ai" for name in _TENANTS), GRANTED_HOST)
_STRANGE_HOSTS = ("tenant-3.example.ai", "example.ai", "tenant-0.example.ai.evil.example", "xtenant-0.example.ai")
_PATHS = ("/ai-service", "/ai-service/", "/ai-service/v1/chat?stream=1", GRANTED_PATH, f"{GRANTED_PATH}/small")
_STRANGE_PATHS = ("/", "/ai-servicex", "/ai-service-2/v1", "/ai", "/AI-SERVICE", "/x/ai-service", "/modelsx")


def tenant_of(question: Question) -> str | None:
    """The tenant that must answer; None if the host or path belongs to none."""
    below = question.path.partition("?")[0].split("/")[1]
    if question.host == GRANTED_HOST:
        return _TENANTS[-1] if f"/{below}" == GRANTED_PATH else None
    name = question.host.partition(".")[0]
    return name if question.host in _HOSTS and below == "ai-service" else None


def questions() -> list[Question]:
    """Each host with each path, also those that belong to no tenant."""
    return [Question(host, path) for host in _HOSTS + _STRANGE_HOSTS for path in _PATHS + _STRANGE_PATHS]

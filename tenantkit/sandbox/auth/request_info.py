"""The attributes of a request that authorization uses."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """The attributes of a request: a verb, and a resource or a non-resource path."""

    verb: str
    path: str = ""
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    unnamed: bool = field(default=False, kw_only=True)  # a path of resources, but the resource is the empty text

    @property
    def is_resource(self) -> bool:
        """Whether the request is for a resource, even if none has that name."""
        return bool(self.resource) or self.unnamed

    @property
    def combined(self) -> str:
        """The resource with its subresource, as rules name it: `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

"""Other versions of a kind that a schema defines, as a CRD: the same objects with another apiVersion.

Objects are stored in the first version; requests and responses of another one are converted. So `managedFields` always
have the first version, while on a real server they have the one that was written.

Source: page "Versions in CustomResourceDefinitions", conversion strategy None.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource


def in_version(answer: Manifest, resource: Resource) -> Manifest:
    """An object or a list of them with that resource's apiVersion; a Status stays as it is."""
    if not str(answer.get("kind", "")).startswith(resource.kind):
        return answer
    named = {**answer, "apiVersion": resource.api_version}
    return named | ({"items": [in_version(item, resource) for item in answer["items"]]} if "items" in answer else {})


def body_in(stored: Resource, body: bytes, resource: Resource) -> bytes:
    """A request's body with the stored version wherever its JSON or YAML names that of the resource."""
    version = re.escape(resource.api_version)
    names = re.compile(rf"(\bapiVersion[\"']?\s*:\s*[\"']?){version}(?![\w.-])".encode())
    return names.sub(rb"\g<1>" + stored.api_version.encode(), body)

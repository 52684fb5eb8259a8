"""Names of a ResourceQuota's entries: those of a storage class name it before what they count.

Source: page "Resource Quotas", section "Quota for storage".
"""

from __future__ import annotations

_OF_CLASS = ".storageclass.storage.k8s.io/"


def entry_of_class(storage_class: str, counted: str) -> str:
    """The entry that counts only what is of a storage class.

    Args:
        storage_class: its name.
        counted: `requests.storage` or `persistentvolumeclaims`.

    Example:
        >>> entry_of_class("fast", "requests.storage")
        'fast.storageclass.storage.k8s.io/requests.storage'
    """
    return f"{storage_class}{_OF_CLASS}{counted}"


def class_and_counted(entry: str) -> tuple[str, str]:
    """The storage class of an entry, empty if it is of none, and what the entry counts.

    Example:
        >>> class_and_counted("fast.storageclass.storage.k8s.io/requests.storage")
        ('fast', 'requests.storage')
        >>> class_and_counted("requests.nvidia.com/gpu")
        ('', 'requests.nvidia.com/gpu')
    """
    storage_class, _, counted = entry.rpartition(_OF_CLASS)
    return storage_class, counted

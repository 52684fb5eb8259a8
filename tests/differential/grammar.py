"""The written grammar of the differential test: what may be asked of both engines, and what is left out, and why.

A run is a sequence of steps in namespaces of its own. A step is one request: one of OPERATIONS on one of KINDS, as one
of PERSONAS, in a body that is good or malformed in one of the sorts MALFORMED. Whatever follows from it is compared.
Turned down: bodies generated from the schemas, which are refused for their first field before any rule is reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential import kinds_access, kinds_core, kinds_networking, kinds_pods, kinds_workloads

if TYPE_CHECKING:
    from tests.differential.kinds import Kind

KINDS: tuple[Kind, ...] = (
    *kinds_core.KINDS,
    *kinds_pods.KINDS,
    *kinds_networking.KINDS,
    *kinds_access.KINDS,
    *kinds_workloads.KINDS,
)
BY_PLURAL = {kind.plural: kind for kind in KINDS}
MADE_BY_CONTROLLERS = frozenset({"endpointslices", "events"})  # others of them are there, too

OPERATIONS = {  # how often each is drawn
    "create": 22,  # POST
    "apply": 18,  # PATCH by one of MANAGERS, by force or not
    "replace": 6,  # PUT of a body written anew
    "change": 10,  # PUT of what is live with one field changed: what clients do, and what meets immutable fields
    "merge": 6,  # merge patch of one or two fields, null among their values
    "strategic": 6,  # strategic merge patch, with directives
    "json": 6,  # JSON patch
    "status": 5,  # PUT, merge patch or apply of the subresource `status`
    "delete": 9,  # with propagation, preconditions and grace, in the query or in a body
    "delete_many": 1,  # DELETE of a collection, with selectors
    "get": 3,  # as an object, or as its metadata alone
    "list": 8,  # with label and field selectors, in pages
}
PERSONAS = {"admin": 75, "provisioner": 6, "owner": 8, "editor": 5, "viewer": 3, "stranger": 3}
MANAGERS = ("m1", "m2")
NAMES = ("a", "b", "c")
MALFORMED = {  # how often each sort is drawn among malformed bodies
    "value": 10,  # a field has one of the kind's `wrong` values
    "metadata": 4,  # so has a field of its metadata, its apiVersion or its kind
    "unknown": 3,  # a field that the kind does not have, somewhere in it
    "type": 3,  # a value of another JSON type, somewhere in it
    "null": 2,  # null, somewhere in it
    "missing": 3,  # a field, somewhere in it, is left out
    "double": 1,  # an item of a list, somewhere in it, stands there twice
    "empty": 1,  # an empty text, list or object, somewhere in it
}
GOOD_OF_TEN = 7  # bodies that are not malformed

LEFT_OUT = {
    "names of the server's choice (generateName, LimitRanges without a name)": (
        "two servers choose two names, and everything after hangs on them"
    ),
    "token volumes in pods": "all but malformed pods ask for none: it is one volume, always alike but for its name",
    "an owner named twice": "the real server takes one away, with a warning",
    "lists of all namespaces without a selector": "they would show what is left of earlier runs, still being deleted",
    "tables": "they tell ages; each kind's columns have contract tests of their own",
    "watches": "how events are grouped is a matter of time; the contract suite has them, with order and resumption",
    "Services of other types than ClusterIP": "node ports and addresses move with type and policy",
    "addresses and families of Services": "there is no network in the sandbox, so one address is as good as another",
    "what only a kubelet reads of a pod (inside of probes, hooks, security contexts, host paths, DNS, affinity)": (
        "the sandbox runs no pod: it stores that, and checks what quotas, limits and levels judge"
    ),
    "unknown directives of strategic patches": "what the real server makes of them hangs on what is live there",
    "applies of a Service's status where there is no Service": "the real server would make one of it",
    "status of claims": "their controller writes over what others write",
    "scopes of quotas that don't go with what they count": "the refusal quotes Go's own names of a structure",
    "Services without a name": "the refusal is of the address that the real server tries to give them",
    "apiVersion and kind in patches": "without them the real server has an object that it can't name",
    "workloads that make pods, StatefulSets, Jobs": "the names of what they make hold chance or hashes of Go's own",
    "Nodes and PersistentVolumes": "controllers write into them when they like: leases run out, claims find volumes",
    "Gateway API's kinds": "on the real one custom resources, whose refusals are in a schema's words",
    "malformed pods inside of templates, but the listed": "the same pods are malformed alone; updates warn otherwise",
    "a second LimitRange in a namespace": "of two that refuse a pod, the real server tells that of its cache's first",
    "scheduling gates": "nothing here opens one",
    "headless Services": "their address families change with the selector; see there",
    "empty lists of limits and of rules of an Ingress": "[] or null is answered, by how they got there",
    "Pods with finalizers": "every 20 s a collector fails such as are deleted without a node",
    "topology spread constraints": "the sandbox's scheduler does not spread",
    "mistyped values in patches, but for apply": "the refusal quotes the whole object, as Go orders it",
    "bodies that are no JSON object": "the refusal is in the words of Go's JSON reader",
    "events and endpoint slices that controllers make": "their names hold the time, or chance; see the contract suite",
    "count/events in quotas": "follows from those",
}

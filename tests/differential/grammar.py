"""The grammar of the differential test: which requests both engines get, and which are left out, and why.

A run is a sequence of steps in namespaces of its own. A step is one request: one of OPERATIONS on one of KINDS, as one
of USERS, with a body that is valid or malformed in one of the ways in MALFORMED. All its effects are compared.
Rejected alternative: bodies generated from the schemas, which are refused for their first field before a rule applies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential import kinds_access, kinds_admission, kinds_core, kinds_networking, kinds_pods, kinds_workloads

if TYPE_CHECKING:
    from tests.differential.kinds import Kind

KINDS: tuple[Kind, ...] = (
    *kinds_core.KINDS,
    *kinds_pods.KINDS,
    *kinds_networking.KINDS,
    *kinds_access.KINDS,
    *kinds_admission.KINDS,
    *kinds_workloads.KINDS,
)
BY_PLURAL = {kind.plural: kind for kind in KINDS}
MADE_BY_CONTROLLERS = frozenset({"endpointslices", "events"})  # the controllers add more of them

OPERATIONS = {  # how often each is drawn
    "create": 22,  # POST
    "apply": 18,  # PATCH by one of MANAGERS, by force or not
    "replace": 6,  # PUT of a new body
    "change": 10,  # PUT of the live object with one field changed, as clients do; this reaches immutable fields
    "merge": 6,  # merge patch of one or two fields, null among their values
    "strategic": 6,  # strategic merge patch, with directives
    "json": 6,  # JSON patch
    "status": 5,  # PUT, merge patch or apply of the subresource `status`
    "delete": 9,  # with propagation, preconditions and grace, in the query or in a body
    "delete_many": 1,  # DELETE of a collection, with selectors
    "get": 3,  # as an object, or as its metadata alone
    "list": 8,  # with label and field selectors, in pages
}
USERS = {"admin": 75, "provisioner": 6, "owner": 8, "editor": 5, "viewer": 3, "stranger": 3}
MANAGERS = ("m1", "m2")
NAMES = ("a", "b", "c")
MALFORMED = {  # how often each way is drawn among malformed bodies
    "value": 10,  # a field has one of the kind's `wrong` values
    "metadata": 4,  # a field of the metadata, the apiVersion or the kind has a wrong value
    "unknown": 3,  # a field that the kind does not have, at any depth
    "type": 3,  # a value of another JSON type, at any depth
    "null": 2,  # null, at any depth
    "missing": 3,  # a missing field, at any depth
    "double": 1,  # a list has an item twice, at any depth
    "empty": 1,  # an empty string, list or object, at any depth
}
GOOD_OF_TEN = 7  # valid bodies

LEFT_OUT = {
    "names that the server chooses (generateName, LimitRanges without a name)": (
        "two servers choose different names, and all later steps depend on them"
    ),
    "token volumes in pods": "only malformed pods have one: it is always the same volume except for its name",
    "an owner that is listed twice": "the real server removes one, with a warning",
    "lists of all namespaces without a selector": "they would include objects of earlier runs that are being deleted",
    "tables": "they contain ages; contract tests cover each kind's columns",
    "watches": "the grouping of events depends on timing; the contract suite covers their order and resumption",
    "Services of other types than ClusterIP": "node ports and addresses change with type and policy",
    "addresses and families of Services": "the sandbox has no network, so any address will do",
    "fields of a pod that only a kubelet reads (in probes, hooks, security contexts, host paths, DNS, affinity)": (
        "the sandbox runs no containers: it stores them, and checks the fields that quotas, limits and levels judge"
    ),
    "unknown directives of strategic patches": "their effect on the real server depends on the live object",
    "applies of the status of a Service that does not exist": "the real server would create a Service",
    "status of claims": "their controller overwrites other writes",
    "scopes of quotas that do not fit their entries": "the refusal quotes a Go struct",
    "Services without a name": "the refusal is about the address that the real server tries to allocate",
    "apiVersion and kind in patches": "without them the real server can't name the object's kind",
    "workloads that create pods, StatefulSets, Jobs": "their names contain random parts or Go's hashes",
    "Nodes and PersistentVolumes": "controllers write to them at any time: leases expire, claims get bound",
    "Gateway API's kinds": "the real server has them as custom resources, whose refusals come from a schema",
    "malformed pods in templates, except the listed": "the same pods are malformed alone; updates warn differently",
    "a second LimitRange in a namespace": "if both refuse a pod, the real server reports the first one of its cache",
    "scheduling gates": "no operation here removes one",
    "headless Services": "their address families change with the selector; see above",
    "empty lists of limits and of rules of an Ingress": "the answer is [] or null, depending on how it was written",
    "Pods with finalizers": "every 20 s a collector fails those that are deleted without a node",
    "topology spread constraints": "the sandbox's scheduler does not spread",
    "mistyped values in patches, except in applies": "the refusal quotes the whole object in Go's order",
    "bodies that are not a JSON object": "the refusal is the message of Go's JSON decoder",
    "events and endpoint slices of controllers": "their names contain the time or random parts; see the contract suite",
    "count/events in quotas": "follows from the line above",
}

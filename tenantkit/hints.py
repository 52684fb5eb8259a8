"""Messages as data: sentences in which the names of functions, options and buttons are references.

Each surface has its own words for a reference: `tk.whoami(cluster)` in Python, a command on the command line.
Values are kept apart from the sentence, so that text from a cluster is never taken for a reference. Rejected
alternative: replacing Python's words in the finished text, which also changes data that holds such a word.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from shlex import quote
from string import Formatter
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Surface: TypeAlias = Literal["python", "shell", "form"]
SURFACES: tuple[Surface, ...] = get_args(Surface)

# A reference with its words in Python, on the command line and in a form. Some are whole clauses, since the command
# line has no option for every argument of `connect`.
_WORDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "add_route": ("tk.add_route(cluster, …)", "`tenantkit routes add`", "`tk.add_route(cluster, …)`"),
        "adopt": ("tk.adopt(cluster, …)", "`tenantkit adopt`", "`tk.adopt(cluster, …)`"),
        "apply_again": ("plan and apply again", "run the same command again", "plan and apply again"),
        "connect": ("tk.connect()", "--kubeconfig", "`tk.connect()`"),
        "connect_again": ("connect again with tk.connect()", "run the command again", "connect with `tk.connect()`"),
        "connectivity": ("tk.connectivity(cluster)", "`kubectl get networkpolicies`", "`tk.connectivity(cluster)`"),
        "context": ("context=", "--context", "the argument context= of `tk.connect()`"),
        "delete_again": ("delete again", "run the same command again", "delete again"),
        "delete_tenants": (
            "tk.delete_tenants(cluster, …, confirm=…)",
            "`tenantkit delete`",
            "`tk.delete_tenants(cluster, …, confirm=…)`",
        ),
        "events": ("tk.events(cluster)", "`kubectl get events`", "`tk.events(cluster)`"),
        "force_conflicts": (
            "pass this row to apply(force_conflicts=…)",
            "add --force-conflicts KIND/NAME to `tenantkit apply` or `tenantkit install`",
            "tick 'Overwrite the fields that others have set'",
        ),
        "form_yaml": ("`form.yaml`", "`form.yaml`", "the YAML below"),
        "get_tenant": ("tk.get_tenant(cluster, …)", "`tenantkit export`", "`tk.get_tenant(cluster, …)`"),
        "host_owner": ("tk.host_owner(cluster, host)", "`tenantkit host`", "`tk.host_owner(cluster, host)`"),
        "install_platform": ("tk.install_platform(cluster)", "`tenantkit install`", "`tk.install_platform(cluster)`"),
        "kubeconfig": ("kubeconfig=", "--kubeconfig", "the argument kubeconfig= of `tk.connect()`"),
        "members": ("tk.members(cluster, tenant=…)", "`tenantkit members`", "`tk.members(cluster, tenant=…)`"),
        "more_pods": ("pass a larger max_pods=", "pass a larger --max-pods", "pass a larger max_pods="),
        "name_namespaces": (
            "list your namespaces in namespaces=[…], here or in tk.connect(), or in $TENANTKIT_NAMESPACES",
            "list your namespaces in $TENANTKIT_NAMESPACES",
            "list your namespaces in namespaces=[…] of `tk.connect()`, or in $TENANTKIT_NAMESPACES",
        ),
        "nodes": ("tk.nodes(cluster)", "`kubectl describe nodes`", "`tk.nodes(cluster)`"),
        "pass_ca_file": (
            "pass the cluster's CA file as ca_file=, or set it in the kubeconfig",
            "set the cluster's CA file in the kubeconfig",
            "pass the cluster's CA file to `tk.connect()` as ca_file=, or set it in the kubeconfig",
        ),
        "pass_cpu": ("pass cpu=", "pass --cpu", "pass cpu="),
        "pass_cpu_and_memory": ("pass cpu= and memory=", "pass --cpu and --memory", "pass cpu= and memory="),
        "pass_memory": ("pass memory=", "pass --memory", "pass memory="),
        "pass_timeout": (
            "try again, or pass a longer timeout_s to tk.connect()",
            "try again",
            "try again, or pass a longer timeout_s to `tk.connect()`",
        ),
        "pass_token": (
            "pass token=, or a kubeconfig whose user has a token",
            "use a kubeconfig whose user has a token",
            "pass token= to `tk.connect()`, or a kubeconfig whose user has a token",
        ),
        "plan": ("tk.plan(cluster, tenants)", "`tenantkit plan`", "`tk.plan(cluster, tenants)`"),
        "plan_adopt": ("tk.plan_adopt(cluster, …)", "`tenantkit adopt --plan`", "`tk.plan_adopt(cluster, …)`"),
        "plan_release": ("tk.plan_release(cluster, …)", "`tenantkit release --plan`", "`tk.plan_release(cluster, …)`"),
        "plan_delete_tenants": (
            "tk.plan_delete_tenants(cluster, …)",
            "`tenantkit delete`",
            "`tk.plan_delete_tenants(cluster, …)`",
        ),
        "pods": ("tk.pods(cluster)", "`kubectl get pods`", "`tk.pods(cluster)`"),
        "quota_usage": ("tk.quota_usage(cluster)", "`tenantkit quota`", "the quota dashboard"),
        "release": ("tk.release(cluster, …)", "`tenantkit release`", "`tk.release(cluster, …)`"),
        "report": ("see .report", "see the report", "see the report"),
        "request_quota": (
            "tk.request_quota(cluster, tenant, gpus=…)",
            "`tenantkit request`",
            "`tk.request_quota(cluster, tenant, gpus=…)`",
        ),
        "routes": ("tk.routes(cluster, tenant=…)", "`tenantkit routes`", "`tk.routes(cluster, tenant=…)`"),
        "sandbox": ("tk.Sandbox()", "`tenantkit sandbox --kubeconfig FILE`", "`tk.Sandbox()`"),
        "send_request": (
            "print and send .request",
            "send the text below",
            "send the request below",
        ),
        "sources": ("kubeconfig= and server=", "--kubeconfig", "kubeconfig= and server="),
        "tenants": ("tk.tenants(cluster)", "`tenantkit tenants`", "`tk.tenants(cluster)`"),
        "thaw": ("tk.thaw(cluster, …)", "`tenantkit thaw`", "`tk.thaw(cluster, …)`"),
        "unprotect": ("protected=False", "`protected: false`", "`protected=False`"),
        "whoami": ("tk.whoami(cluster)", "`tenantkit whoami`", "`tk.whoami(cluster)`"),
        "why": ("tk.why(cluster)", "`tenantkit why`", "`tk.why(cluster)`"),
        "without_previous": ("leave out previous=True", "leave out --previous", "leave out previous=True"),
        "write_plan": ("tk.write_plan(path, plan)", "`tenantkit plan --out FILE`", "`tk.write_plan(path, plan)`"),
        "workloads": ("tk.workloads(cluster)", "`kubectl get all`", "`tk.workloads(cluster)`"),
    }
)
_COLUMN: Mapping[Surface, int] = MappingProxyType({surface: column for column, surface in enumerate(SURFACES)})
REFERENCES = frozenset(_WORDS)
_COMMANDS = {"request_quota": "request"}  # whose name is not the function's


@dataclass(frozen=True, slots=True)
class Message:
    """A text in the words of the surface that shows it.

    Args:
        sentence: with references in braces, such as `{whoami} shows the user that the server sees`. Other names in
            braces are looked up in `values`; a brace that belongs to the text is doubled.
        values: what the sentence is about, such as names and amounts. They are shown as they are; a Message among them
            is shown in the words of the same surface.

    Raises:
        ValueError: a name in braces is neither a reference nor in `values`, or it is both.

    Example:
        >>> message = Message("{whoami} shows the user that {server} sees", {"server": "https://10.0.0.1"})
        >>> message.words("python")
        'tk.whoami(cluster) shows the user that https://10.0.0.1 sees'
        >>> message.words("shell")
        '`tenantkit whoami` shows the user that https://10.0.0.1 sees'
    """

    sentence: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        unknown = names_in(self.sentence) - REFERENCES - set(self.values)
        if unknown:
            raise ValueError(f"{sorted(unknown)} in {self.sentence!r}: neither a reference nor a value")
        if not REFERENCES.isdisjoint(self.values):
            raise ValueError(f"{sorted(REFERENCES & set(self.values))}: a reference cannot be the name of a value")

    def __str__(self) -> str:
        return self.words("python")

    def words(self, surface: Surface = "python") -> str:
        """The text in the words of a surface; raises ValueError for any other."""
        if surface not in SURFACES:
            raise ValueError(f"surface={surface!r}: use one of {', '.join(map(repr, SURFACES))}")
        column = _COLUMN[surface]
        words = {name: each[column] for name, each in _WORDS.items()}
        for name, value in self.values.items():
            words[name] = value.words(surface) if isinstance(value, Message) else value  # type: ignore[assignment]
        return self.sentence.format_map(words)


class Hint(Message):
    """What to do next, such as `Hint("ask an owner of {namespace!r}", {"namespace": "vision"})`."""

    __slots__ = ()

    def then(self, following: Hint) -> Hint:
        """This hint, and then another one."""
        return Hint("{first}; {following}", {"first": self, "following": following})


class Call(Message):
    """A call of one of tenantkit's functions that is also a command: `sentence` is its name, `values` its arguments.

    Example:
        >>> call = Call("logs", {"workload": "Job/train", "tenant": "vision", "previous": True})
        >>> call.words("python")
        'tk.logs(cluster, "Job/train", tenant="vision", previous=True)'
        >>> call.words("shell")
        '`tenantkit logs Job/train --tenant vision --previous`'
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        """Take any arguments: `sentence` has no braces, so that none is taken for a reference."""

    def words(self, surface: Surface = "python") -> str:
        """The call in the words of a surface; the first argument goes without its name, or is left out: None."""
        (_, first), *named = self.values.items()
        if surface == "shell":
            place = [] if first is None else [quote(str(first))]
            command = _COMMANDS.get(self.sentence, self.sentence)
            return f"`tenantkit {command} {' '.join([*place, *map(_option, named)])}`"
        place = [] if first is None else [json.dumps(first)]
        shown = ", ".join([*place, *(f"{name}={_literal(value)}" for name, value in named)])
        text = f"tk.{self.sentence}(cluster, {shown})"
        return f"`{text}`" if surface == "form" else text


# Code with its values, in Python and on the command line. It keeps the tenant's other hosts and owners, since a list in
# a spec replaces all of them. Python's is one expression, so that it can be pasted with its lines wrapped.
_CODE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "add_owners": (
            (
                "print(tk.plan(cluster, (it := tk.get_tenant(cluster, {tenant})).with_(owners=[*it.owners, {persons}]))"
                ".request)"
            ),
            "`tenantkit plan` of the file from `tenantkit export {tenant}`, with {persons} added to owners",
        ),
        "expose": (
            "tk.add_route(cluster, {tenant}, tk.Route(service=service, port=port, host={host}))",
            "`tenantkit routes add SERVICE:PORT --tenant {tenant} --host {host}`",
        ),
        "plan_host": (
            "tk.plan(cluster, (it := tk.get_tenant(cluster, {tenant})).with_(hosts=[*it.hosts, {hosts}]))",
            "`tenantkit plan` of the file from `tenantkit export {tenant}`, with {hosts} added to hosts",
        ),
        "remove_routes": (
            "tk.remove_route(cluster, {tenant}, [{urls}])",
            "`tenantkit routes remove {urls} --tenant {tenant}`",
        ),
        "request_host": ("tk.request_host(cluster, {tenant}, {host})", "`tenantkit request {tenant} --host {host}`"),
        "set_owners": (
            "print(tk.plan(cluster, tk.get_tenant(cluster, {tenant}).with_(owners=[{persons}])).request)",
            "`tenantkit plan` of the file from `tenantkit export {tenant}`, with only {persons} in owners",
        ),
    }
)
CODE = frozenset(_CODE)


class Code(Message):
    """Code to paste, with its values: `sentence` is its name, a value is a text or several.

    Example:
        >>> code = Code("remove_routes", {"tenant": "vision", "urls": ["vision.example.ai/a", "/b"]})
        >>> code.words("python")
        'tk.remove_route(cluster, "vision", ["vision.example.ai/a", "/b"])'
        >>> code.words("shell")
        '`tenantkit routes remove vision.example.ai/a /b --tenant vision`'
    """

    __slots__ = ()

    def words(self, surface: Surface = "python") -> str:
        """The code with its values as that language writes them."""
        python, shell = _CODE[self.sentence]
        given = {name: list(it) if isinstance(it, list | tuple) else [str(it)] for name, it in self.values.items()}
        if surface == "shell":
            return shell.format_map({name: " ".join(map(quote, each)) for name, each in given.items()})
        text = python.format_map({name: ", ".join(map(_literal, each)) for name, each in given.items()})
        return f"`{text}`" if surface == "form" else text


def _literal(value: object) -> str:
    return repr(value) if isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


def _option(named: tuple[str, object]) -> str:
    name, value = named
    option = f"--{name.replace('_', '-')}"
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return option if value is True else f"{option} {quote(text)}"


def names_in(sentence: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}

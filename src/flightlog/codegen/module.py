"""Writes one workflow as a Python module: collects the parts, and fills the module's template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET, Struct

from flightlog.codegen.edges import START, After, Nodes, list_children
from flightlog.codegen.expressions import Checker
from flightlog.codegen.graph import Plan, Step, make_plan
from flightlog.codegen.literals import Code, render, write_argument, write_comment, write_literal
from flightlog.codegen.manifest_model import ExecutionConfig, Manifest, Node, Secret, Workflow
from flightlog.codegen.names import Names
from flightlog.codegen.node_types import KINDS, Config, Parallel, PostgresQuery, PythonFunction
from flightlog.codegen.nodes import add_code_problem, read_nodes
from flightlog.codegen.problems import Problems, format_place
from flightlog.codegen.statements import Statement, Text, write_statement
from flightlog.codegen.triggers import TriggerCode, write_trigger
from flightlog.codegen.usercode import UserCodeError
from flightlog.codegen.values import find_template_texts, to_plain

RUNTIME: Final = "flightlog.runtime"
TAKEN: Final = frozenset(
    {
        *("workflow", "run", "node", "body", "input", "annotations", "Any", "Node", "Run"),
        *("Workflow", "Secret", "static", "HttpEndpoint", "ScheduledTask", "WebhookReceiver"),
        *("Manual", "application", "serve"),
        *(kind.call.function for kind in KINDS.values() if kind.call),
        *("openai_embedding", "voyage_embedding"),
    }
)
"""Names that no function of a node may have."""

_DEFAULT_RECEIVER_PORT: Final = 3000
_DEFAULT_OUTPUT: Final = {"type": "json"}


class Module(Struct, frozen=True, kw_only=True):
    """A workflow's module, not yet formatted."""

    source: str
    """The module's text."""
    sdks: frozenset[str]
    """The provider libraries that the module needs."""
    bodies: dict[str, str]
    """The syntax trees of authors' own code, by the name of the function."""
    author: dict[str, str]
    """The node ids by the name of each function with an author's own code."""
    title: Code
    """The workflow's id, written for a comment."""
    keys: dict[str, str]
    """Keys in the nodes' configs, by environment variable; no file contains one."""
    is_complete: bool
    """Whether the module is the workflow; else it has only the authors' own code, to check it."""


class _Function(Struct, frozen=True, kw_only=True):
    decorator: Code
    arguments: Code
    name: Code
    parameter: Code
    result: Code
    description: str | None
    lines: list[Code]


def write_module(
    manifest: Manifest, workflow: Workflow, problems: Problems, notes: list[str]
) -> Module | None:
    """
    Write a workflow's module.

    Args:
        manifest: The workflow's manifest.
        workflow: The workflow.
        problems: Collects the workflow's faults.
        notes: Collects notes on ignored fields.

    Returns:
        The module; where there is a fault, one with the authors' own code alone, or None.
    """
    own = Problems()
    nodes = read_nodes(workflow, own, notes)
    trigger = write_trigger(workflow, manifest.secrets, own, notes)
    plan = make_plan(workflow, nodes, own, notes)
    written = _Writer(manifest, workflow, nodes, plan, trigger, notes).write(own)
    problems.extend(own)
    return written


class _Writer:
    def __init__(  # noqa: PLR0917 - the parts of a workflow, from one place
        self,
        manifest: Manifest,
        workflow: Workflow,
        nodes: Nodes,
        plan: Plan,
        trigger: TriggerCode | None,
        notes: list[str],
    ) -> None:
        self._manifest = manifest
        self._workflow = workflow
        self._configs = nodes.configs
        self._plan = plan
        self._trigger = trigger
        self._notes = notes
        self._names = Names(TAKEN)
        self._functions = {
            node: self._names.give(self._name(node), otherwise="node")
            for node in (*plan.order, *(node for node in nodes.configs if node not in plan.order))
        }
        self._steps = self._names.give(workflow.name, otherwise="steps")
        self._statements: dict[str, Statement] = {}
        self._uses: set[str] = {"Run", "Workflow"}

    def write(self, problems: Problems) -> Module | None:
        self._write_statements(problems)
        checker = Checker(self._manifest, self._workflow, self._plan, problems, self._notes)
        for config in self._configs.values():
            if isinstance(config, PythonFunction):
                checker.read_code(config.code)
        self._check(checker)
        own = {
            node: statement
            for node, statement in self._statements.items()
            if statement.meaning is not None
        }
        trigger = self._trigger
        if problems or trigger is None or not self._plan.is_complete:
            return self._render(own, self._collect_functions(own), (), ()) if own else None
        self._uses.add(trigger.name)
        for node in self._plan.unreached:
            place = format_place("workflows", self._workflow.id, "nodes", node)
            self._notes.append(f"`{place}` has no incoming edge; it runs when the workflow starts.")
        functions = self._collect_functions(self._plan.order)
        arguments = list(self._write_arguments(trigger, checker))
        return self._render(
            own, functions, arguments, list(self._write_lines(None)), is_complete=True
        )

    def _write_statements(self, problems: Problems) -> None:
        taken = TAKEN | {*self._functions.values(), self._steps}
        keys: dict[str, str] = {}
        for node in self._functions:
            kind, config = self._workflow.nodes[node].type, self._configs[node]
            place = format_place("workflows", self._workflow.id, "nodes", node)
            try:
                self._statements[node] = written = write_statement(kind, config, taken)
            except UserCodeError as error:
                # The module's own names are complete only now.
                add_code_problem(error, place, problems)
                continue
            for variable, key in written.keys.items():
                if keys.setdefault(variable, key) != key:
                    self._notes.append(
                        f"`{place}.config` holds another key for {variable} than a node before it; "
                        "the last one counts, as in the editor. Use {{ secrets.NAME }} for several."
                    )
                    keys[variable] = key
                self._notes.append(
                    f"`{place}.config` holds a key, which no file contains: set {variable} in the "
                    "environment, as `flightlog run` does."
                )

    def _collect_functions(self, nodes: Iterable[str]) -> list[_Function]:
        return [self._write_function(node) for node in nodes]

    def _render(
        self,
        own: Mapping[str, Statement],
        functions: list[_Function],
        arguments: Sequence[Code],
        lines: Sequence[Code],
        *,
        is_complete: bool = False,
    ) -> Module:
        used = self._statements if is_complete else own
        source = render(
            "module.py.j2",
            description=self._write_description(),
            functions=functions,
            id=self._workflow.id,
            name=self._workflow.name,
            arguments=arguments,
            steps={"name": Code(self._steps), "lines": lines},
            # The imports come last, because the other parts decide which names are used.
            imports=list(self._write_imports(used.values())),
        )
        return Module(
            source=source,
            sdks=frozenset(sdk for statement in used.values() for sdk in statement.sdks),
            bodies={
                self._functions[node]: statement.meaning or "" for node, statement in own.items()
            },
            author={self._functions[node]: node for node in own},
            title=write_comment(write_literal(self._workflow.id)),
            keys={name: key for statement in used.values() for name, key in statement.keys.items()},
            is_complete=is_complete,
        )

    def _name(self, node: str) -> str:
        return self._workflow.nodes[node].name or node

    def _write_description(self) -> str:
        name, said = self._workflow.name, self._workflow.description
        text = f"{name}: {said}" if said else name
        return text if any(letter.isalnum() for letter in text) else f"A workflow. {text}"

    def _check(self, checker: Checker) -> None:
        for node, statement in self._statements.items():
            for text in statement.texts:
                checker.check(text, node, "config", *text.place, names=statement.names)
            record = self._workflow.nodes[node]
            if record.cache is not None and record.cache.enabled and record.cache.key:
                checker.check(Text(text=record.cache.key, place=()), node, "cache", "key")
            if record.on_error == "fallback" and record.fallback_value is not UNSET:
                for fallback, place in find_template_texts(
                    to_plain(record.fallback_value), "fallbackValue"
                ):
                    checker.check(Text(text=fallback, place=place), node, *place)
        for steps in self._plan.blocks.values():
            for step in steps:
                for after in step.after:
                    if after.condition is not None:
                        checker.check_edge(after.condition, step.node)

    def _write_arguments(self, trigger: TriggerCode, checker: Checker) -> Iterator[Code]:
        workflow = self._workflow
        yield Code(f"trigger={trigger.code}")
        if workflow.input:
            yield Code(f"inputs={write_literal(workflow.input)}")
        used = checker.secrets_used | trigger.secrets
        declared = [name for name in self._manifest.secrets if name in used]
        if secrets := [*declared, *sorted(used - {*declared})]:
            arguments = ", ".join(map(self._write_secret, secrets))
            yield Code(f"secrets=({arguments}{',' * (len(secrets) == 1)})")
        if sdks := sorted(
            {sdk for statement in self._statements.values() for sdk in statement.sdks}
        ):
            yield Code(f"libraries={write_literal(sdks)}")
        if self._manifest.global_variables and checker.uses_globals:
            yield Code(f"global_variables={write_literal(self._manifest.global_variables)}")
        yield from _write_execution_arguments(workflow.execution)
        if workflow.output and workflow.output != _DEFAULT_OUTPUT:
            yield Code(f"output={write_literal(workflow.output)}")
        if self._manifest.config.execution_receiver_port != _DEFAULT_RECEIVER_PORT:
            yield Code(f"receiver_port={self._manifest.config.execution_receiver_port}")

    def _write_secret(self, name: str) -> Code:
        secret = self._manifest.secrets.get(name, Secret(required=self._is_of_trigger(name)))
        if secret.required and secret.default is None:
            return write_literal(name)
        self._uses.add("Secret")
        call = f"Secret({write_literal(name)}"
        if not secret.required:
            call += ", required=False"
        if secret.default is not None:
            call += f", default={write_literal(secret.default)}"
        return Code(f"{call})")

    def _is_of_trigger(self, name: str) -> bool:
        return self._trigger is not None and name in self._trigger.secrets

    def _write_imports(self, statements: Iterable[Statement]) -> Iterator[Code]:
        modules: dict[str, set[str]] = defaultdict(set)
        modules[RUNTIME] = set(self._uses)
        for statement in statements:
            if statement.call is not None:
                modules[statement.call.module].add(statement.call.function)
        for module in sorted(modules):
            names = sorted(modules[module], key=lambda name: (name.islower(), name))
            yield Code(f"from {module} import {', '.join(names)}")

    def _write_function(self, node: str) -> _Function:
        record, config = self._workflow.nodes[node], self._configs[node]
        statement = self._statements[node]
        is_group = bool(list_children(config))
        if statement.static:
            self._uses.add("static")
        if not is_group:
            self._uses.add("Node")
            lines = [statement.code if statement.meaning else Code(f"    {statement.code}")]
        else:
            lines = list(self._write_lines(node))
        arguments = [write_literal(node), write_literal(self._name(node))]
        if is_group:
            arguments.append(statement.code)
        else:
            arguments.append(write_literal(record.type))
        arguments += self._write_options(node, record, config)
        return _Function(
            decorator=Code(record.type if is_group else "node"),
            arguments=Code(", ".join(arguments)),
            name=Code(self._functions[node]),
            parameter=Code("run: Run" if is_group else "node: Node"),
            result=Code("None" if is_group else "Any"),
            description=_select_description(record.description),
            lines=lines,
        )

    def _write_options(self, node: str, record: Node, config: Config) -> Iterator[Code]:
        timeouts = [record.timeout, config.timeout if isinstance(config, Parallel) else None]
        if isinstance(config, PostgresQuery) and config.timeout is not None:
            timeouts.append(config.timeout * 1_000)
        if least := [timeout for timeout in timeouts if timeout]:
            yield Code(f"timeout_ms={_write_number(min(least))}")
        if record.retries is not None:
            yield Code(f"retries={record.retries}")
        if on_error := self._choose_on_error(node, record):
            yield Code(f"on_error={write_literal(on_error)}")
        if record.on_error == "fallback" and record.fallback_value is not UNSET:
            yield self._write_value("fallback_value", to_plain(record.fallback_value))
        if record.cache is not None and record.cache.enabled:
            options: dict[str, Any] = {"ttl_s": record.cache.ttl}
            if record.cache.key:
                options["key"] = record.cache.key
            yield Code(f"cache={write_literal(options)}")
        if record.pinned_data is not None and record.pinned_data.enabled:
            yield Code(f"pinned={write_literal(record.pinned_data.data)}")
        if node in self._plan.remarks:
            yield Code(f"notes={write_literal(list(self._plan.remarks[node]))}")

    def _choose_on_error(self, node: str, record: Node) -> str | None:
        if node in self._plan.guarded and record.on_error != "fallback":
            return "continue"
        return record.on_error or ("continue" if self._is_forgiven(node) else None)

    def _is_forgiven(self, node: str) -> bool:
        # The editor's form writes a parallel node without children: edges lead to its branches, and
        # its `failureStrategy` decides whether a failed branch fails the run.
        steps = (step for steps in self._plan.blocks.values() for step in steps)
        sources = [after.source for step in steps if step.node == node for after in step.after]
        configs = [self._configs[source] for source in sources if source != START]
        return any(
            isinstance(config, Parallel)
            and not config.children
            and config.failure_strategy != "fail_all"
            for config in configs
        )

    def _write_value(self, name: str, value: Any) -> Code:
        code = write_literal(value)
        if "static(" in code:
            self._uses.add("static")
        return Code(f"{name}={code}")

    def _write_lines(self, block: str | None) -> Iterator[Code]:
        steps = self._plan.blocks[block]
        followed = {after.source for step in steps for after in step.after}
        names = Names(TAKEN | {*self._functions.values(), self._steps})
        variables: dict[str, str] = {START: "run.start"}
        for step in steps:
            call = f"run.step({self._functions[step.node]}{_write_after(step, variables)})"
            if step.node in followed:
                function = self._functions[step.node]
                variables[step.node] = name = names.give(f"{function}_step", otherwise="step")
                call = f"{name} = {call}"
            yield Code(f"    {call}")


def _write_execution_arguments(execution: ExecutionConfig) -> Iterator[Code]:
    if execution.timeout:
        yield Code(f"timeout_ms={_write_number(execution.timeout)}")
    if execution.retries:
        yield Code(f"retries={execution.retries}")
    if execution.retry_delay is not None:
        yield Code(f"retry_delay_ms={_write_number(execution.retry_delay)}")
    if execution.retry_backoff is not None:
        yield Code(f"retry_backoff={write_literal(execution.retry_backoff)}")


def _write_after(step: Step, variables: Mapping[str, str]) -> str:
    if not step.after:
        return ""
    edges = (_write_edge(after, variables[after.source]) for after in step.after)
    return f", after=[{', '.join(edges)}]"


def _write_edge(after: After, variable: str) -> str:
    code = variable
    if after.fails is not None:
        code += ".on_error()" if after.fails else ".on_success()"
    if after.handle is not None:
        code += f".on({write_argument(after.handle)})"
    if after.condition is not None:
        code += f".when({write_argument(after.condition)})"
    return code


def _write_number(value: float) -> Code:
    whole = int(value)
    return Code(f"{whole:_}" if whole == value else repr(value))


def _select_description(description: str | None) -> str | None:
    # A description without a letter or digit would make an empty docstring.
    return description if description and any(map(str.isalnum, description)) else None

"""Which names below `tensorflow` a file uses, whatever it calls them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

ROOT = "tensorflow"


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a name.

    Attributes:
        name: dotted, below `tensorflow`, without `compat.v1`: "nn.softmax", "python.ops.array_ops.concat".
        line: where.
        keywords: the keyword arguments of the call, when it is called.
        imported: whether it is named by an import.
    """

    name: str
    line: int
    keywords: tuple[str, ...] = ()
    imported: bool = False


@dataclass
class _Scope:
    """What names mean in a module or function: name -> dotted name below `tensorflow` ("" for the root)."""

    names: dict[str, str | None] = field(default_factory=dict)
    outer: _Scope | None = None

    def find(self, name: str) -> str | None:
        """The meaning of `name`, None when it is something else."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None


def normalized(dotted: str) -> str:
    """A dotted name below `tensorflow` in the form of `tf.compat.v1`."""
    if dotted == "compat.v1":
        return ""
    return dotted.removeprefix("compat.v1.").removeprefix("python.compat.v1.")


def uses_of(tree: ast.Module) -> list[Use]:
    """The uses in a file, in order."""
    finder = _Finder()
    finder.visit(tree)
    return sorted(finder.found, key=lambda u: u.line)


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Use] = []
        self._scope = _Scope()

    # ---------------------------------------------------------------- names

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.split(".")[0] != ROOT:
                self._scope.names[alias.asname or alias.name.split(".")[0]] = None
                continue
            below = normalized(alias.name.removeprefix(ROOT).removeprefix("."))
            self._scope.names[alias.asname or ROOT] = below if alias.asname else ""
            if below:
                self.found.append(Use(below, node.lineno, imported=True))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level or module.split(".")[0] != ROOT:
            for alias in node.names:
                self._scope.names[alias.asname or alias.name] = None
            return
        base = module.removeprefix(ROOT).removeprefix(".")
        for alias in node.names:
            if alias.name == "*":
                self.found.append(Use(normalized(base) or "*", node.lineno, imported=True))
                continue
            name = normalized(f"{base}.{alias.name}" if base else alias.name)
            self._scope.names[alias.asname or alias.name] = name
            if name:
                self.found.append(Use(name, node.lineno, imported=True))

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        meaning = self._dotted(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._scope.names[target.id] = meaning
            else:
                self._forget(target)

    def _forget(self, target: ast.AST) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self._scope.names[part.id] = None

    # ---------------------------------------------------------------- scopes

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        arguments = node.args
        for default in (*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)):
            self.visit(default)
        if not isinstance(node, ast.Lambda):
            for decorator in node.decorator_list:
                self.visit(decorator)
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        self._scope = _Scope({a.arg: None for a in every if a is not None}, self._scope)
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(statement)
        assert self._scope.outer is not None
        self._scope = self._scope.outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def visit_For(self, node: ast.For) -> None:
        self._forget(node.target)
        self.generic_visit(node)

    # ---------------------------------------------------------------- uses

    def visit_Call(self, node: ast.Call) -> None:
        name = self._dotted(node.func)
        if name:
            keywords = tuple(k.arg for k in node.keywords if k.arg is not None)
            self.found.append(Use(name, node.lineno, keywords))
        else:
            self.visit(node.func)
        for child in (*node.args, *node.keywords):
            self.visit(child)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._dotted(node)
        if name:
            self.found.append(Use(name, node.lineno))
        elif name is None:
            self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        name = self._dotted(node)
        if name and isinstance(node.ctx, ast.Load):
            self.found.append(Use(name, node.lineno))

    def _dotted(self, node: ast.AST) -> str | None:
        """The name below `tensorflow` that an expression is, "" for the root, None for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        base = self._scope.find(node.id)
        if base is None:
            return None
        return normalized(".".join([*([base] if base else []), *reversed(parts)]))

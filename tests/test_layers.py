"""Imports point one way: the packages of the design import each other in its order, and the import stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each package of the lower floors may import. Packages that are not listed are composites.
MAY_IMPORT = {
    "protos": set(),
    "graph": {"protos"},
    "platform": {"protos", "graph"},
    "kernels": {"protos", "graph"},
    "ops": {"protos", "graph", "platform"},
    "gradients": {"protos", "graph", "platform", "ops"},
    "io": {"protos", "graph"},
    "converters": {"protos", "graph"},
    "planner": {"protos", "graph"},
    "runtime": {"protos", "graph", "kernels", "converters", "planner"},
    "session": {"protos", "graph", "kernels", "converters", "planner", "runtime"},
}
# The roof: these may import everything, and nothing below imports them.
ROOF = {"compat", "namespace", "cli", "commands", "conversion", "inspection", "migration", "__main__", "__init__"}
# Packages that may import onnx or onnxruntime at all; the first import of either happens in the first run or export.
USES_ONNX = {"converters", "runtime", "session", "onnx", "io", "cli", "conversion", "inspection"}
HEAVY = ("onnx", "onnxruntime", "scipy", "tensorflow")


def package_of(module: str) -> str | None:
    """The floor that a dotted module name stands on, None for modules of other projects."""
    parts = module.split(".")
    if parts[0] == "converters":
        return "converters"
    if parts[0] != "tfcompat":
        return None
    return parts[1] if len(parts) > 1 else "__init__"


def module_name(path: Path) -> str:
    """The dotted name of a file of the tree."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every module that a file imports, inside functions too."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join(base + (node.module.split(".") if node.module else []))
            for alias in node.names:
                full = f"{name}.{alias.name}"
                yield node.lineno, full if package_of(full) and is_module(full) else name


def own_files() -> list[Path]:
    return sorted(path for folder in ("tfcompat", "converters") for path in (ROOT / folder).rglob("*.py"))


def imports_between_packages() -> Iterator[tuple[str, str, str]]:
    """(importing package, imported package, "file:line") for every import of our own code."""
    for path in own_files():
        source = package_of(module_name(path))
        for line, module in imported_modules(path):
            target = package_of(module)
            if target is not None and target != source:
                yield source, target, f"{path.relative_to(ROOT)}:{line} imports {module}"


def test_lower_floors_import_only_what_is_below_them():
    wrong = [
        where
        for source, target, where in imports_between_packages()
        if source in MAY_IMPORT and target not in MAY_IMPORT[source]
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_the_roof():
    wrong = [where for source, target, where in imports_between_packages() if target in ROOF and source not in ROOF]
    assert not wrong, "\n".join(wrong)


def test_packages_do_not_import_each_other_in_a_circle():
    below: dict[str, set[str]] = {}
    for source, target, _ in imports_between_packages():
        if not {source, target} & ROOF:
            below.setdefault(source, set()).add(target)
            below.setdefault(target, set())
    while ground := {name for name, targets in below.items() if not targets}:
        below = {name: targets - ground for name, targets in below.items() if name not in ground}
    assert not below, f"these packages import each other in a circle: {below}"


def test_only_translation_and_execution_know_onnx():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in own_files()
        if package_of(module_name(path)) not in USES_ONNX
        for line, module in imported_modules(path)
        if module.split(".")[0] in ("onnx", "onnxruntime")
    ]
    assert not wrong, "\n".join(wrong)


def test_converters_import_no_library_but_onnx_and_its_own():
    standard = sys.stdlib_module_names
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in own_files()
        if package_of(module_name(path)) == "converters"
        for line, module in imported_modules(path)
        if package_of(module) is None and module.split(".")[0] not in {*standard, "numpy", "ml_dtypes", "onnx"}
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", ["tfcompat", "tfcompat.compat.v1", "tfcompat.cli"])
def test_import_loads_no_heavy_library(module):
    program = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [], f"importing {module} loads {done.stdout}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from ..graph import dtypes", "tfcompat.graph.dtypes"),
        ("from . import other", "tfcompat.ops"),
        ("import tfcompat.session.session", "tfcompat.session.session"),
        ("def f():\n    from tfcompat import graph", "tfcompat.graph"),
        ("from numpy import linalg", "numpy"),
    ],
)
def test_imports_are_found_in_every_form(source, expected, tmp_path, monkeypatch):
    package = tmp_path / "tfcompat" / "ops"
    package.mkdir(parents=True)
    (tmp_path / "tfcompat" / "graph").mkdir()
    (tmp_path / "tfcompat" / "graph" / "dtypes.py").touch()
    (package / "math.py").write_text(source)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert [module for _, module in imported_modules(package / "math.py")] == [expected]

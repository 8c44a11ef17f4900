"""Checks rows of tests/ops under tfcompat against the recorded answers of the reference.

In a module of rows: `test_rows = run_cases("nn", CASES)`. Each row is one test; the aspects it checks are

    structure   nesting of the result
    dtype       dtypes of the outputs
    static      static shapes
    graph       recorded nodes: names, op types, inputs, attributes
    value       what Session.run returns
    gradient    first gradients along fixed directions, None and IndexedSlices included
    gradient2   second gradients
    batch       all of these but gradients, built with an unknown first dimension
    rank        the same with unknown ranks
    roundtrip   as_graph_def -> bytes -> import_graph_def gives the same values
    export      the exported model gives the same values in plain ONNX Runtime
    error       class, phase and message of a refusal

$TFCOMPAT_ASPECTS=value,graph restricts them, $TFCOMPAT_CANDIDATE names another module to test. Without pytest, with a
table of passes and failures by aspect:

    python -m tests.runner nn math -k softmax --aspects value,graph
"""

from __future__ import annotations

import argparse
import collections
import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests import compare, observe
from tests.cases import Case, identify
from tests.golden_store import Store, golden
from tests.observe import Built, Failure, attempt

ASPECTS = (
    "structure", "dtype", "static", "graph", "value", "gradient", "gradient2", "batch", "rank", "roundtrip", "export",
    "error",
)  # fmt: skip
GRADIENT_FACTOR = {"gradient": 4.0, "gradient2": 20.0}
# gradients below this are compared as if they were this large: what is left of them may be rounding alone
SMALL_GRADIENT = 1e-2
Report = dict[str, list[str]]


def run_cases(family: str, cases: Sequence[Case]) -> Callable[..., None] | None:
    """The parametrised test of a module's rows; None where pytest is not installed."""
    try:
        import pytest
    except ImportError:
        return None

    @pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in identify(cases)])
    def test_rows(case: Case) -> None:
        chosen = os.environ.get("TFCOMPAT_ASPECTS")
        report = check(_module(), family, case, tuple(chosen.split(",")) if chosen else ASPECTS)
        problems = [f"[{aspect}] {line}" for aspect, lines in report.items() for line in lines]
        if problems:
            pytest.fail(f"{family}: {case}\n" + "\n".join(problems), pytrace=False)

    return test_rows


@functools.cache
def _module() -> Any:
    return observe.module_under_test()


def check(tf: Any, family: str, case: Case, aspects: Sequence[str] = ASPECTS) -> Report:
    """Checks a row and returns the problems found by aspect; an aspect that passed has an empty list."""
    store = golden(family)
    row = store.rows.get(case.key())
    if row is None:
        return {"value": [f"not recorded; see tests/cases.py: record_golden.py tests/ops/test_{family}.py"]}
    if "error" in row["known"]:
        return {"error": check_error(tf, case, row["known"]["error"])} if "error" in aspects else {}
    report: Report = {}
    built = check_known(tf, store, case, row["known"], aspects, report)
    if built is None:
        return report
    try:
        wide = _widest(tf, store, case, row, built, aspects, report)
        if case.run and not case.random and not report.get("value"):
            check_other_forms(store, case, wide, built, row["known"], aspects, report)
        if wide is not built:
            wide.close()
        if case.run:
            check_gradients(store, case, built, row["known"], aspects, report)
    finally:
        built.close()
    return report


def check_other_forms(
    store: Store, case: Case, wide: Built, built: Built, row: dict[str, Any], aspects: Sequence[str], report: Report
) -> None:
    """Checks that the row gives its values as an imported graph and as an exported model too."""
    if "roundtrip" in aspects:
        report["roundtrip"] = _guarded("run", lambda: check_roundtrip(store, case, built, row))
    if "export" in aspects and case.export is True:
        outcome = _guarded("run", lambda: check_export(store, case, wide, built, row))
        if outcome is not None:
            report["export"] = outcome


def _guarded(phase: str, fn: Callable[[], Any]) -> Any:
    """The problems that fn() returns, or the exception it ended in as one."""
    result = attempt(phase, fn)
    return [str(result)] if isinstance(result, Failure) else result


def check_error(tf: Any, case: Case, expected: dict[str, Any]) -> list[str]:
    """Checks that a row is refused as the reference refuses it."""

    def everything() -> Built:
        built = observe.build(tf, case)
        failed = attempt("run", lambda: observe.run_values(built))
        built.close()
        if isinstance(failed, Failure):
            raise _Running(failed)
        return built

    outcome = attempt("build", everything)
    if not isinstance(outcome, Failure):
        return [f"raised nothing, expected {expected['class']} ({expected['phase']}): {expected['message']}"]
    if isinstance(outcome.error, _Running):
        outcome = outcome.error.failure
    return compare.error_differences(outcome.phase, outcome.classes, str(outcome.error), expected, case.raises)


class _Running(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def check_known(tf: Any, store: Store, case: Case, row: dict[str, Any], aspects: Sequence[str], report: Report) -> Any:
    """Checks the row with known shapes; returns what was built or None after a failure."""
    built = attempt("build", lambda: observe.build(tf, case))
    if isinstance(built, Failure):
        report["value"] = [str(built)]
        return None
    report.update(check_static(store, case, built, row, aspects))
    if not case.run:
        return built
    failed = attempt("run", lambda: observe.run_values(built))
    if isinstance(failed, Failure):
        report["value"] = [str(failed)]
        built.close()
        return None
    if "value" in aspects:
        report["value"] = check_values(store, case, [leaf.value for leaf in built.leaves], row["values"])
    return built


def check_static(store: Store, case: Case, built: Built, row: dict[str, Any], aspects: Sequence[str]) -> Report:
    """Checks what is known before anything runs."""
    report: Report = {}
    same = len(built.leaves) == len(row["dtypes"])
    if "structure" in aspects or not same:
        wrong = built.structure != row["structure"]
        report["structure"] = [f"structure: got {built.structure}, expected {row['structure']}"] if wrong else []
    if "dtype" in aspects and same:
        pairs = zip(built.leaves, row["dtypes"], strict=True)
        report["dtype"] = [f"dtype: got {leaf.dtype}, expected {dtype}" for leaf, dtype in pairs if leaf.dtype != dtype]
    if "static" in aspects and case.static and same:
        report["static"] = compare.shape_differences([leaf.shape for leaf in built.leaves], row["shapes"])
    if "graph" in aspects and case.graph:
        report["graph"] = compare.graph_differences(built.nodes, store.nodes(row["nodes"]))
    return report


def check_values(store: Store, case: Case, got: Sequence[Any], refs: Sequence[Any], factor: float = 1.0) -> list[str]:
    """Checks arrays against recorded ones; rows of random values are checked for dtype and shape."""
    if len(got) != len(refs):
        return [f"{len(got)} outputs, expected {len(refs)}"]
    lines = []
    for index, (array, ref) in enumerate(zip(got, refs, strict=True)):
        if ref is None:
            continue
        expected = store.array(ref)
        tol = compare.tolerance(ref[0], case.tol, factor)
        found = _form(array, expected) if case.random else compare.array_differences(array, expected, *tol)
        lines += [f"output {index}: {line}" for line in found]
    return lines


def _form(got: np.ndarray, expected: np.ndarray) -> list[str]:
    ours, theirs = (got.dtype, got.shape), (expected.dtype, expected.shape)
    return [] if ours == theirs else [f"got {ours}, expected {theirs}"]


def _widest(
    tf: Any, store: Store, case: Case, row: dict[str, Any], built: Built, aspects: Sequence[str], report: Report
) -> Built:
    """Checks the variants with less known shapes; returns the graph to export, with unknown batch if any."""
    widest = built
    for variant in observe.variants_of(case)[1:]:
        if variant in aspects:
            other = check_variant(tf, store, case, variant, row, report)
            if other is not None and variant == "batch":
                widest = other
            elif other is not None:
                other.close()
    return widest


def check_variant(tf: Any, store: Store, case: Case, variant: str, row: dict[str, Any], report: Report) -> Built | None:
    """Checks one variant with less known shapes: static shapes, nodes and values. Tells nothing twice."""
    expected = {**row["known"], **row[variant]}
    built = attempt("build", lambda: observe.build(tf, case, variant))
    failed = built if isinstance(built, Failure) or not case.run else attempt("run", lambda: observe.run_values(built))
    error = row[variant].get("error")
    if isinstance(failed, Failure):
        # A shape the reference needs and we do not is no fault, and unknown ranks it refuses are not compared.
        message = str(failed.error)
        lines = [str(failed)]
        if error is not None:
            lines = []
            if variant == "batch":
                lines = compare.error_differences(failed.phase, failed.classes, message, error, None)
        report[variant] = lines
        return None
    if error is not None:
        built.close()
        report[variant] = []
        return None
    known = dict(report)
    problems = check_static(store, case, built, expected, ASPECTS)
    report[variant] = [line for lines in problems.values() for line in lines]
    if case.run:
        report[variant] += check_values(store, case, [leaf.value for leaf in built.leaves], expected["values"])
    told = {line for lines in known.values() for line in lines}
    report[variant] = [line for line in report[variant] if line not in told]
    return built


def check_gradients(
    store: Store, case: Case, built: Built, row: dict[str, Any], aspects: Sequence[str], report: Report
) -> None:
    """Checks first and second gradients of a row that has run."""
    recorded = row.get("gradient")
    if recorded is None or not case.differentiable() or not {"gradient", "gradient2"} & set(aspects):
        return
    first = attempt("gradient", lambda: observe.first_gradients(built))
    if isinstance(first, Failure) or "error" in recorded:
        report["gradient"] = _gradient_errors(first, recorded.get("error"))
        return
    gradients, directions = first
    if "gradient" in aspects:
        report["gradient"] = _compare_gradients(store, case, gradients, recorded, "gradient")
    recorded2 = row.get("gradient2")
    if "gradient2" not in aspects or recorded2 is None or "error" in recorded2 or report.get("gradient"):
        return
    second = attempt("gradient", lambda: observe.second_gradients(built, gradients, directions))
    if isinstance(second, Failure):
        report["gradient2"] = [str(second)]
    else:
        report["gradient2"] = _compare_gradients(store, case, second, recorded2, "gradient2")


def _gradient_errors(first: Any, error: dict[str, Any] | None) -> list[str]:
    if not isinstance(first, Failure):
        return [f"raised nothing, expected {error['class']}: {error['message']}"] if error else []
    if error is None:
        return [str(first)]
    return compare.error_differences(first.phase, first.classes, str(first.error), error, None)


def _compare_gradients(
    store: Store, case: Case, got: observe.Gradients, recorded: dict[str, Any], aspect: str
) -> list[str]:
    """Compares gradients by input; in second gradients a zero may stand for None, since formulas may differ."""
    lines = []
    if len(got.values) != len(recorded["values"]):
        return [f"{len(got.values)} gradients, expected {len(recorded['values'])}"]
    for index, (value, ref) in enumerate(zip(got.values, recorded["values"], strict=True)):
        expected = None if ref is None else store.array(ref)
        if value is None or expected is None:
            present = value if expected is None else expected
            if present is not None and (aspect == "gradient" or np.any(present)):
                kinds = ["None" if v is None else f"{v.dtype}{list(v.shape)}" for v in (value, expected)]
                lines.append(f"gradient {index}: got {kinds[0]}, expected {kinds[1]}")
            continue
        tol = compare.tolerance(ref[0], case.tol, GRADIENT_FACTOR[aspect])
        found = compare.array_differences(value, expected, *tol, 0.0 if case.tol else SMALL_GRADIENT)
        lines += [f"gradient {index}: {line}" for line in found]
    for index, (ours, theirs) in enumerate(zip(got.sparse, recorded.get("sparse", got.sparse), strict=True)):
        if ours != theirs:
            lines.append(f"gradient {index}: {'' if ours else 'not '}IndexedSlices, the reference's is the other kind")
    return lines


def check_roundtrip(store: Store, case: Case, built: Built, row: dict[str, Any]) -> list[str]:
    """Imports the row's GraphDef from its bytes into a new graph and runs it there."""
    tf = built.tf
    keys = (tf.GraphKeys.GLOBAL_VARIABLES, tf.GraphKeys.LOCAL_VARIABLES)
    if built.session is not None and any(built.graph.get_collection(key) for key in keys):
        return []
    copy = type(built.graph_def).FromString(built.graph_def.SerializeToString())
    graph = tf.Graph()
    wanted = [(leaf.tensor.name, ref) for leaf, ref in zip(built.leaves, row["values"], strict=True) if ref]
    with graph.as_default():
        tensors = tf.import_graph_def(copy, return_elements=[name for name, _ in wanted], name="imported")
    session = observe.open_session(tf, graph)
    feed = {f"imported/{t.name}": v for t, v in built.feed.items()}
    values = [observe.as_array(v) for v in session.run(tensors, feed)]
    session.close()
    return check_values(store, case, values, [ref for _, ref in wanted])


def check_export(store: Store, case: Case, wide: Built, built: Built, row: dict[str, Any]) -> list[str] | None:
    """Exports the row and runs the file in plain ONNX Runtime; None where it has no form in ONNX."""
    if not built.tf.__name__.startswith("tfcompat"):
        return None
    graphs = [wide, built] if wide is not built else [built]
    return importlib.import_module("tests.exporting").check(store, case, graphs, row)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="+", help="names as in tests/ops/test_<family>.py")
    parser.add_argument("-k", default="", help="only rows whose id contains this")
    parser.add_argument("--aspects", default=",".join(ASPECTS))
    options = parser.parse_args()
    tf = observe.module_under_test()
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for family in options.families:
        for name, case in identify(importlib.import_module(f"tests.ops.test_{family}").CASES):
            if options.k not in name:
                continue
            report = check(tf, family, case, options.aspects.split(","))
            counts["rows"]["failed" if any(report.values()) else "passed"] += 1
            for aspect, lines in report.items():
                counts[aspect]["failed" if lines else "passed"] += 1
                for line in lines:
                    print(f"{family}: {name} [{aspect}] {line}")
    for aspect in ("rows", *ASPECTS):
        if aspect in counts:
            print(f"{aspect:10} {counts[aspect]['passed']:6} passed {counts[aspect]['failed']:6} failed")
    return 1 if counts["rows"]["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())

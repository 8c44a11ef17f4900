"""`tfcompat inspect`: what is in a model's files.

Takes frozen graphs, meta graphs, SavedModels, checkpoints and ONNX files. Nothing in them is run.
"""

from __future__ import annotations

import argparse
import json
import os

from tfcompat.commands import FAILED, OK, check_target, fail

HELP = "show what is in a model's files: signatures, operations, variables, sizes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("path", metavar="FILE", help="file, directory or prefix of a checkpoint")
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.add_argument("--html", nargs="?", const="", metavar="PAGE",
                        help="write an HTML page with the graph drawn (default: FILE's name with .html)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from tfcompat.conversion.source import UnreadableSource
    from tfcompat.graph.errors import OpError
    from tfcompat.inspection.describe import describe
    from tfcompat.inspection.text import lines_of

    try:
        about = describe(args.path)
    except UnreadableSource as error:
        fail(str(error))
    except (OpError, OSError, ValueError) as error:
        fail(f"{args.path}: {error}", FAILED)
    if args.html is not None:
        from tfcompat.inspection.page import page
        from tfcompat.inspection.sections import sections_of

        target = args.html or os.path.basename(os.path.abspath(args.path).rstrip(os.sep)) + ".html"
        check_target(target)
        with open(target, "w", encoding="utf-8") as file:
            file.write(page(about, sections_of(args.path, about["kind"])))
        about["page"] = target
    if args.json:
        print(json.dumps(about, indent=1))
    else:
        print("\n".join(lines_of(about)))
        if args.html is not None:
            print(f"page: {about['page']}")
    return OK

"""`tfcompat devices`: the devices that sessions can use."""

from __future__ import annotations

import argparse
import json

from tfcompat.commands import OK

HELP = "list the devices that sessions can use"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument("--json", action="store_true", help="print a JSON array")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from tfcompat.runtime.devices import DevicePolicy

    found = [{"name": d.name, "type": d.type} for d in DevicePolicy.from_config(None).devices()]
    if args.json:
        print(json.dumps(found))
    else:
        for device in found:
            print(f"{device['name']}  {device['type']}")
    return OK

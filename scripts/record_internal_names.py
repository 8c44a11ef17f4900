"""Records which public names stand behind the attributes of TensorFlow 1.15's internal modules.

    path/to/tensorflow1/bin/python scripts/record_internal_names.py FACTS.json

writes facts for `make_internal_table.py --add`: the modules of `tensorflow.python` and those inside `tf.contrib`, with
the public name of each object, and of constants of contrib that have the same name as a public one. Attributes that are
modules are given by path. This file keeps to the syntax of Python 3.7.
"""

import collections
import json
import sys
import types

import tensorflow as tf

_FAMILIES = [
    "bayesflow", "crf", "data", "distributions", "estimator", "factorization", "framework", "graph_editor",
    "grid_rnn", "image", "layers", "learn", "legacy_seq2seq", "lookup", "losses", "metrics", "nn", "opt", "quantize",
    "rnn", "seq2seq", "signal", "slim", "staging", "summary", "tensor_forest", "tpu", "training", "util",
]  # fmt: skip
_COMMON = {"absolute_import", "division", "print_function", "tf_export", "deprecated_endpoints", "remove_undocumented"}


def path_of(module):
    """The path under which programs import `module`, or None for modules outside TensorFlow."""
    name = module.__name__
    if name.startswith("tensorflow_core."):
        name = "tensorflow." + name.split(".", 1)[1]
    return name if name.startswith(("tensorflow.python", "tensorflow.contrib")) else None


def public_contrib():
    """id of an object -> its names in tf.contrib, and name -> constant."""
    names, constants = collections.defaultdict(list), {}
    for family in _FAMILIES:
        module = getattr(tf.contrib, family)
        inner = [(family, module)] + [
            (family + "." + k, v)
            for k, v in sorted(vars(module).items())
            if isinstance(v, types.ModuleType) and (path_of(v) or "").startswith("tensorflow.contrib." + family)
        ]
        for prefix, found in inner:
            for key in dir(found):
                value = getattr(found, key, None)
                if key.startswith("_") or isinstance(value, types.ModuleType):
                    continue
                if isinstance(value, (str, int, float, tuple, list, dict, type(None))):
                    constants[f"contrib.{prefix}.{key}"] = value
                else:
                    names[id(value)].append(f"contrib.{prefix}.{key}")
    return names, constants


def main():
    contrib, constants = public_contrib()
    facts = {"modules": [], "packages": [], "map": {}}
    for module in list(sys.modules.values()):
        path = path_of(module) if isinstance(module, types.ModuleType) else None
        if path is None or path == "tensorflow.contrib":
            continue
        if path.startswith("tensorflow.contrib.") and ".python" not in path:
            continue
        family = path.split(".")[2] if path.startswith("tensorflow.contrib.") else ""
        entries = {}
        for key, value in list(vars(module).items()):
            if key.startswith("__") or key in _COMMON:
                continue
            if isinstance(value, types.ModuleType):
                inner = path_of(value)
                if inner and inner != path + "." + key:
                    entries[key] = inner
                continue
            public = list(getattr(value, "__dict__", {}).get("_tf_api_names_v1", ()) or ())
            found = public or contrib.get(id(value), [])
            if not found and f"contrib.{family}.{key}" in constants:
                found = [f"contrib.{family}.{key}"]
            if found:
                own = [n for n in found if n.startswith(f"contrib.{family}.")]
                entries[key] = sorted(own or found, key=lambda n: (n.count("."), len(n)))[:3]
        facts["modules"].append(path)
        facts["map"][path] = entries
    with open(sys.argv[1], "w") as stream:
        json.dump(facts, stream, indent=0, sort_keys=True)


if __name__ == "__main__":
    main()

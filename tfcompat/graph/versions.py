"""Version numbers that graphs and programs see."""

from tfcompat.graph.export import export

GRAPH_DEF_VERSION = 1645
MIN_CONSUMER = 0
MIN_PRODUCER = 0

VERSION = "2.15.1"
GIT_VERSION = "tfcompat"
COMPILER_VERSION = ""

KERAS_VERSION = "2.2.4-tf"
"""That of TensorFlow 1.15; the compatibility module of 2.15 has none."""

for _name in ("VERSION", "__version__", "version.VERSION"):
    export(_name, VERSION)
for _prefix in ("", "version."):
    export(_prefix + "GIT_VERSION", GIT_VERSION)
    export(_prefix + "COMPILER_VERSION", COMPILER_VERSION)
    export(_prefix + "GRAPH_DEF_VERSION", GRAPH_DEF_VERSION)
    export(_prefix + "GRAPH_DEF_VERSION_MIN_CONSUMER", MIN_CONSUMER)
    export(_prefix + "GRAPH_DEF_VERSION_MIN_PRODUCER", MIN_PRODUCER)
export("keras.__version__", KERAS_VERSION)
export("__git_version__", GIT_VERSION)
export("__compiler_version__", COMPILER_VERSION)
export("CXX11_ABI_FLAG", 1)
export("MONOLITHIC_BUILD", 0)

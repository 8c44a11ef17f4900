"""Which public names of `tf.compat.v1` are protocol messages. Nested messages are attributes of these classes."""

from __future__ import annotations

_TOP_LEVEL = (
    "AttrValue ConfigProto Event GPUOptions GraphDef GraphOptions HistogramProto LogMessage MetaGraphDef NameAttrList "
    "NodeDef OptimizerOptions RunMetadata RunOptions SessionLog Summary SummaryMetadata TensorInfo"
)
_BY_MODULE = {
    "profiler": ("tensorflow.tfprof", "AdviceProto GraphNodeProto MultiGraphNodeProto OpLogProto"),
    "quantization.experimental": (
        "tensorflow.quantization",
        "QuantizationComponentSpec QuantizationMethod QuantizationOptions UnitWiseQuantizationSpec",
    ),
    "summary": ("tensorflow", "Event SessionLog Summary SummaryDescription TaggedRunMetadata"),
    "train": (
        "tensorflow",
        "BytesList ClusterDef Example Feature FeatureList FeatureLists Features FloatList Int64List JobDef SaverDef "
        "SequenceExample ServerDef",
    ),
}

PUBLIC_PROTOS: dict[str, str] = {name: f"tensorflow.{name}" for name in _TOP_LEVEL.split()} | {
    f"{module}.{name}": f"{package}.{name}" for module, (package, names) in _BY_MODULE.items() for name in names.split()
}
"""Public name below `tf.compat.v1` -> full name of the message, for `tfcompat.protos.pool.message_class`."""

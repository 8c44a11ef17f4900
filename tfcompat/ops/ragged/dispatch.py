"""Public functions that take ragged tensors: which ones, and what they do with them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.registry import ragged_form
from tfcompat.ops import operators
from tfcompat.ops.ragged import broadcast, counting, gather, join, rearrange, reduce, text
from tfcompat.ops.ragged.tensor import RaggedTensor, as_ragged_or_tensor
from tfcompat.ops.ragged.value import RaggedTensorValue

Function = Callable[..., Any]

# Functions of one tensor, applied to the innermost values.
UNARY = [
    "abs", "math.abs", "math.acos", "math.acosh", "math.angle", "math.asin", "math.asinh", "math.atan",
    "math.atanh", "math.bessel_i0", "math.bessel_i0e", "math.bessel_i1", "math.bessel_i1e", "cast", "math.ceil",
    "math.conj", "math.cos", "math.cosh", "math.digamma", "math.erf", "math.erfc", "math.erfinv", "math.exp",
    "math.expm1", "math.floor", "math.imag", "math.is_finite", "math.is_inf", "math.is_nan", "math.lgamma",
    "math.log", "math.log1p", "math.log_sigmoid", "math.logical_not", "math.ndtri", "math.negative", "math.real",
    "math.reciprocal", "math.reciprocal_no_nan", "math.rint", "math.round", "math.rsqrt", "saturate_cast",
    "math.sigmoid", "math.sign", "math.sin", "math.sinh", "math.softplus", "math.softsign", "math.special.dawsn",
    "math.special.expint", "math.special.fresnel_cos", "math.special.fresnel_sin", "math.special.spence",
    "math.sqrt", "math.square", "math.tan", "math.tanh", "nn.elu", "nn.relu", "nn.relu6", "nn.selu",
    "nn.leaky_relu", "nn.silu", "nn.swish", "nn.crelu", "nn.gelu", "nn.softmax", "bitwise.invert",
    "debugging.check_numerics", "identity", "ones_like", "zeros_like", "clip_by_value", "strings.as_string",
    "strings.to_hash_bucket", "strings.to_hash_bucket_fast", "strings.to_hash_bucket_strong", "strings.to_number",
    "strings.length", "strings.lower", "strings.upper", "strings.strip", "strings.regex_full_match",
    "strings.regex_replace", "strings.substr", "strings.unicode_script", "strings.unicode_transcode",
    "io.decode_base64", "io.encode_base64", "io.decode_compressed", "io.decode_raw", "io.parse_tensor",
    "io.serialize_tensor", "image.adjust_brightness", "image.adjust_gamma", "image.convert_image_dtype",
    "image.random_brightness", "quantization.fake_quant_with_min_max_args", "nn.dropout", "stop_gradient", "real",
    "imag", "angle", "conj", "sigmoid", "is_finite", "is_inf", "is_nan",
]  # fmt: skip

# Functions of two tensors, broadcast against each other.
BINARY = [
    "math.add", "math.atan2", "bitwise.bitwise_and", "bitwise.bitwise_or", "bitwise.bitwise_xor",
    "bitwise.left_shift", "bitwise.right_shift", "complex", "dtypes.complex", "div", "math.divide",
    "math.divide_no_nan", "div_no_nan", "math.equal", "equal", "math.floordiv", "floordiv", "math.floormod",
    "floormod", "math.floor_div", "math.greater", "math.greater_equal", "math.less", "math.less_equal",
    "math.logical_and", "math.logical_or", "math.logical_xor", "math.maximum", "math.minimum", "mod", "math.mod",
    "math.multiply", "math.multiply_no_nan", "math.nextafter", "math.not_equal", "not_equal", "math.polygamma",
    "math.pow", "realdiv", "math.squared_difference", "math.subtract", "math.truediv", "truediv",
    "math.truncatediv", "truncatediv", "math.truncatemod", "truncatemod", "math.xdivy", "math.xlog1py",
    "math.xlogy", "math.zeta", "math.igamma", "math.igammac",
]  # fmt: skip

# Functions of a list of tensors of the same rows.
NARY = ["math.add_n", "strings.join", "math.accumulate_n"]

# Functions with a form of their own.
OTHER: dict[str, Function] = {
    "concat": join.ragged_concat,
    "stack": join.stack,
    "gather": gather.gather,
    "batch_gather": gather.batch_gather,
    "gather_nd": gather.gather_nd,
    "expand_dims": rearrange.expand_dims,
    "squeeze": rearrange.squeeze,
    "size": rearrange.size,
    "rank": rearrange.rank,
    "tile": rearrange.tile,
    "where": rearrange.where,
    "where_v2": rearrange.where,
    "boolean_mask": rearrange.boolean_mask,
    "dynamic_partition": rearrange.dynamic_partition,
    "reverse": rearrange.reverse,
    "one_hot": rearrange.one_hot,
    "reduce_sum": reduce.reduce_sum,
    "reduce_prod": reduce.reduce_prod,
    "reduce_max": reduce.reduce_max_ragged,
    "reduce_min": reduce.reduce_min,
    "reduce_mean": reduce.reduce_mean,
    "reduce_all": reduce.reduce_all,
    "reduce_any": reduce.reduce_any,
    "math.reduce_variance": reduce.reduce_variance,
    "math.reduce_std": reduce.reduce_std,
    "math.unsorted_segment_sum": reduce.segment("math.unsorted_segment_sum"),
    "math.unsorted_segment_prod": reduce.segment("math.unsorted_segment_prod"),
    "math.unsorted_segment_max": reduce.segment("math.unsorted_segment_max"),
    "math.unsorted_segment_min": reduce.segment("math.unsorted_segment_min"),
    "math.unsorted_segment_mean": reduce.segment_mean,
    "math.unsorted_segment_sqrt_n": reduce.segment_sqrt_n,
    "math.bincount": counting.bincount,
    "nn.embedding_lookup": counting.embedding_lookup,
    "strings.reduce_join": reduce.reduce_join,
    "strings.format": text.string_format,
    "strings.split": text.split_v1,
    "string_split": text.split_v1,
}  # fmt: skip


def _has_ragged(value: Any) -> bool:
    return isinstance(value, (RaggedTensor, RaggedTensorValue))


def _unary(function: Function) -> Function:
    def ragged(*args: Any, **kwargs: Any) -> Any:
        if args and _has_ragged(args[0]):
            x = as_ragged_or_tensor(args[0])
            return x.with_flat_values(function(x.flat_values, *args[1:], **kwargs))
        for key, value in kwargs.items():
            if _has_ragged(value):
                x = as_ragged_or_tensor(value)
                return x.with_flat_values(function(*args, **{**kwargs, key: x.flat_values}))
        raise TypeError(f"{function.__name__} takes a ragged tensor as its first argument only.")

    return ragged


def _operands(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """The two operands of a call and the rest of it."""
    rest = dict(kwargs)
    found = list(args[:2])
    for key in [k for k in rest if k in ("x", "y", "a", "b", "n", "q", "real", "imag", "x1", "x2")]:
        if len(found) < 2:
            found.append(rest.pop(key))
    if len(args) > 2:
        rest["name"] = args[2]
    return found[0], found[1], rest


def _binary(function: Function) -> Function:
    def ragged(*args: Any, **kwargs: Any) -> Any:
        x, y, rest = _operands(args, kwargs)
        x_ragged, y_ragged = _has_ragged(x), _has_ragged(y)
        try:
            x = as_ragged_or_tensor(x, preferred_dtype=y.dtype if y_ragged and not x_ragged else None)
            y = as_ragged_or_tensor(y, preferred_dtype=x.dtype if x_ragged and not y_ragged else None)
        except (TypeError, ValueError):
            if x_ragged and y_ragged:
                raise
            kind = x.dtype if x_ragged else y.dtype
            x = x if x_ragged else convert_to_tensor(x, kind)
            y = y if y_ragged else convert_to_tensor(y, kind)
        return broadcast.binary(lambda a, b: function(a, b, **rest), x, y)

    return ragged


def _nary(function: Function) -> Function:
    def ragged(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        from tfcompat.ops.ragged.mapping import map_flat_values

        parts = [as_ragged_or_tensor(i) for i in inputs]
        first = next(p for p in parts if isinstance(p, RaggedTensor))
        if any(not isinstance(p, RaggedTensor) and p.shape.rank != 0 for p in parts):
            parts = [_spread(p, first) for p in parts]
        return map_flat_values(lambda *values: function(list(values), *args, **kwargs), *parts)

    return ragged


def _spread(part: Any, like: RaggedTensor) -> Any:
    """A dense operand in the rows of a ragged one."""
    return part if isinstance(part, RaggedTensor) else broadcast.aligned(like, part)[1]


def _converting(ragged: Function) -> Function:
    """`ragged` with values of ragged tensors made ragged tensors first."""

    def tensors(value: Any) -> Any:
        if isinstance(value, RaggedTensorValue):
            return as_ragged_or_tensor(value)
        if type(value) is list or type(value) is tuple:
            return [tensors(v) for v in value]
        return value

    def converted(*args: Any, **kwargs: Any) -> Any:
        return ragged(*[tensors(a) for a in args], **{k: tensors(v) for k, v in kwargs.items()})

    return converted


def _register() -> None:
    for names, make in ((UNARY, _unary), (BINARY, _binary), (NARY, _nary)):
        for name in names:
            ragged_form.add(name, make)
    for name, ragged in OTHER.items():
        ragged_form.add(name, functools.partial(_own, ragged))


def _own(ragged: Function, function: Function) -> Function:
    """The form of its own that `function` has."""
    return _converting(ragged)


def _install_operators() -> None:
    for name in operators.BINARY:
        if name == "matmul":
            continue
        public = _OPERATORS.get(name, name)
        setattr(RaggedTensor, f"__{name}__", _operator(public))
        setattr(RaggedTensor, f"__r{name}__", _operator(public, reflected=True))
    for name, public in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
        setattr(RaggedTensor, f"__{name}__", _operator(public))
    for name, public in {"neg": "negative", "abs": "abs", "invert": "logical_not"}.items():
        setattr(RaggedTensor, f"__{name}__", lambda x, public=public: PUBLIC[f"math.{public}"](x))


_OPERATORS = {
    "sub": "subtract", "mul": "multiply", "mod": "floormod", "and": "logical_and", "or": "logical_or",
    "xor": "logical_xor",
}  # fmt: skip


def _operator(public: str, reflected: bool = False) -> Function:
    def operator(x: Any, y: Any) -> Any:
        function = PUBLIC.get(f"math.{public}") or PUBLIC[public]
        return function(y, x) if reflected else function(x, y)

    return operator


_register()
_install_operators()

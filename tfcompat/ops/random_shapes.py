"""Static shapes of the random operations, and those through which no gradient flows."""

from __future__ import annotations

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import not_differentiable, shape_of
from tfcompat.graph.shape_functions import broadcast, no_outputs, scalar, unchanged
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops.shape_checks import exact_rank

_KEY, _COUNTER = TensorShape.of((1,)), TensorShape.of((2,))
_WITH_SEED = ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal",
              "StatelessRandomUniformFullInt")  # fmt: skip
_SEEDED_PARAMETERS = ("StatelessRandomGammaV2", "StatelessRandomPoisson", "StatelessRandomBinomial",
                      "StatelessParameterizedTruncatedNormal")  # fmt: skip
_SAMPLERS = ("UniformCandidateSampler", "LogUniformCandidateSampler", "LearnedUnigramCandidateSampler",
             "ThreadUnsafeUnigramCandidateSampler", "FixedUnigramCandidateSampler", "AllCandidateSampler")  # fmt: skip
_WITH_STATE = ("StatefulUniform", "StatefulStandardNormalV2", "StatefulTruncatedNormal", "StatefulUniformFullInt",
               "StatefulUniformInt")  # fmt: skip

shape_of("RngSkip")(no_outputs)
shape_of("RandomShuffle")(unchanged)
shape_of("StatelessRandomGetAlg")(scalar)
shape_of("RandomGammaGrad")(broadcast)

not_differentiable(
    "RandomUniform", "RandomStandardNormal", "TruncatedNormal", "ParameterizedTruncatedNormal", "RandomShuffle",
    "Multinomial", "StatelessMultinomial", "RandomIndexShuffle", "StatelessRandomPoisson", "StatelessRandomBinomial",
    "StatelessRandomUniformInt", "StatelessRandomUniformIntV2", *_WITH_SEED,
    *(f"{op_type}V2" for op_type in _WITH_SEED), *_WITH_STATE, "StatefulStandardNormal", "StatefulRandomBinomial",
    "RngReadAndSkip", "RngSkip", "NonDeterministicInts",
)  # fmt: skip


def _of_size(shape: TensorShape, size: int) -> TensorShape:
    vector = exact_rank(shape, 1)
    if vector.tuple[0] not in (None, size):  # type: ignore[index]
        raise ValueError(f"Dimension must be {size} but is {vector.tuple[0]}")  # type: ignore[index]
    return vector


@shape_of("RandomUniform", "RandomStandardNormal", "TruncatedNormal", "NonDeterministicInts")
def _filled(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [c.shape_value(0)]


@shape_of("RandomUniformInt")
def _integers(c: InferenceContext, shape: TensorShape, minval: TensorShape, maxval: TensorShape) -> list[TensorShape]:
    for name, bound in (("minval", minval), ("maxval", maxval)):
        if bound.rank not in (0, None):
            sizes = ",".join("?" if d is None else str(d) for d in bound.tuple or ())
            raise ValueError(f"{name} must be a scalar; got a tensor of shape [{sizes}]")
    return [c.shape_value(0)]


@shape_of("ParameterizedTruncatedNormal")
def _parameterized(c: InferenceContext, shape: TensorShape, *parameters: TensorShape) -> list[TensorShape]:
    for parameter in parameters:
        if parameter.rank is not None and parameter.rank > 1:
            raise ValueError(f"Shape must be at most rank 1 but is rank {parameter.rank}")
    return [c.shape_value(0)]


@shape_of("Multinomial", "StatelessMultinomial")
def _categorical(c: InferenceContext, logits: TensorShape, *others: TensorShape) -> list[TensorShape]:
    rows = exact_rank(logits, 2).tuple[0]  # type: ignore[index]
    exact_rank(others[0], 0)
    for seed in others[1:]:
        _of_size(seed, 2)
    samples = c.value(1)
    return [TensorShape.of((rows, None if samples is None else int(samples)))]


@shape_of("RandomGamma", "RandomPoisson", "RandomPoissonV2")
def _for_each(c: InferenceContext, shape: TensorShape, parameter: TensorShape) -> list[TensorShape]:
    return [c.shape_value(0).concatenate(parameter)]


@shape_of(*_WITH_SEED, *_SEEDED_PARAMETERS)
def _stateless(c: InferenceContext, shape: TensorShape, seed: TensorShape, *others: TensorShape) -> list[TensorShape]:
    _of_size(seed, 2)
    return [c.shape_value(0)]


@shape_of("StatelessRandomUniformInt")
def _stateless_integers(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    _of_size(shapes[1], 2)
    for bound in shapes[2:]:
        exact_rank(bound, 0)
    return [c.shape_value(0)]


def _check_stream(key: TensorShape, counter: TensorShape, alg: TensorShape) -> None:
    _of_size(key, 1)
    exact_rank(counter, 1)
    exact_rank(alg, 0)


@shape_of(*_WITH_STATE, "StatefulRandomBinomial")
def _stateful(
    c: InferenceContext, state: TensorShape, algorithm: TensorShape, shape: TensorShape, *others: TensorShape
) -> list[TensorShape]:
    exact_rank(algorithm, 0)
    if c.op.type == "StatefulUniformInt":
        for bound in others:
            exact_rank(bound, 0)
    return [c.shape_value(2)]


@shape_of("StatefulStandardNormal")
def _stateful_normal(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [c.shape_value(1)]


@shape_of("RngReadAndSkip")
def _rng_state(c: InferenceContext, state: TensorShape, alg: TensorShape, delta: TensorShape) -> list[TensorShape]:
    exact_rank(alg, 0)
    exact_rank(delta, 0)
    return [TensorShape.of((3,))]


@shape_of(*(f"{op_type}V2" for op_type in _WITH_SEED), "StatelessRandomUniformIntV2", "StatelessRandomGammaV3")
def _keyed(c: InferenceContext, shape: TensorShape, *others: TensorShape) -> list[TensorShape]:
    _check_stream(*others[:3])
    if c.op.type == "StatelessRandomUniformIntV2":
        for bound in others[3:]:
            exact_rank(bound, 0)
    return [c.shape_value(0)]


@shape_of("StatelessShuffle")
def _shuffled(c: InferenceContext, value: TensorShape, *stream: TensorShape) -> list[TensorShape]:
    _check_stream(*stream)
    return [value]


@shape_of("StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg")
def _key_counter(c: InferenceContext, seed: TensorShape) -> list[TensorShape]:
    _of_size(seed, 2)
    return [_KEY, _COUNTER, TensorShape.of(())][: len(c.op.outputs)]


@shape_of("RandomIndexShuffle")
def _index_shuffle(c: InferenceContext, index: TensorShape, seed: TensorShape, limit: TensorShape) -> list[TensorShape]:
    sizes = seed.tuple
    if sizes is not None and (len(sizes) not in (1, 2) or sizes[-1] not in (None, 3)):
        raise ValueError(
            f"Seed must have shape [3] or [n, 3] but got [{','.join('?' if d is None else str(d) for d in sizes)}]."
        )
    for known in (index, limit):
        if known.rank == 1:
            return [known]
    if sizes is not None and len(sizes) == 2:
        return [TensorShape.of(sizes[:1])]
    return [index if index.rank == limit.rank == 0 and sizes is not None else UNKNOWN]


@shape_of(*_SAMPLERS)
def _sampled(c: InferenceContext, true_classes: TensorShape) -> list[TensorShape]:
    rows = exact_rank(true_classes, 2).tuple[0]  # type: ignore[index]
    drawn = TensorShape.of((c.attr("num_sampled"),))
    return [drawn, TensorShape.of((rows, c.attr("num_true"))), drawn]


@shape_of("ComputeAccidentalHits")
def _hits(c: InferenceContext, true_classes: TensorShape, sampled: TensorShape) -> list[TensorShape]:
    columns = exact_rank(true_classes, 2).tuple[1]  # type: ignore[index]
    if columns not in (None, c.attr("num_true")):
        raise ValueError(f"Dimension must be {c.attr('num_true')} but is {columns}")
    exact_rank(sampled, 1)
    return [TensorShape.of((None,))] * 3

"""What the op types by which optimizers change variables compute: one formula each, for any kind of array.

A rule is called as rule(xp, attrs, **inputs) with the inputs by their names in the op definition, all of one type, and
gives the new values by name. `xp` has sqrt, sign, abs, exp, maximum, minimum and power; values have the operators. The
same formulas make the ONNX nodes and run on numpy arrays. Sparse forms apply them to the rows that `indices` names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[..., dict[str, Any]]


def _gradient_descent(xp: Any, attrs: Any, var: Any, alpha: Any, delta: Any) -> dict[str, Any]:
    return {"var": var - delta * alpha}


def _momentum(xp: Any, attrs: Any, var: Any, accum: Any, lr: Any, grad: Any, momentum: Any) -> dict[str, Any]:
    accum = accum * momentum + grad
    step = grad * lr + accum * momentum * lr if attrs["use_nesterov"] else accum * lr
    return {"var": var - step, "accum": accum}


def _keras_momentum(xp: Any, attrs: Any, var: Any, accum: Any, lr: Any, grad: Any, momentum: Any) -> dict[str, Any]:
    accum = accum * momentum - grad * lr
    step = accum * momentum - grad * lr if attrs["use_nesterov"] else accum
    return {"var": var + step, "accum": accum}


def _moments(m: Any, v: Any, beta1: Any, beta2: Any, grad: Any) -> tuple[Any, Any]:
    return m + (grad - m) * (1 - beta1), v + (grad * grad - v) * (1 - beta2)


def _adam(
    xp: Any,
    attrs: Any,
    var: Any,
    m: Any,
    v: Any,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> dict[str, Any]:
    alpha = lr * xp.sqrt(1 - beta2_power) / (1 - beta1_power)
    m, v = _moments(m, v, beta1, beta2, grad)
    direction = grad * (1 - beta1) + beta1 * m if attrs["use_nesterov"] else m
    return {"var": var - direction * alpha / (xp.sqrt(v) + epsilon), "m": m, "v": v}


def _adam_with_amsgrad(
    xp: Any,
    attrs: Any,
    var: Any,
    m: Any,
    v: Any,
    vhat: Any,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> dict[str, Any]:
    alpha = lr * xp.sqrt(1 - beta2_power) / (1 - beta1_power)
    m, v = _moments(m, v, beta1, beta2, grad)
    vhat = xp.maximum(vhat, v)
    return {"var": var - m * alpha / (xp.sqrt(vhat) + epsilon), "m": m, "v": v, "vhat": vhat}


def _ada_max(
    xp: Any,
    attrs: Any,
    var: Any,
    m: Any,
    v: Any,
    beta1_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> dict[str, Any]:
    m = m + (grad - m) * (1 - beta1)
    v = xp.maximum(beta2 * v, xp.abs(grad))
    return {"var": var - lr / (1 - beta1_power) * (m / (v + epsilon)), "m": m, "v": v}


def _adagrad(xp: Any, attrs: Any, var: Any, accum: Any, lr: Any, grad: Any) -> dict[str, Any]:
    if attrs["update_slots"]:
        accum = accum + grad * grad
    return {"var": var - grad * lr / xp.sqrt(accum), "accum": accum}


def _adagrad_v2(xp: Any, attrs: Any, var: Any, accum: Any, lr: Any, epsilon: Any, grad: Any) -> dict[str, Any]:
    if attrs["update_slots"]:
        accum = accum + grad * grad
    return {"var": var - grad * lr / (xp.sqrt(accum) + epsilon), "accum": accum}


def _adagrad_da(
    xp: Any,
    attrs: Any,
    var: Any,
    gradient_accumulator: Any,
    gradient_squared_accumulator: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    global_step: Any,
) -> dict[str, Any]:
    total = gradient_accumulator + grad
    squares = gradient_squared_accumulator + grad * grad
    shrunk = xp.sign(total) * xp.maximum(xp.abs(total) - l1 * global_step, 0)
    var = -lr * shrunk / (l2 * global_step * lr + xp.sqrt(squares))
    return {"var": var, "gradient_accumulator": total, "gradient_squared_accumulator": squares}


def _adadelta(
    xp: Any, attrs: Any, var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any
) -> dict[str, Any]:
    accum = accum * rho + grad * grad * (1 - rho)
    update = xp.sqrt(accum_update + epsilon) / xp.sqrt(accum + epsilon) * grad
    return {"var": var - update * lr, "accum": accum, "accum_update": accum_update * rho + update * update * (1 - rho)}


def _rms_prop(
    xp: Any, attrs: Any, var: Any, ms: Any, mom: Any, lr: Any, rho: Any, momentum: Any, epsilon: Any, grad: Any
) -> dict[str, Any]:
    ms = ms + (grad * grad - ms) * (1 - rho)
    mom = mom * momentum + grad * lr / xp.sqrt(ms + epsilon)
    return {"var": var - mom, "ms": ms, "mom": mom}


def _centered_rms_prop(
    xp: Any, attrs: Any, var: Any, mg: Any, ms: Any, mom: Any, lr: Any, rho: Any, momentum: Any, epsilon: Any, grad: Any
) -> dict[str, Any]:
    ms = ms + (grad * grad - ms) * (1 - rho)
    mg = mg + (grad - mg) * (1 - rho)
    mom = mom * momentum + grad * lr / xp.sqrt(ms - mg * mg + epsilon)
    return {"var": var - mom, "mg": mg, "ms": ms, "mom": mom}


def _ftrl(
    xp: Any,
    attrs: Any,
    var: Any,
    accum: Any,
    linear: Any,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    lr_power: Any,
    l2_shrinkage: Any = None,
) -> dict[str, Any]:
    shrunk = grad if l2_shrinkage is None else grad + 2 * l2_shrinkage * var
    total = accum + grad * grad
    new, old = xp.power(total, -lr_power), xp.power(accum, -lr_power)
    if attrs["multiply_linear_by_lr"]:
        linear = linear + shrunk * lr - (new - old) * var
        bound, scale = l1 * lr, new + 2 * l2 * lr
    else:
        linear = linear + shrunk - (new - old) / lr * var
        bound, scale = l1, new / lr + 2 * l2
    clipped = xp.maximum(xp.minimum(linear, bound), -bound)
    return {"var": (clipped - linear) / scale, "accum": total, "linear": linear}


def _proximal_gradient_descent(
    xp: Any, attrs: Any, var: Any, alpha: Any, l1: Any, l2: Any, delta: Any = None, grad: Any = None
) -> dict[str, Any]:
    return {"var": _proximal(xp, var - (grad if delta is None else delta) * alpha, alpha, l1, l2)}


def _proximal_adagrad(
    xp: Any, attrs: Any, var: Any, accum: Any, lr: Any, l1: Any, l2: Any, grad: Any
) -> dict[str, Any]:
    accum = accum + grad * grad
    rate = lr / xp.sqrt(accum)
    return {"var": _proximal(xp, var - grad * rate, rate, l1, l2), "accum": accum}


def _proximal(xp: Any, target: Any, rate: Any, l1: Any, l2: Any) -> Any:
    """Soft threshold by l1, shrinkage by l2."""
    return xp.sign(target) * xp.maximum(xp.abs(target) - rate * l1, 0) / (1 + l2 * rate)


def _add_sign(
    xp: Any, attrs: Any, var: Any, m: Any, lr: Any, alpha: Any, sign_decay: Any, beta: Any, grad: Any
) -> dict[str, Any]:
    m = m * beta + grad * (1 - beta)
    agreement = xp.sign(grad) * xp.sign(m)
    return {"var": var - lr * (alpha + sign_decay * agreement) * grad, "m": m}


def _power_sign(
    xp: Any, attrs: Any, var: Any, m: Any, lr: Any, logbase: Any, sign_decay: Any, beta: Any, grad: Any
) -> dict[str, Any]:
    m = m * beta + grad * (1 - beta)
    agreement = xp.sign(grad) * xp.sign(m)
    return {"var": var - lr * xp.exp(logbase * sign_decay * agreement) * grad, "m": m}


# fmt: off
_RULES: dict[str, tuple[Rule, str]] = {
    # name: formula, forms (d: dense, s: sparse; upper case: by resource handle only)
    "AdaMax":                  (_ada_max, "d"),
    "Adadelta":                (_adadelta, "ds"),
    "Adagrad":                 (_adagrad, "ds"),
    "AdagradDA":               (_adagrad_da, "ds"),
    "AdagradV2":               (_adagrad_v2, "ds"),
    "Adam":                    (_adam, "d"),
    "AdamWithAmsgrad":         (_adam_with_amsgrad, "D"),
    "AddSign":                 (_add_sign, "d"),
    "CenteredRMSProp":         (_centered_rms_prop, "ds"),
    "Ftrl":                    (_ftrl, "ds"),
    "FtrlV2":                  (_ftrl, "ds"),
    "GradientDescent":         (_gradient_descent, "d"),
    "KerasMomentum":           (_keras_momentum, "DS"),
    "Momentum":                (_momentum, "ds"),
    "PowerSign":               (_power_sign, "d"),
    "ProximalAdagrad":         (_proximal_adagrad, "ds"),
    "ProximalGradientDescent": (_proximal_gradient_descent, "ds"),
    "RMSProp":                 (_rms_prop, "ds"),
}
# fmt: on


def _op_types() -> Mapping[str, Rule]:
    found = {}
    for name, (rule, forms) in _RULES.items():
        for form in forms:
            stem = ("Sparse" if form in "sS" else "") + "Apply" + name
            found["Resource" + stem] = rule
            if form.islower():
                found[stem] = rule
    return found


UPDATE_RULES = _op_types()
"""Op type -> formula."""


def is_sparse(op_type: str) -> bool:
    """Whether an op type of `UPDATE_RULES` changes only the rows that its input `indices` names."""
    return op_type.removeprefix("Resource").startswith("Sparse")

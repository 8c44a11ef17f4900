"""`tf.keras.backend`: the functions in which layers, losses and programs that know only Keras say what to compute."""

from __future__ import annotations

from tfcompat.keras.backend.control import (
    foldl as foldl,
)
from tfcompat.keras.backend.control import (
    foldr as foldr,
)
from tfcompat.keras.backend.control import (
    in_test_phase as in_test_phase,
)
from tfcompat.keras.backend.control import (
    in_train_phase as in_train_phase,
)
from tfcompat.keras.backend.control import (
    map_fn as map_fn,
)
from tfcompat.keras.backend.control import (
    stop_gradient as stop_gradient,
)
from tfcompat.keras.backend.control import (
    switch as switch,
)
from tfcompat.keras.backend.crossentropy import (
    binary_crossentropy as binary_crossentropy,
)
from tfcompat.keras.backend.crossentropy import (
    binary_focal_crossentropy as binary_focal_crossentropy,
)
from tfcompat.keras.backend.crossentropy import (
    categorical_crossentropy as categorical_crossentropy,
)
from tfcompat.keras.backend.crossentropy import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from tfcompat.keras.backend.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from tfcompat.keras.backend.ctc import ctc_batch_cost as ctc_batch_cost
from tfcompat.keras.backend.ctc import ctc_decode as ctc_decode
from tfcompat.keras.backend.ctc import ctc_label_dense_to_sparse as ctc_label_dense_to_sparse
from tfcompat.keras.backend.elementwise import (
    abs as abs,
)
from tfcompat.keras.backend.elementwise import (
    cast as cast,
)
from tfcompat.keras.backend.elementwise import (
    cast_to_floatx as cast_to_floatx,
)
from tfcompat.keras.backend.elementwise import (
    clip as clip,
)
from tfcompat.keras.backend.elementwise import (
    cos as cos,
)
from tfcompat.keras.backend.elementwise import (
    elu as elu,
)
from tfcompat.keras.backend.elementwise import (
    equal as equal,
)
from tfcompat.keras.backend.elementwise import (
    exp as exp,
)
from tfcompat.keras.backend.elementwise import (
    greater as greater,
)
from tfcompat.keras.backend.elementwise import (
    greater_equal as greater_equal,
)
from tfcompat.keras.backend.elementwise import (
    hard_sigmoid as hard_sigmoid,
)
from tfcompat.keras.backend.elementwise import (
    less as less,
)
from tfcompat.keras.backend.elementwise import (
    less_equal as less_equal,
)
from tfcompat.keras.backend.elementwise import (
    log as log,
)
from tfcompat.keras.backend.elementwise import (
    maximum as maximum,
)
from tfcompat.keras.backend.elementwise import (
    minimum as minimum,
)
from tfcompat.keras.backend.elementwise import (
    not_equal as not_equal,
)
from tfcompat.keras.backend.elementwise import (
    pow as pow,
)
from tfcompat.keras.backend.elementwise import (
    relu as relu,
)
from tfcompat.keras.backend.elementwise import (
    round as round,
)
from tfcompat.keras.backend.elementwise import (
    sigmoid as sigmoid,
)
from tfcompat.keras.backend.elementwise import (
    sign as sign,
)
from tfcompat.keras.backend.elementwise import (
    sin as sin,
)
from tfcompat.keras.backend.elementwise import (
    softmax as softmax,
)
from tfcompat.keras.backend.elementwise import (
    softplus as softplus,
)
from tfcompat.keras.backend.elementwise import (
    softsign as softsign,
)
from tfcompat.keras.backend.elementwise import (
    sqrt as sqrt,
)
from tfcompat.keras.backend.elementwise import (
    square as square,
)
from tfcompat.keras.backend.elementwise import (
    tanh as tanh,
)
from tfcompat.keras.backend.functions import (
    GraphExecutionFunction as GraphExecutionFunction,
)
from tfcompat.keras.backend.functions import (
    function as function,
)
from tfcompat.keras.backend.functions import (
    gradients as gradients,
)
from tfcompat.keras.backend.functions import (
    print_tensor as print_tensor,
)
from tfcompat.keras.backend.neural import (
    batch_normalization as batch_normalization,
)
from tfcompat.keras.backend.neural import (
    bias_add as bias_add,
)
from tfcompat.keras.backend.neural import (
    conv1d as conv1d,
)
from tfcompat.keras.backend.neural import (
    conv2d as conv2d,
)
from tfcompat.keras.backend.neural import (
    conv2d_transpose as conv2d_transpose,
)
from tfcompat.keras.backend.neural import (
    conv3d as conv3d,
)
from tfcompat.keras.backend.neural import (
    depthwise_conv2d as depthwise_conv2d,
)
from tfcompat.keras.backend.neural import (
    local_conv1d as local_conv1d,
)
from tfcompat.keras.backend.neural import (
    local_conv2d as local_conv2d,
)
from tfcompat.keras.backend.neural import (
    normalize_batch_in_training as normalize_batch_in_training,
)
from tfcompat.keras.backend.neural import (
    pool2d as pool2d,
)
from tfcompat.keras.backend.neural import (
    pool3d as pool3d,
)
from tfcompat.keras.backend.neural import (
    separable_conv2d as separable_conv2d,
)
from tfcompat.keras.backend.products import (
    batch_dot as batch_dot,
)
from tfcompat.keras.backend.products import (
    dot as dot,
)
from tfcompat.keras.backend.random import (
    dropout as dropout,
)
from tfcompat.keras.backend.random import (
    random_binomial as random_binomial,
)
from tfcompat.keras.backend.random import (
    random_normal as random_normal,
)
from tfcompat.keras.backend.random import (
    random_uniform as random_uniform,
)
from tfcompat.keras.backend.random import (
    truncated_normal as truncated_normal,
)
from tfcompat.keras.backend.recurrent import rnn as rnn
from tfcompat.keras.backend.reductions import (
    all as all,
)
from tfcompat.keras.backend.reductions import (
    any as any,
)
from tfcompat.keras.backend.reductions import (
    argmax as argmax,
)
from tfcompat.keras.backend.reductions import (
    argmin as argmin,
)
from tfcompat.keras.backend.reductions import (
    cumprod as cumprod,
)
from tfcompat.keras.backend.reductions import (
    cumsum as cumsum,
)
from tfcompat.keras.backend.reductions import (
    in_top_k as in_top_k,
)
from tfcompat.keras.backend.reductions import (
    l2_normalize as l2_normalize,
)
from tfcompat.keras.backend.reductions import (
    max as max,
)
from tfcompat.keras.backend.reductions import (
    mean as mean,
)
from tfcompat.keras.backend.reductions import (
    min as min,
)
from tfcompat.keras.backend.reductions import (
    prod as prod,
)
from tfcompat.keras.backend.reductions import (
    std as std,
)
from tfcompat.keras.backend.reductions import (
    sum as sum,
)
from tfcompat.keras.backend.reductions import (
    var as var,
)
from tfcompat.keras.backend.shapes import (
    arange as arange,
)
from tfcompat.keras.backend.shapes import (
    batch_flatten as batch_flatten,
)
from tfcompat.keras.backend.shapes import (
    concatenate as concatenate,
)
from tfcompat.keras.backend.shapes import (
    expand_dims as expand_dims,
)
from tfcompat.keras.backend.shapes import (
    flatten as flatten,
)
from tfcompat.keras.backend.shapes import (
    gather as gather,
)
from tfcompat.keras.backend.shapes import (
    one_hot as one_hot,
)
from tfcompat.keras.backend.shapes import (
    permute_dimensions as permute_dimensions,
)
from tfcompat.keras.backend.shapes import (
    repeat as repeat,
)
from tfcompat.keras.backend.shapes import (
    repeat_elements as repeat_elements,
)
from tfcompat.keras.backend.shapes import (
    reshape as reshape,
)
from tfcompat.keras.backend.shapes import (
    resize_images as resize_images,
)
from tfcompat.keras.backend.shapes import (
    resize_volumes as resize_volumes,
)
from tfcompat.keras.backend.shapes import (
    reverse as reverse,
)
from tfcompat.keras.backend.shapes import (
    spatial_2d_padding as spatial_2d_padding,
)
from tfcompat.keras.backend.shapes import (
    spatial_3d_padding as spatial_3d_padding,
)
from tfcompat.keras.backend.shapes import (
    squeeze as squeeze,
)
from tfcompat.keras.backend.shapes import (
    stack as stack,
)
from tfcompat.keras.backend.shapes import (
    temporal_padding as temporal_padding,
)
from tfcompat.keras.backend.shapes import (
    tile as tile,
)
from tfcompat.keras.backend.shapes import (
    transpose as transpose,
)
from tfcompat.keras.backend.state import (
    backend as backend,
)
from tfcompat.keras.backend.state import (
    clear_session as clear_session,
)
from tfcompat.keras.backend.state import (
    get_session as get_session,
)
from tfcompat.keras.backend.state import (
    get_uid as get_uid,
)
from tfcompat.keras.backend.state import (
    initialize_variables as initialize_variables,
)
from tfcompat.keras.backend.state import (
    learning_phase as learning_phase,
)
from tfcompat.keras.backend.state import (
    learning_phase_scope as learning_phase_scope,
)
from tfcompat.keras.backend.state import (
    manual_variable_initialization as manual_variable_initialization,
)
from tfcompat.keras.backend.state import (
    reset_uids as reset_uids,
)
from tfcompat.keras.backend.state import (
    set_learning_phase as set_learning_phase,
)
from tfcompat.keras.backend.state import (
    set_session as set_session,
)
from tfcompat.keras.backend.state import (
    symbolic_learning_phase as symbolic_learning_phase,
)
from tfcompat.keras.backend.state import (
    track_tf_optimizer as track_tf_optimizer,
)
from tfcompat.keras.backend.variables import (
    batch_get_value as batch_get_value,
)
from tfcompat.keras.backend.variables import (
    batch_set_value as batch_set_value,
)
from tfcompat.keras.backend.variables import (
    constant as constant,
)
from tfcompat.keras.backend.variables import (
    count_params as count_params,
)
from tfcompat.keras.backend.variables import (
    dtype as dtype,
)
from tfcompat.keras.backend.variables import (
    eval as eval,
)
from tfcompat.keras.backend.variables import (
    eye as eye,
)
from tfcompat.keras.backend.variables import (
    get_value as get_value,
)
from tfcompat.keras.backend.variables import (
    int_shape as int_shape,
)
from tfcompat.keras.backend.variables import (
    is_keras_tensor as is_keras_tensor,
)
from tfcompat.keras.backend.variables import (
    is_placeholder as is_placeholder,
)
from tfcompat.keras.backend.variables import (
    is_sparse as is_sparse,
)
from tfcompat.keras.backend.variables import (
    moving_average_update as moving_average_update,
)
from tfcompat.keras.backend.variables import (
    ndim as ndim,
)
from tfcompat.keras.backend.variables import (
    ones as ones,
)
from tfcompat.keras.backend.variables import (
    ones_like as ones_like,
)
from tfcompat.keras.backend.variables import (
    placeholder as placeholder,
)
from tfcompat.keras.backend.variables import (
    random_normal_variable as random_normal_variable,
)
from tfcompat.keras.backend.variables import (
    random_uniform_variable as random_uniform_variable,
)
from tfcompat.keras.backend.variables import (
    set_value as set_value,
)
from tfcompat.keras.backend.variables import (
    shape as shape,
)
from tfcompat.keras.backend.variables import (
    to_dense as to_dense,
)
from tfcompat.keras.backend.variables import (
    update as update,
)
from tfcompat.keras.backend.variables import (
    update_add as update_add,
)
from tfcompat.keras.backend.variables import (
    update_sub as update_sub,
)
from tfcompat.keras.backend.variables import (
    variable as variable,
)
from tfcompat.keras.backend.variables import (
    zeros as zeros,
)
from tfcompat.keras.backend.variables import (
    zeros_like as zeros_like,
)
from tfcompat.keras.config import (
    epsilon as epsilon,
)
from tfcompat.keras.config import (
    floatx as floatx,
)
from tfcompat.keras.config import (
    image_data_format as image_data_format,
)
from tfcompat.keras.config import (
    normalize_data_format as normalize_data_format,
)
from tfcompat.keras.config import (
    set_epsilon as set_epsilon,
)
from tfcompat.keras.config import (
    set_floatx as set_floatx,
)
from tfcompat.keras.config import (
    set_image_data_format as set_image_data_format,
)
from tfcompat.layers.graph_state import track_variable as track_variable

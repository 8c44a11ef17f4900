"""`tf.keras.losses`: losses of predictions, as functions and as objects that weigh and reduce them."""

from tfcompat.keras.losses.classes import Loss as Loss
from tfcompat.keras.losses.classes import LossFunctionWrapper as LossFunctionWrapper
from tfcompat.keras.losses.names import deserialize as deserialize
from tfcompat.keras.losses.names import get as get
from tfcompat.keras.losses.names import serialize as serialize
from tfcompat.keras.losses.weighting import Reduction as Reduction
from tfcompat.keras.losses.weighting import compute_weighted_loss as compute_weighted_loss
from tfcompat.keras.losses.weighting import squeeze_or_expand_dimensions as squeeze_or_expand_dimensions

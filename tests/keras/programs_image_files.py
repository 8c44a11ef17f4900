"""Programs of tf.keras.preprocessing.image that need Pillow, which the Python of TensorFlow 1.15.5 lacks."""

import os
import tempfile
import warnings

import numpy as np

from tests.keras.programs_images import IMAGE, IMAGES
from tests.keras.programs_images import flow as _flow


def _folder(tf):
    """Two classes of three images each."""
    top = tempfile.mkdtemp()
    for name, brightness in (("b", 127.0), ("a", 255.0)):
        os.makedirs(os.path.join(top, name))
        for i in range(3):
            path = os.path.join(top, name, f"im{i}.png")
            tf.keras.preprocessing.image.save_img(path, IMAGES[i] * brightness)
    return top


def image_of_an_array(tf):
    image = tf.keras.preprocessing.image
    one = image.array_to_img(IMAGE[..., :1])
    return [
        image.img_to_array(image.array_to_img(IMAGE)),
        image.img_to_array(one),
        one.mode,
        image.array_to_img(IMAGE[..., :1] * 9, scale=False).mode,
        image.img_to_array(image.array_to_img(IMAGE.transpose(2, 0, 1), "channels_first"), "channels_first"),
        image.img_to_array(image.array_to_img(np.concatenate([IMAGE, IMAGE[..., :1]], -1), scale=False), dtype="uint8"),
    ]


def image_of_a_bad_array(tf):
    return tf.keras.preprocessing.image.array_to_img(IMAGE[0])


def image_of_two_channels(tf):
    return tf.keras.preprocessing.image.array_to_img(IMAGE[..., :2])


def files(tf):
    image = tf.keras.preprocessing.image
    path = os.path.join(tempfile.mkdtemp(), "a.png")
    image.save_img(path, IMAGE)

    def read(**options):
        return image.img_to_array(image.load_img(path, **options))

    return [
        read(),
        read(target_size=(3, 4)),
        read(color_mode="grayscale"),
        read(color_mode="rgba", target_size=(9, 4), interpolation="bilinear"),
        read(target_size=(9, 4), interpolation="lanczos"),
    ]


def file_in_a_bad_mode(tf):
    image = tf.keras.preprocessing.image
    path = os.path.join(tempfile.mkdtemp(), "a.png")
    image.save_img(path, IMAGE)
    return image.load_img(path, color_mode="cmyk")


def brightness(tf):
    np.random.seed(2)
    image = tf.keras.preprocessing.image
    return [
        image.random_brightness(IMAGE, (0.5, 1.5)),
        image.random_brightness(IMAGE, (0.7, 0.7)),
        _flow(tf, {"brightness_range": (0.5, 1.0), "rescale": 2.0}),
    ]


def brightness_refused(tf):
    return tf.keras.preprocessing.image.random_brightness(IMAGE, 0.5)


def directories(tf):
    top = _folder(tf)
    kinds = [
        {},
        {"class_mode": "binary", "shuffle": False},
        {"class_mode": "sparse", "color_mode": "grayscale"},
        {"class_mode": None},
        {"class_mode": "input"},
        {"classes": ["b"]},
    ]
    result = []
    for options in kinds:
        np.random.seed(2)
        made = tf.keras.preprocessing.image.ImageDataGenerator()
        given = made.flow_from_directory(top, target_size=(3, 2), batch_size=4, seed=1, **options)
        batches = [next(given) for _ in range(2)]
        batches = [list(b) if isinstance(b, tuple) else b for b in batches]
        result.append([given.class_indices, given.filenames, given.classes, given.samples, batches])
    return result


def directories_of_a_subset(tf):
    made = tf.keras.preprocessing.image.ImageDataGenerator(validation_split=0.34)
    result = []
    for subset in ("training", "validation"):
        given = made.flow_from_directory(
            _folder(tf), target_size=(3, 2), batch_size=4, seed=1, subset=subset, class_mode="sparse"
        )
        result.append([given.filenames, given.samples, list(next(given))])
    return result


def directories_of_a_bad_mode(tf):
    made = tf.keras.preprocessing.image.ImageDataGenerator()
    return made.flow_from_directory(_folder(tf), class_mode="foo")


def directories_of_a_bad_subset(tf):
    made = tf.keras.preprocessing.image.ImageDataGenerator(validation_split=0.5)
    return made.flow_from_directory(_folder(tf), subset="test")


def tables(tf):
    import pandas

    top, result = _folder(tf), []
    columns = {
        "filename": ["a/im0.png", "b/im1.png", "a/im2.png", "missing.png"],
        "class": ["x", "y", "x", "y"],
        "several": [["p", "q"], ["q"], ("r", "p"), ["q"]],
        "value": [1.0, 2.0, 3.0, 4.0],
    }
    kinds = [
        {},
        {"class_mode": "raw", "y_col": "value"},
        {"class_mode": "raw", "y_col": ["value", "value"]},
        {"class_mode": "multi_output", "y_col": ["value", "value"]},
        {"class_mode": None},
        {"class_mode": "sparse"},
        {"class_mode": "binary", "weight_col": "value"},
        {"class_mode": "input"},
        {"y_col": "several"},
        {"y_col": "several", "classes": ["q", "p"]},
    ]
    for options in kinds:
        made = tf.keras.preprocessing.image.ImageDataGenerator()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = made.flow_from_dataframe(
                pandas.DataFrame(columns), top, target_size=(2, 2), batch_size=2, shuffle=False, **options
            )
        batch = next(given)
        batch = list(batch) if isinstance(batch, tuple) else batch
        result.append([getattr(given, "class_indices", {}), given.filenames, batch])
    return result

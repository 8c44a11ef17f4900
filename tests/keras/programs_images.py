"""Programs of tf.keras.preprocessing.image."""

import numpy as np

IMAGE = np.random.RandomState(0).rand(5, 6, 3).astype("f") * 255
IMAGES = np.random.RandomState(1).rand(7, 4, 5, 3).astype("f")
AXES = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


def flow(tf, made, batches=4, **options):
    """Batches that a generator made with `made` gives."""
    np.random.seed(3)
    generator = tf.keras.preprocessing.image.ImageDataGenerator(**made)
    if made.get("featurewise_center") or made.get("zca_whitening"):
        generator.fit(IMAGES)
    given = generator.flow(IMAGES, np.arange(7) % 2, batch_size=3, seed=5, **options)
    return [len(given), [list(next(given)) for _ in range(batches)], list(given[1])]


def affine_changes(tf):
    change = tf.keras.preprocessing.image.apply_affine_transform
    return [
        change(IMAGE, theta=30, **AXES),
        change(IMAGE, tx=1, ty=0.5, **AXES),
        change(IMAGE, shear=20, zx=1.2, zy=0.8, fill_mode="reflect", **AXES),
        change(IMAGE, theta=10, tx=1, shear=5, zx=0.9, order=3, fill_mode="constant", cval=7, **AXES),
        change(IMAGE.transpose(2, 0, 1), theta=-15, row_axis=1, col_axis=2, channel_axis=0),
    ]


def affine_changes_drawn(tf):
    np.random.seed(1)
    image = tf.keras.preprocessing.image
    return [
        image.random_rotation(IMAGE, 40, **AXES),
        image.random_shift(IMAGE, 0.2, 0.3, **AXES),
        image.random_shear(IMAGE, 20, **AXES),
        image.random_zoom(IMAGE, (0.7, 1.3), **AXES),
    ]


def zoom_refused(tf):
    return tf.keras.preprocessing.image.random_zoom(IMAGE, 0.5)


def channel_shift(tf):
    np.random.seed(1)
    return tf.keras.preprocessing.image.random_channel_shift(IMAGE, 50, 2)


def transform_drawn(tf):
    made = tf.keras.preprocessing.image.ImageDataGenerator(
        rotation_range=20,
        horizontal_flip=True,
        vertical_flip=True,
        shear_range=3,
        zoom_range=0.2,
        width_shift_range=0.1,
        height_shift_range=2,
        channel_shift_range=1.5,
        brightness_range=(0.5, 1.5),
    )
    drawn = made.get_random_transform((4, 5, 3), seed=4)
    return [{k: float(v) for k, v in drawn.items()}, made.get_random_transform((8, 9, 3), seed=5)["flip_horizontal"]]


def transform_applied(tf):
    made = tf.keras.preprocessing.image.ImageDataGenerator()
    return [
        made.apply_transform(IMAGE, {"flip_vertical": True}),
        made.apply_transform(IMAGE, {"flip_horizontal": True, "channel_shift_intensity": 20.0}),
        made.random_transform(IMAGE, seed=4),
        made.standardize(IMAGE.copy()),
    ]


def flow_plain(tf):
    return flow(tf, {})


def flow_in_order(tf):
    return flow(tf, {"rescale": 0.5}, shuffle=False)


def flow_flipped(tf):
    return flow(tf, {"horizontal_flip": True, "vertical_flip": True, "channel_shift_range": 0.3})


def flow_of_samples_standardized(tf):
    return flow(tf, {"samplewise_center": True, "samplewise_std_normalization": True})


def flow_standardized(tf):
    return flow(tf, {"featurewise_center": True, "featurewise_std_normalization": True})


def flow_whitened(tf):
    return flow(tf, {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 0.1})


def flow_preprocessed(tf):
    return flow(tf, {"preprocessing_function": lambda x: x * 2, "dtype": "float64"})


def flow_of_a_subset(tf):
    made = tf.keras.preprocessing.image.ImageDataGenerator(validation_split=0.3)
    subsets = [made.flow(IMAGES, np.arange(7) % 2, subset=k, shuffle=False) for k in ("validation", "training")]
    return [[len(s), list(next(s))] for s in subsets]


def flow_rotated_and_shifted(tf):
    return flow(
        tf,
        {
            "rotation_range": 20,
            "width_shift_range": 0.1,
            "height_shift_range": 0.2,
            "shear_range": 10,
            "zoom_range": 0.2,
            "channel_shift_range": 0.3,
            "horizontal_flip": True,
            "vertical_flip": True,
            "rescale": 0.25,
            "fill_mode": "wrap",
        },
    )


def flow_shifted_by_pixels(tf):
    return flow(tf, {"width_shift_range": 2, "height_shift_range": [-1, 1]})


def flow_of_several_inputs(tf):
    made = tf.keras.preprocessing.image.ImageDataGenerator()
    several = made.flow((IMAGES, [np.arange(7.0)]), np.arange(7), batch_size=4, shuffle=False)
    weighted = made.flow(IMAGES, np.arange(7), batch_size=4, sample_weight=np.arange(7.0), shuffle=False)
    alone = made.flow(IMAGES, batch_size=5, shuffle=False)
    return [list(next(several)), list(next(weighted)), next(alone)]


def generator_with_a_bad_zoom(tf):
    return tf.keras.preprocessing.image.ImageDataGenerator(zoom_range=[1])


def generator_with_a_bad_split(tf):
    return tf.keras.preprocessing.image.ImageDataGenerator(validation_split=2.0)


def generator_with_a_bad_format(tf):
    return tf.keras.preprocessing.image.ImageDataGenerator(data_format="channels_middle")


def flow_of_unequal_lengths(tf):
    return tf.keras.preprocessing.image.ImageDataGenerator().flow(IMAGES, np.arange(3))


PROGRAMS = {k: v for k, v in list(globals().items()) if callable(v) and k != "flow"}

"""Programs of tf.contrib.metrics: values after one batch and after two."""

import numpy as np


def _run(tf, build):
    """Results of a session of its own, as constants: updates of two batches, values after each."""
    with tf.Graph().as_default():
        batch = tf.placeholder(tf.int32, [])
        made = build(tf, batch)
        values, updates = tf.contrib.metrics.aggregate_metric_map(made)
        names = sorted(made)
        listed = [updates[n] for n in names]
        with tf.Session() as session:
            session.run(tf.local_variables_initializer())
            results = []
            for i in range(2):
                got = session.run(listed, {batch: i})
                results += [np.float64(g) for g in got if g is not None]
                results += [np.float64(v) for v in session.run([values[n] for n in names])]
            variables = sorted(v.op.name for v in tf.local_variables())
    results.append(np.float64(list("|".join(variables).encode())))
    return [tf.constant(np.nan_to_num(r)) for r in results], None


def _data(tf, batch):
    predictions = tf.constant(np.linspace(0, 1, 12).reshape(2, 2, 3) ** 2 * [[[1, 0.7, 0.2]]], tf.float32)
    labels = tf.constant((np.arange(12).reshape(2, 2, 3) % 5) < 2)
    weights = tf.constant([[0.5], [2.0]])
    return predictions[batch], labels[batch], weights


def confusions(tf):
    def build(tf, batch):
        m = tf.contrib.metrics
        p, labels, w = _data(tf, batch)
        kinds = ["true_positives", "true_negatives", "false_positives", "false_negatives", "precision", "recall"]
        kinds += ["false_positive_rate", "false_negative_rate"]
        made = {}
        for kind in kinds:
            made[kind] = getattr(m, "streaming_" + kind)(p > 0.3, labels)
            made[kind + "/w"] = getattr(m, "streaming_" + kind)(p > 0.3, labels, w, name="w_" + kind)
        made["accuracy"] = m.streaming_accuracy(tf.to_int32(p * 4), tf.to_int32(labels), w)
        made["iou"] = m.streaming_mean_iou(tf.to_int32(p * 1.9), tf.to_int32(labels), 2)
        return made

    return _run(tf, build)


def at_thresholds(tf):
    def build(tf, batch):
        m = tf.contrib.metrics
        p, labels, w = _data(tf, batch)
        made = {"auc": m.streaming_auc(p, labels, w, num_thresholds=9, curve="PR"), "f1": m.f1_score(labels, p, w, 7)}
        for kind in ("true_positives", "true_negatives", "false_positives", "false_negatives"):
            made[kind] = getattr(m, "streaming_" + kind + "_at_thresholds")(p * 2, labels, [0.1, 0.5, 1.5], w)
        for kind in ("false_positive_rate", "false_negative_rate", "precision", "recall"):
            made[kind] = getattr(m, "streaming_" + kind + "_at_thresholds")(p, labels, [0.1, 0.5], w)
        for curve in ("ROC", "PR"):
            value, update = m.streaming_curve_points(labels, p, w, 5, curve=curve, name="p" + curve)
            with tf.control_dependencies([update]):
                made[curve] = value, tf.constant(0.0)
        made["sens"] = m.streaming_sensitivity_at_specificity(p, labels, 0.5, num_thresholds=9)
        made["spec"] = m.streaming_specificity_at_sensitivity(p, labels, 0.5, w, 9)
        return made

    return _run(tf, build)


def means(tf):
    def build(tf, batch):
        m = tf.contrib.metrics
        p, labels, w = _data(tf, batch)
        labels = tf.to_float(labels) + p * 0.3
        made = {
            "count": m.count(p),
            "count/w": m.count(p, w),
            "mean": m.streaming_mean(p, w),
            "tensor": m.streaming_mean_tensor(p),
            "less": m.streaming_percentage_less(p, 0.2),
            "relative": m.streaming_mean_relative_error(p, labels, labels + 1.0),
            "cos": m.streaming_mean_cosine_distance(p, labels, 1),
            "pearson": m.streaming_pearson_correlation(p, labels),
            "covariance": m.streaming_covariance(p, labels, w),
        }
        for kind in ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error"):
            made[kind] = getattr(m, "streaming_" + kind)(p, labels, w)
        made["weighted"] = m.streaming_pearson_correlation(p, labels, w * tf.ones([2, 3]), name="weighted")
        return made

    return _run(tf, build)


def at_k(tf):
    def build(tf, batch):
        m = tf.contrib.metrics
        p, _, _ = _data(tf, batch)
        p = tf.concat([p, tf.reverse(p, [1]) * 0.9], 1)
        classes = tf.constant([[[1], [5]], [[2], [3]]], tf.int64)[batch]
        top = tf.nn.top_k(p, 2).indices
        return {
            "recall": m.streaming_recall_at_k(p, tf.squeeze(classes, 1), 2),
            "sparse": m.streaming_sparse_recall_at_k(p, classes, 3),
            "precision": m.streaming_sparse_precision_at_k(p, classes, 2, class_id=5),
            "average": m.streaming_sparse_average_precision_at_k(p, classes, 3),
            "top": m.streaming_sparse_precision_at_top_k(tf.to_int64(top), classes),
            "rtop": m.sparse_recall_at_top_k(classes, tf.to_int64(top)),
        }

    return _run(tf, build)


def plain(tf):
    m = tf.contrib.metrics
    a, b = tf.constant([[1, 2, 3], [4, 5, 6]]), tf.constant([[3, 1, 9], [7, 7, 7]])
    sets = [m.set_intersection(a, b), m.set_difference(a, b), m.set_difference(a, b, False), m.set_union(a, b)]
    found = [t for s in sets for t in (s.indices, s.values, s.dense_shape)]
    return found + [
        m.set_size(sets[0]),
        m.confusion_matrix([0, 1, 1], [1, 1, 0], weights=[1, 2, 3]),
        m.accuracy(a, tf.constant([[1, 2, 0], [4, 0, 0]])),
        m.accuracy(a, b + 0, weights=[[1.0], [0.0]]),
        tf.stack(m.aggregate_metrics((tf.constant(1), tf.constant(2)), (tf.constant(3), tf.constant(4)))),
    ], None

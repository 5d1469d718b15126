"""Images that are measured in parts have the outputs that they have all together."""

import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.parametrize("n_images", [1, 999, 1000, 1001, 2503])
def test_outputs_of_images_in_parts_are_those_of_all_together(n_images):
    import tensorflow as tf

    from collect.training import measurement, network

    rng = np.random.default_rng(n_images)
    images = rng.random((n_images, 12), np.float32) * (rng.random(12) < 0.7)
    images[0, 11], images[:, 3] = 1, 0
    shapes = network.parameter_shapes(12, 4, (5, 6, 7))
    of_each = [network.drawn(tf.constant(seed, tf.int64), shapes) for seed in (3, 8)]
    parameters = {name: 10 * tf.concat([one[name] for one in of_each], axis=0) for name in shapes}
    lit = measurement.Lit.of(images.astype(np.float32))
    assert lit.parts.shape[0] == -(-n_images // measurement.AT_A_TIME)
    found = lit.logits(lit.seen_by(parameters))
    expected = network.logits(parameters, tf.constant(images, tf.float32)[None])
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-4)


def test_errors_count_from_the_label_modulo_the_number_of_classes():
    import tensorflow as tf

    from collect.training import measurement

    labels = np.array([0, 2, 1], np.int32)
    labelled = measurement.Labelled.of(np.eye(3, dtype=np.float32), labels, n_classes=3)
    predictions = np.array([[0, 2, 1], [1, 1, 0]])
    logits = tf.constant(np.eye(3, dtype=np.float32)[predictions])
    assert labelled.errors(logits).numpy().tolist() == [[0, 0, 0], [1, 2, 2]]

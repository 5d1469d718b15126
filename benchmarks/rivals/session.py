"""The original's way: a TensorFlow 1 session that steps through `feed_dict`, one network at a time."""

from collections.abc import Sequence

import tensorflow as tf

from rivals import protocol
from rivals.protocol import Images, Train

TOGETHER = (1,)


def make(images: Images, _together: int) -> Train:
    v1 = tf.compat.v1
    v1.disable_eager_execution()
    labels, test_labels = protocol.one_hot(images.labels), protocol.one_hot(images.test_labels)
    pixels, wanted = v1.placeholder(tf.float32, [None, 784]), v1.placeholder(tf.float32, [None, 10])
    rate, hidden = v1.placeholder(tf.float32, []), pixels
    for depth, shape in enumerate(protocol.LAYERS):
        weights = v1.Variable(v1.truncated_normal(shape, stddev=protocol.INITIAL_SD))
        hidden = tf.matmul(hidden, weights) + v1.Variable(tf.fill(shape[1:], protocol.INITIAL_BIAS))
        hidden = tf.tanh(hidden) if depth < 3 else hidden
    loss = tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(wanted, hidden))
    step = v1.train.GradientDescentOptimizer(rate).minimize(loss)
    right = tf.equal(tf.argmax(hidden, 1), tf.argmax(wanted, 1))
    accuracy, initialise = tf.reduce_mean(tf.cast(right, tf.float32)), v1.global_variables_initializer()
    session = v1.Session()

    def train(seeds: Sequence[int]) -> list[float]:
        accuracies = []
        for _ in seeds:
            session.run(initialise)
            for i in range(protocol.STEPS):
                batch = i % len(labels)
                feed = {pixels: images.batches[batch], wanted: labels[batch]}
                now = protocol.RATE if i < protocol.SLOW_FROM else protocol.SLOW_RATE
                session.run(step, {**feed, rate: now})
            accuracies.append(float(session.run(accuracy, {pixels: images.test_images, wanted: test_labels})))
        return accuracies

    return train

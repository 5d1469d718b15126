"""Keras 3 on TensorFlow: `train_on_batch`, one network at a time, all with one compiled model."""

import os
from collections.abc import Sequence

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

from rivals import protocol
from rivals.protocol import Images, Train

TOGETHER = (1,)


def make(images: Images, _together: int) -> Train:
    *hidden, classes = [shape[1] for shape in protocol.LAYERS]
    layers = [*(keras.layers.Dense(units, "tanh") for units in hidden), keras.layers.Dense(classes)]
    model = keras.Sequential([keras.Input((784,)), *layers])
    model.compile(
        keras.optimizers.SGD(protocol.RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"),
    )

    def train(seeds: Sequence[int]) -> list[float]:
        accuracies = []
        for seed in seeds:
            model.set_weights([array for layer in protocol.initial(seed) for array in layer])
            for i in range(protocol.STEPS):
                if i in (0, protocol.SLOW_FROM):
                    model.optimizer.learning_rate = protocol.SLOW_RATE if i else protocol.RATE
                batch = i % len(images.batches)
                model.train_on_batch(images.batches[batch], images.labels[batch])
            predicted = model.predict_on_batch(images.test_images).argmax(axis=1)
            accuracies.append(float(np.mean(predicted == images.test_labels)))
        return accuracies

    return train

"""PyTorch's `torch.func`: the gradient of one network's loss, by `vmap` for many networks at once."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.func import grad, vmap

from rivals import protocol
from rivals.protocol import Images, Train

TOGETHER = (1, 8, 32, 100)


def make(images: Images, _together: int) -> Train:
    batches, labels = torch.from_numpy(images.batches), torch.from_numpy(images.labels).long()
    test_images, test_labels = torch.from_numpy(images.test_images), torch.from_numpy(images.test_labels)
    gradients_of = vmap(grad(summed_loss), in_dims=(0, None, None))

    @torch.no_grad()
    def train(seeds: Sequence[int]) -> list[float]:
        drawn = [[array for layer in protocol.initial(seed) for array in layer] for seed in seeds]
        parameters = tuple(torch.from_numpy(np.stack(arrays)) for arrays in zip(*drawn, strict=True))
        for i in range(protocol.STEPS):
            batch = i % len(batches)
            rate = protocol.RATE if i < protocol.SLOW_FROM else protocol.SLOW_RATE
            gradients = gradients_of(parameters, batches[batch], labels[batch])
            torch._foreach_add_(parameters, gradients, alpha=-rate)
        accuracies = []
        for n in range(len(seeds)):
            right = logits([array[n] for array in parameters], test_images).argmax(dim=1) == test_labels
            accuracies.append(float(right.float().mean()))
        return accuracies

    return train


def logits(parameters, pixels):
    *hidden, weights, biases = parameters
    for w, b in zip(hidden[::2], hidden[1::2], strict=True):
        pixels = torch.tanh(torch.addmm(b, pixels, w))
    return torch.addmm(biases, pixels, weights)


def summed_loss(parameters, pixels, wanted):
    return torch.nn.functional.cross_entropy(logits(parameters, pixels), wanted, reduction="sum")

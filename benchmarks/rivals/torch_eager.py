"""PyTorch as most people write it: a module, an optimizer, one network at a time."""

from collections.abc import Sequence

import torch

from rivals import protocol
from rivals.protocol import Images, Train

TOGETHER = (1,)


def make(images: Images, _together: int) -> Train:
    batches, labels = torch.from_numpy(images.batches), torch.from_numpy(images.labels).long()
    test_images, test_labels = torch.from_numpy(images.test_images), torch.from_numpy(images.test_labels)

    def train(seeds: Sequence[int]) -> list[float]:
        accuracies = []
        for seed in seeds:
            model = network(seed)
            optimizer = torch.optim.SGD(model.parameters(), lr=protocol.RATE)
            for i in range(protocol.STEPS):
                if i == protocol.SLOW_FROM:
                    optimizer.param_groups[0]["lr"] = protocol.SLOW_RATE
                batch = i % len(batches)
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(
                    model(batches[batch]), labels[batch], reduction="sum"
                )
                loss.backward()
                optimizer.step()
            with torch.inference_mode():
                right = model(test_images).argmax(dim=1) == test_labels
            accuracies.append(float(right.float().mean()))
        return accuracies

    return train


def network(seed: int) -> torch.nn.Sequential:
    parts: list[torch.nn.Module] = []
    for (weights, biases), (inputs, units) in zip(protocol.initial(seed), protocol.LAYERS, strict=True):
        layer = torch.nn.Linear(inputs, units)
        layer.weight.data = torch.from_numpy(weights.T.copy())
        layer.bias.data = torch.from_numpy(biases)
        parts += [layer, torch.nn.Tanh()]
    return torch.nn.Sequential(*parts[:-1])

"""Sharpness is the largest eigenvalue: of known matrices, and of the exact Hessian of a small network."""

import dataclasses

import numpy as np
import pytest
from numpy_training import classification_gradient
from small_networks import small_config, small_split

from collect.strategy.optimizers import OPTIMIZERS
from collect.strategy.schedules import JOINT, with_last_steps

pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.parametrize(
    ("eigenvalues", "largest"),
    [
        ([5.0, 1.0, -2.0], 5.0),
        ([2.0, 1.0, -5.0], 2.0),
        ([3.0, -3.0, 1.0], 3.0),
        ([3.0, -2.9999, 1.0], 3.0),
        ([-1.0, -2.0, -4.0], -1.0),
        ([4.0, 4.0, 0.0], 4.0),
    ],
)
def test_the_largest_eigenvalue_by_sign_is_found(eigenvalues, largest):
    import tensorflow as tf

    from collect.training import sharpness

    basis, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    matrix = tf.constant((basis * eigenvalues) @ basis.T, tf.float32)
    start = [tf.constant([[0.3], [0.5], [-0.8]], tf.float32)]
    found = sharpness.largest_eigenvalue(lambda vector: [matrix @ vector[0]], start)
    assert float(found) == pytest.approx(largest, rel=0.01)


def hessian(parameters, split):
    """Return the exact Hessian of the mean training loss, by central differences of float64 gradients."""
    names = [n for n in parameters if n.startswith(("layer", "head3"))]
    point = {name: parameters[name][0].astype(np.float64) for name in parameters}
    targets = np.eye(split.n_classes)[split.train_labels]

    def gradient():
        found = classification_gradient(point, split.train_images, targets, 3)
        return np.concatenate([found[name].ravel() for name in names]) / len(targets)

    columns = []
    for name in names:
        for index in np.ndindex(point[name].shape):
            value = point[name][index]
            sides = []
            for step in (1e-5, -1e-5):
                point[name][index] = value + step
                sides.append(gradient())
            point[name][index] = value
            columns.append((sides[0] - sides[1]) / 2e-5)
    return np.array(columns)


@pytest.mark.parametrize("steps", [1, 100])
def test_sharpness_agrees_with_the_exact_hessian(steps, report_counts):
    from collect.training.trainer import Trainer

    full = small_split()
    kept = slice(50, 62)  # 12 pixels, so that the Hessian is small
    split = dataclasses.replace(
        full, train_images=full.train_images[:, kept], test_images=full.test_images[:, kept]
    )
    config = small_config(with_last_steps(JOINT, steps), OPTIMIZERS["sgd"])
    trainer = Trainer(dataclasses.replace(config, hidden_units=(4, 4, 4)), split, measure=True)
    exact = np.linalg.eigvalsh(hessian(trainer.parameters(2), split))
    reached = trainer.run(2).sharpness
    report_counts(f"sharpness after {steps} steps: {reached:.6g}, exact {exact[-1]:.6g}")
    assert reached == pytest.approx(exact[-1], rel=0.01)

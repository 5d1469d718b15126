"""Training in NumPy and float64, with its own backpropagation and update rules.

Written from the protocol in `data/README.md`, docs/strategies.md and the optimizers' papers, not from
`collect/training/trainer.py`. Only random numbers are given, since no other library draws the same ones.
"""

import numpy as np


class Sgd:
    """Plain gradient descent."""

    def __init__(self, **options):
        self.decay = options.pop("weight_decay", 0.0)
        self.options = options
        self.state = {}

    def update(self, name, value, gradient, rate, t):
        """Return the new value; t counts from 1. Decoupled decay: Loshchilov & Hutter 2019, Algorithm 2."""
        return value - rate * self.decay * value - self.step(name, gradient, rate, t)

    def step(self, name, gradient, rate, t):
        return rate * gradient

    def remembered(self, name, gradient, start=0.0):
        return self.state.setdefault(name, np.full_like(gradient, start))


class Momentum(Sgd):
    """Sutskever et al. 2013, equations 1 to 4; Nesterov as in Bengio et al. 2013, arXiv:1212.0901."""

    def step(self, name, gradient, rate, t):
        mu = self.options["momentum"]
        velocity = mu * self.remembered(name, gradient) - rate * gradient
        self.state[name] = velocity
        return -(mu * velocity - rate * gradient) if self.options.get("nesterov") else -velocity


class Adagrad(Sgd):
    """Duchi et al. 2011, the diagonal case, with a positive start of the sum."""

    def step(self, name, gradient, rate, t):
        total = self.remembered(name, gradient, self.options["initial_accumulator_value"]) + gradient**2
        self.state[name] = total
        return rate * gradient / np.sqrt(total + self.options["epsilon"])


class Rmsprop(Sgd):
    """Tieleman & Hinton 2012, lecture 6e."""

    def step(self, name, gradient, rate, t):
        rho = self.options["rho"]
        mean = rho * self.remembered(name, gradient) + (1 - rho) * gradient**2
        self.state[name] = mean
        return rate * gradient / np.sqrt(mean + self.options["epsilon"])


class Adam(Sgd):
    """Kingma & Ba 2015, the order of computation at the end of section 2 (with its epsilon hat)."""

    def means(self, name, gradient):
        m, v = self.remembered(name, gradient), self.remembered(f"{name} squared", gradient)
        beta_1, beta_2 = self.options["beta_1"], self.options["beta_2"]
        self.state[name] = m = beta_1 * m + (1 - beta_1) * gradient
        self.state[f"{name} squared"] = v = beta_2 * v + (1 - beta_2) * gradient**2
        return m, v

    def step(self, name, gradient, rate, t):
        m, v = self.means(name, gradient)
        rate_t = rate * np.sqrt(1 - self.options["beta_2"] ** t) / (1 - self.options["beta_1"] ** t)
        return rate_t * m / (np.sqrt(v) + self.options["epsilon"])


class Nadam(Adam):
    """Dozat 2016, Algorithm 2, with the momentum schedule of its section on initialisation."""

    def step(self, name, gradient, rate, t):
        m, v = self.means(name, gradient)
        mu = [self.options["beta_1"] * (1 - 0.5 * 0.96**s) for s in range(1, t + 2)]
        m_bar = mu[t] * m / (1 - np.prod(mu)) + (1 - mu[t - 1]) * gradient / (1 - np.prod(mu[:t]))
        v_hat = v / (1 - self.options["beta_2"] ** t)
        return rate * m_bar / (np.sqrt(v_hat) + self.options["epsilon"])


class Lion(Sgd):
    """Chen et al. 2023 (arXiv:2302.06675), Algorithm 2."""

    def step(self, name, gradient, rate, t):
        m = self.remembered(name, gradient)
        beta_1, beta_2 = self.options["beta_1"], self.options["beta_2"]
        self.state[name] = beta_2 * m + (1 - beta_2) * gradient
        return rate * np.sign(beta_1 * m + (1 - beta_1) * gradient)


RULES = {
    "sgd": Sgd, "momentum": Momentum, "nesterov": Momentum, "adagrad": Adagrad, "rmsprop": Rmsprop,
    "adam": Adam, "adamw": Adam, "nadam": Nadam, "lion": Lion,
}  # fmt: skip


def forward(p, images, depth):
    """Return the outputs of layers 0 (the images) to depth."""
    outputs = [images.astype(np.float64)]
    for k in range(1, depth + 1):
        outputs.append(np.tanh(outputs[-1] @ p[f"layer{k}/weights"] + p[f"layer{k}/biases"]))
    return outputs


def classification_gradient(p, images, targets, depth, *, mean_loss=False):
    """Return the gradient of head `depth`'s cross-entropy, summed over the batch."""
    outputs = forward(p, images, depth)
    scores = outputs[-1] @ p[f"head{depth}/weights"] + p[f"head{depth}/biases"]
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    delta = exponentials / exponentials.sum(axis=1, keepdims=True) - targets
    if mean_loss:
        delta = delta / len(images)
    gradient = {
        f"head{depth}/weights": outputs[-1].T @ delta,
        f"head{depth}/biases": delta.sum(axis=0),
    }
    delta = delta @ p[f"head{depth}/weights"].T
    for k in range(depth, 0, -1):
        delta = delta * (1 - outputs[k] ** 2)
        gradient[f"layer{k}/weights"] = outputs[k - 1].T @ delta
        gradient[f"layer{k}/biases"] = delta.sum(axis=0)
        delta = delta @ p[f"layer{k}/weights"].T
    return gradient


def reconstruction_gradient(p, images, depth, kept, live):
    """Return the gradient of an autoencoder's cross-entropy, summed over the batch and what it decodes.

    `kept` is 0 where the encoder sees 0 in place of what it decodes; of the pixels it decodes the live ones.
    """
    below = forward(p, images, depth - 1)[-1]
    decoded = live if depth == 1 else np.arange(below.shape[1])
    targets = below[:, decoded] if depth == 1 else (below + 1) / 2
    seen = below.copy()
    seen[:, decoded] *= kept
    code = np.tanh(seen @ p[f"layer{depth}/weights"] + p[f"layer{depth}/biases"])
    scores = code @ p[f"decoder{depth}/weights"] + p[f"decoder{depth}/biases"]
    delta = 1 / (1 + np.exp(-scores)) - targets
    gradient = {f"decoder{depth}/weights": code.T @ delta, f"decoder{depth}/biases": delta.sum(axis=0)}
    delta = (delta @ p[f"decoder{depth}/weights"].T) * (1 - code**2)
    return gradient | {f"layer{depth}/weights": seen.T @ delta, f"layer{depth}/biases": delta.sum(axis=0)}


def train(config, split, initial, redrawn, masks, *, mean_loss=False, shuffle=False, without=None):
    """Return the parameters after all stages of a configuration.

    Parameters
    ----------
    initial
        The parameters to start from.
    redrawn
        Stage number and array name to the values of what is drawn anew, decoders included.
    masks
        Stage number and step to the inputs that an autoencoder sees.
    mean_loss, shuffle, without
        Deliberate errors.
    """
    p = {name: array.astype(np.float64) for name, array in initial.items()}
    targets = np.eye(split.n_classes)[split.train_labels]
    live_of = [split.train_images] if split.all_images is None else [split.train_images, split.all_images]
    live = np.flatnonzero(np.concatenate(live_of).any(axis=0))
    size = config.batch_size
    for number, stage in enumerate(config.schedule.stages, start=1):
        rule = RULES[config.optimizer.name](**config.optimizer.options)
        p |= {name: value.astype(np.float64) for name, value in redrawn(number).items()}
        images = split.all_images if stage.images == "all" else split.train_images
        order = np.random.default_rng(0).permutation(len(images)) if shuffle else np.arange(len(images))
        for step in range(stage.steps):
            first = step % (len(images) // size) * size
            chosen = order[first : first + size]
            if stage.objective == "reconstruct":
                gradient = reconstruction_gradient(p, images[chosen], stage.depth, masks(number, step), live)
            else:
                gradient = classification_gradient(
                    p, images[chosen], targets[chosen], stage.depth, mean_loss=mean_loss
                )
                frozen = {f"layer{k}" for k in range(1, stage.depth + 1) if k not in stage.trained_layers}
                gradient = {n: g for n, g in gradient.items() if n.partition("/")[0] not in frozen}
            factor = [factor for first, factor in stage.rate_factors if step >= first][-1]
            for name, value in gradient.items():
                if name != without:
                    rate = config.learning_rate * factor
                    p[name] = rule.update(name, p[name], value.reshape(p[name].shape), rate, step + 1)
    return {name: value for name, value in p.items() if not name.startswith("decoder")}


def disagreement(ours, theirs):
    """Return the largest relative distance in norm over the parameter arrays."""
    return max(
        np.linalg.norm(ours[name].reshape(array.shape) - array) / np.linalg.norm(array)
        for name, array in theirs.items()
    )

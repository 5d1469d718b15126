"""Train networks from seeds through a schedule, and measure the minima that they reached.

`Trainer` holds compiled programs for one configuration: seeds to trained parameters, and parameters
to measurements. A few networks are trained together, because they share the images (see `network`);
each has a place among them that depends on its seed alone, and its own columns of every product, so
that its result does not depend on what is trained beside it.
"""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from collect.store.schema import ROUNDS
from collect.strategy.config import RunConfig
from collect.strategy.datasets import Split
from collect.strategy.schedules import ALL, LABELLED, RECONSTRUCT, Stage
from collect.training import dual, measurement, network, rounding
from collect.training.groups import n_places
from collect.training.measurement import Measured
from collect.training.outcome import Diverged, Minimum, minimum, why_diverged
from collect.training.programs import (
    Loss,
    Prepared,
    batches,
    classification,
    compiled,
    for_each,
    kept_inputs,
    live_pixels,
    only,
    rate_at,
    reconstruction,
    trained_names,
)

FIRST_WEIGHTS = "layer1/weights"
# The rows of the first weights that belong to dead pixels; trained only if weight decay moves them.
DEAD_WEIGHTS = "layer1/dead"
# The products of a batch's images with the first weights.
PRODUCTS = "layer1/products"
ALL_STEPS = np.iinfo(np.int32).max


class Trainer:
    """The compiled programs of one configuration on one set of images.

    Pixels that are zero in every image of every stage ("dead") have no gradient, and without one no
    optimizer moves their weights, except by weight decay. They take part in the measurements on test
    images, but not in the products of the training (a quarter of MNIST).
    """

    def __init__(self, config: RunConfig, split: Split, *, measure: bool = False) -> None:
        self._config = config
        self._split = split
        self._n = n_places(config.hidden_units[0])
        self._live = live_pixels(split)
        self._dead = np.setdiff1d(np.arange(split.train_images.shape[1], dtype=np.int32), self._live)
        self._shapes = network.parameter_shapes(
            split.train_images.shape[1], split.n_classes, config.hidden_units
        )
        self._variables = {
            name: keras.Variable(np.zeros(shape), dtype="float32")
            for name, shape in self._trained_shapes().items()
        }
        self._stages = [self._prepare(stage) for stage in config.schedule.stages]
        self._images = {
            kind: batches(images[:, self._live], config.batch_size)
            for kind, images in ((LABELLED, split.train_images), (ALL, split.all_images))
            if images is not None
        }
        self._dual = dual.Images.of(split.train_images[:, self._live], config.batch_size)
        one_hot = measurement.one_hot(split.train_labels, split.n_classes)
        self._labels = batches(one_hot, config.batch_size)
        self._measured = Measured.on(split)
        self._draw = compiled(lambda seed: network.drawn(seed, self._shapes))
        self._train = compiled(self._train_graph)
        self._measure = compiled(self._measure_graph)
        self._more = compiled(self._more_graph) if measure else None

    @property
    def together(self) -> int:
        """How many networks are trained at once."""
        return self._n

    @property
    def device(self) -> str:
        """The device that trains, and how it rounds: `CPU:0; products 67e8e915b7bd4d68`."""
        name = str(self._variables[FIRST_WEIGHTS].value.device).rpartition("device:")[2]
        return f"{name}; {ROUNDS}{rounding.digest()}"

    def parameters(self, seed: int) -> dict[str, npt.NDArray[np.float32]]:
        """Train one network and return its parameters, each with a leading axis of one."""
        trained, _, _ = self._trained([seed])
        place = seed % self._n
        return {name: array.numpy()[place : place + 1] for name, array in trained.items()}

    def run(self, seed: int) -> Minimum | Diverged:
        """Train one network, in the time of `together`, and measure the minimum that it reached."""
        return self.run_together([seed])[0]

    def compile(self) -> None:
        """Compile all programs, which the first run would do otherwise: run them on an untrained network."""
        rounding.digest()
        trained, initial, seeds_by_place = self._trained([0], most_steps=0)
        self._measure(trained, initial)
        self._more_at(0, trained, initial, seeds_by_place)

    def run_together(self, seeds: Sequence[int]) -> list[Minimum | Diverged]:
        """Train networks and measure the minima that they reached, where they reached one.

        Parameters
        ----------
        seeds
            All of different places (`groups.groups` makes such groups).
        """
        trained, initial, seeds_by_place = self._trained(seeds)
        values = {name: array.numpy() for name, array in self._measure(trained, initial).items()}
        values["finite"] = np.logical_and.reduce(
            [np.isfinite(array.numpy()).all(axis=(1, 2)) for array in trained.values()]
        )
        minima: list[Minimum | Diverged] = []
        for place in (seed % self._n for seed in seeds):
            at_place = {name: array[place] for name, array in values.items()}
            reason = why_diverged(at_place)
            if reason is not None:
                minima.append(Diverged(reason))
            else:
                more = self._more_at(place, trained, initial, seeds_by_place)
                minima.append(minimum(at_place, more))
        return minima

    def _trained(
        self, seeds: Sequence[int], *, most_steps: int = ALL_STEPS
    ) -> tuple[network.Parameters, network.Parameters, tf.Tensor]:
        """Return trained and initial parameters and the seeds by place; free places train the first seed.

        Every stage ends after `most_steps`.
        """
        by_place = dict.fromkeys(range(self._n), seeds[0]) | {seed % self._n: seed for seed in seeds}
        if not set(seeds) <= set(by_place.values()):
            raise ValueError(f"two of the seeds {seeds} have the same place of {self._n}")
        places = [tf.constant(by_place[place], tf.int64) for place in range(self._n)]
        draws = [self._draw(seed) for seed in places]
        initial = {name: tf.concat([drawn[name] for drawn in draws], axis=0) for name in draws[0]}
        stacked = tf.stack(places)
        return self._train(initial, stacked, tf.constant(most_steps)), initial, stacked

    def _more_at(
        self, place: int, trained: network.Parameters, initial: network.Parameters, seeds: tf.Tensor
    ) -> dict[str, float]:
        if self._more is None:
            return {}
        more = self._more(trained, initial, seeds, tf.constant(place))
        return {name: float(value) for name, value in more.items()}

    def _trained_shapes(self) -> dict[str, tuple[int, int, int]]:
        """Return the shape of every variable: of live pixels, dead ones apart, and decoders."""
        units = self._config.hidden_units
        shapes = network.parameter_shapes(len(self._live), self._split.n_classes, units)
        shapes[DEAD_WEIGHTS] = (1, len(self._dead), units[0])
        inputs = (len(self._live), *units)
        for k in sorted({s.depth for s in self._config.schedule.stages if s.objective == RECONSTRUCT}):
            shapes[f"decoder{k}/weights"] = (1, units[k - 1], inputs[k - 1])
            shapes[f"decoder{k}/biases"] = (1, 1, inputs[k - 1])
        of_all = {name: (self._n, rows, columns) for name, (_, rows, columns) in shapes.items()}
        return of_all | {FIRST_WEIGHTS: (1, len(self._live), self._n * units[0])}

    def _prepare(self, stage: Stage) -> Prepared:
        """Make a fresh optimizer for a stage: no momentum is carried from one objective to another."""
        chosen = self._config.optimizer
        names = trained_names(stage)
        in_dual_form = self._in_dual_form(stage, names)
        if chosen.options.get("weight_decay") and FIRST_WEIGHTS in names and len(self._dead):
            names = (*names, DEAD_WEIGHTS)
        optimizer_class = getattr(keras.optimizers, chosen.keras_class)
        optimizer = optimizer_class(learning_rate=self._config.learning_rate, **chosen.options)
        by_optimizer = tuple(name for name in names if not (in_dual_form and name == FIRST_WEIGHTS))
        optimizer.build([self._variables[name] for name in by_optimizer])
        starts = [float(np.ravel(variable.numpy())[0]) for variable in optimizer.variables]
        return Prepared(stage, names, by_optimizer, optimizer, starts, in_dual_form)

    def _in_dual_form(self, stage: Stage, names: tuple[str, ...]) -> bool:
        """Return whether the first layer is kept in dual form: products with images are computed once."""
        if stage.objective == RECONSTRUCT:
            return False
        cheap = dual.takes_less(len(self._split.train_images), len(self._live))
        return FIRST_WEIGHTS not in names or (self._config.optimizer.is_plain and cheap)

    def _train_graph(
        self, initial: network.Parameters, seeds: tf.Tensor, most_steps: tf.Tensor
    ) -> network.Parameters:
        """Return the trained parameters, with the rows of all pixels."""
        self._assign(initial)
        for number, prepared in enumerate(self._stages, start=1):
            self._start_stage(prepared, seeds, f"stage{number}")
            if prepared.in_dual_form:
                self._descend_in_dual_form(prepared, most_steps)
            else:
                self._descend(prepared, seeds, f"stage{number}", most_steps)
        trained = {name: self._variables[name].value for name in self._shapes}
        return trained | {FIRST_WEIGHTS: self._all_pixels()}

    def _assign(self, drawn: network.Parameters) -> None:
        """Give variables new values; those of the first weights are cut into live and dead pixels."""
        for name, array in drawn.items():
            if name == FIRST_WEIGHTS:
                live = tf.gather(array, self._live, axis=1)
                self._variables[FIRST_WEIGHTS].assign(network.side_by_side(live))
                self._variables[DEAD_WEIGHTS].assign(tf.gather(array, self._dead, axis=1))
            else:
                self._variables[name].assign(array)

    def _all_pixels(self) -> tf.Tensor:
        """Return the first weights of each network with the rows of all pixels in their order."""
        live = network.apart(self._variables[FIRST_WEIGHTS].value, self._n)
        rows = tf.concat([live, self._variables[DEAD_WEIGHTS].value], axis=1)
        return tf.gather(rows, np.argsort(np.concatenate([self._live, self._dead])), axis=1)

    def _start_stage(self, prepared: Prepared, seeds: tf.Tensor, purpose: str) -> None:
        """Draw what the stage draws anew, its decoder too, and reset its optimizer."""
        stage = prepared.stage
        anew = {name: shape for name, shape in self._shapes.items() if name.partition("/")[0] in stage.reset}
        if stage.objective == RECONSTRUCT:
            decoder = [f"decoder{stage.depth}/{part}" for part in ("weights", "biases")]
            anew |= {name: (1, *self._variables[name].shape[1:]) for name in decoder}
        if anew:
            self._assign(for_each(seeds, lambda seed: network.drawn(seed, anew, purpose=purpose)))
        for variable, start in zip(prepared.optimizer.variables, prepared.starts, strict=True):
            variable.assign(tf.cast(tf.fill(variable.shape, start), variable.dtype))

    def _descend(self, prepared: Prepared, seeds: tf.Tensor, purpose: str, most_steps: tf.Tensor) -> None:
        """Append the steps of one stage to the program."""
        stage = prepared.stage
        images = self._images[stage.images]

        def step(i: tf.Tensor) -> tuple[tf.Tensor]:
            batch = i % images.shape[0]
            if stage.objective == RECONSTRUCT:
                n_inputs = len(self._live) if stage.depth == 1 else self._config.hidden_units[stage.depth - 2]
                shape = (1, self._config.batch_size, n_inputs)
                kept = kept_inputs(stage, seeds, f"{purpose}/corruption", i, shape)
                loss = reconstruction(stage, images[batch], kept)
            else:
                loss = classification(stage, images[batch], self._labels[batch])
            self._apply(prepared, self._gradients(prepared.by_optimizer, loss), i)
            return (i + 1,)

        n_steps = tf.minimum(stage.steps, most_steps)
        tf.while_loop(lambda i: i < n_steps, step, [tf.constant(0)])

    def _descend_in_dual_form(self, prepared: Prepared, most_steps: tf.Tensor) -> None:
        """Append the steps of one stage; the first weights change at its end."""
        stage, images, weights = prepared.stage, self._dual, self._variables[FIRST_WEIGHTS]
        seen = [name for name in network.head_names(stage.depth) if name != FIRST_WEIGHTS]
        moves = FIRST_WEIGHTS in prepared.names
        at_start = images.products(weights.value[0])
        n_batches, n_units = at_start.shape[0], at_start.shape[2]

        def step(i: tf.Tensor, coefficients: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            batch = i % n_batches
            change = images.change_of_products(batch, coefficients) if moves else 0.0
            products = (at_start[batch] + change)[None]

            def loss(parameters: network.Parameters) -> tf.Tensor:
                visible = {name: parameters[name] for name in seen}
                logits = network.logits_from(visible, parameters[PRODUCTS])[-1]
                return network.summed_loss(logits, self._labels[batch])

            gradients = self._gradients((*prepared.by_optimizer, PRODUCTS), loss, {PRODUCTS: products})
            self._apply(prepared, gradients, i)
            if moves:
                rate = rate_at(stage, self._config.learning_rate, i)
                coefficients = images.descend(batch, coefficients, rate * gradients[PRODUCTS][0])
            return i + 1, coefficients

        n_steps = tf.minimum(stage.steps, most_steps)
        start = [tf.constant(0), images.no_coefficients(n_units)]
        _, coefficients = tf.while_loop(lambda i, _: i < n_steps, step, start)
        if moves:
            weights.assign_add(images.change_of_weights(coefficients)[None])

    def _apply(self, prepared: Prepared, gradients: Mapping[str, tf.Tensor], i: tf.Tensor) -> None:
        """Take one step of the optimizer."""
        prepared.optimizer.learning_rate = rate_at(prepared.stage, self._config.learning_rate, i)
        variables = [self._variables[name] for name in prepared.by_optimizer]
        prepared.optimizer.apply([gradients[name] for name in prepared.by_optimizer], variables)

    def _gradients(
        self, names: tuple[str, ...], loss: Loss, more: network.Parameters | None = None
    ) -> dict[str, tf.Tensor]:
        """Return the gradient of a loss with respect to some arrays; that of dead pixels is zero."""
        parameters = {name: tf.identity(variable.value) for name, variable in self._variables.items()}
        parameters |= more or {}
        chosen = {name: parameters[name] for name in names if name != DEAD_WEIGHTS}
        with tf.GradientTape() as tape:
            tape.watch(chosen)
            value = loss(parameters)
        gradients: dict[str, tf.Tensor] = tape.gradient(value, chosen)
        if DEAD_WEIGHTS in names:
            gradients[DEAD_WEIGHTS] = tf.zeros_like(parameters[DEAD_WEIGHTS])
        return gradients

    def _measure_graph(
        self, trained: network.Parameters, initial: network.Parameters
    ) -> dict[str, tf.Tensor]:
        start = {"start_loss": measurement.train_loss(initial, self._measured)}
        return measurement.outcome(trained, self._measured) | start

    def _more_graph(
        self, trained: network.Parameters, initial: network.Parameters, seeds: tf.Tensor, place: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        one, start = only(place, trained), only(place, initial)
        return {
            "sharpness": measurement.top_eigenvalue(one, self._measured, seeds[place]),
            "parameter_norm": measurement.parameter_norm(one),
            "distance": measurement.distance(one, start),
        }

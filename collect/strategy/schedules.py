"""Training schedules: a schedule is a sequence of stages, and a stage is plain data.

To add one, add an entry to `SCHEDULES`; one's own comes from a TOML file (`files`).
"""

from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

from collect.strategy.toml import LARGEST

CLASSIFY: Final = "classify"
RECONSTRUCT: Final = "reconstruct"
LABELLED: Final = "labelled"
ALL: Final = "all"

DEPTH = 3  # hidden layers, and heads
# Stages of a schedule and rates of a stage: each is compiled, which takes time and memory.
MOST_PARTS = 100
MOST_STEPS = 10**9  # of all stages together

Layer = Annotated[int, Meta(ge=1, le=DEPTH, description=f"a whole number from 1 to {DEPTH}")]
Count = Annotated[int, Meta(ge=1, le=MOST_STEPS, description=f"a whole number from 1 to {MOST_STEPS}")]
Layers = Annotated[tuple[Layer, ...], Meta(description=f"a list of layers from 1 to {DEPTH}")]
Objective = Annotated[Literal["classify", "reconstruct"], Meta(description="one of classify, reconstruct")]
Images = Annotated[Literal["labelled", "all"], Meta(description="one of labelled, all")]
PartName = Literal["layer1", "layer2", "layer3", "head1", "head2", "head3"]
Parts = Annotated[tuple[PartName, ...], Meta(description=f"a list of {', '.join(get_args(PartName))}")]
RateFactors = Annotated[
    tuple[tuple[int, Annotated[float, Meta(ge=0, le=LARGEST)]], ...],
    Meta(
        max_length=MOST_PARTS,
        description=f"a list of at most {MOST_PARTS} in which each is [first step, factor]",
    ),
]
Probability = Annotated[float, Meta(ge=0, lt=1, description="a probability, at least 0 and less than 1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Some steps of gradient descent on one objective.

    Its step counter, and with it the order of the batches, starts at 0, and so does the state of its
    optimizer.

    Attributes
    ----------
    depth
        The head whose loss is minimised (it sees layers 1 to depth), or the layer whose input is
        reconstructed.
    steps
        Number of gradient steps.
    rate_factors
        Pairs (first step, factor): from that step on, the learning rate is the base rate times the
        factor. The first pair starts at step 0.
    objective
        `classify` minimises the cross-entropy of head `depth`. `reconstruct` trains layer `depth` as
        the encoder of an autoencoder, whose decoder is discarded at the end of the stage; it sees no
        label.
    layers
        The layers that are trained along with the head; None for all that it sees. An autoencoder
        trains its own layer only.
    reset
        Layers and heads, such as `layer2`, that are drawn anew before the first step.
    images
        `labelled` for the training images, `all` for all training images but the validation images
        (an autoencoder only).
    corruption
        The probability with which an autoencoder sees 0 in place of an input.
    """

    depth: Layer
    steps: Count
    rate_factors: RateFactors = ((0, 1.0),)
    objective: Objective = CLASSIFY
    layers: Layers | None = None
    reset: Parts = ()
    images: Images = LABELLED
    corruption: Probability = 0.0

    @property
    def trained_layers(self) -> tuple[int, ...]:
        """The numbers of the layers that are trained."""
        if self.objective == RECONSTRUCT:
            return (self.depth,)
        return tuple(range(1, self.depth + 1)) if self.layers is None else self.layers


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A named training schedule."""

    name: str
    summary: str
    stages: tuple[Stage, ...]

    @property
    def steps(self) -> int:
        """Number of gradient steps of all stages together."""
        return sum(stage.steps for stage in self.stages)

    @property
    def uses_all_images(self) -> bool:
        """Whether a stage uses more than the training images with labels."""
        return any(stage.images == ALL for stage in self.stages)


def with_last_steps(schedule: Schedule, steps: int) -> Schedule:
    """Return the schedule with another number of steps in its last stage; drops of the rate move along."""
    *before, last = schedule.stages
    factors = tuple((first * steps // last.steps, factor) for first, factor in last.rate_factors)
    return replace(schedule, stages=(*before, replace(last, steps=steps, rate_factors=factors)))


def _joint(name: str, steps: int, summary: str) -> Schedule:
    """Return a schedule of one stage; the last 250 steps have 0.3 times the learning rate."""
    stage = Stage(depth=DEPTH, steps=steps, rate_factors=((0, 1.0), (steps - 250, 0.3)))
    return Schedule(name=name, summary=summary, stages=(stage,))


def _autoencoders(steps: int, images: Images) -> tuple[Stage, ...]:
    """Return one stage for each layer: a denoising autoencoder (Vincent et al. 2008)."""
    return tuple(
        Stage(
            objective=RECONSTRUCT,
            depth=k,
            steps=steps,
            rate_factors=((0, AUTOENCODER_FACTOR),),
            corruption=0.25,
            images=images,
        )
        for k in range(1, DEPTH + 1)
    )


# The cross-entropy of an autoencoder is summed over its inputs too; gradient descent with the rate of the
# classifier would overshoot.
AUTOENCODER_FACTOR = 0.1

JOINT = _joint("joint", 1000, "all layers at once, 1,000 steps")

STAGED = Schedule(
    name="staged",
    summary="layer 1 for 200 steps, layers 1 and 2 for 200 steps, then all layers for 1,000 steps",
    stages=(Stage(depth=1, steps=200), Stage(depth=2, steps=200), *JOINT.stages),
)

JOINT_LONG = _joint(
    "joint-long",
    1400,
    "all layers at once, as many steps as staged has (1,400): the control for the longer training",
)

GREEDY = Schedule(
    name="greedy",
    summary=(
        "each layer with its head for 200 steps while the layers below are frozen, then all layers for "
        "1,000 steps (supervised greedy layer-wise training, Bengio et al. 2007)"
    ),
    stages=(
        Stage(depth=1, steps=200),
        Stage(depth=2, steps=200, layers=(2,)),
        Stage(depth=3, steps=200, layers=(3,)),
        *JOINT.stages,
    ),
)

PRETRAINED = Schedule(
    name="pretrained",
    summary=(
        "each layer for 200 steps as a denoising autoencoder of the layer below, without labels, then all "
        "layers for 1,000 steps (Vincent et al. 2008)"
    ),
    stages=(*_autoencoders(200, LABELLED), *JOINT.stages),
)

PRETRAINED_FULL = Schedule(
    name="pretrained-full",
    summary=(
        "as pretrained, but the autoencoders see all training images except the first 5,000, once each "
        "(1,100 steps a layer for MNIST); the labels are still those of the 1,000 training images"
    ),
    stages=(*_autoencoders(1100, ALL), *JOINT.stages),
)

RETRAINED = Schedule(
    name="retrained",
    summary=(
        "as joint; then layer 1 is kept, layers 2 and 3 and head 3 are drawn anew, and all layers are "
        "trained for 1,000 steps again"
    ),
    stages=(*JOINT.stages, replace(JOINT.stages[0], reset=("layer2", "layer3", "head3"))),
)

REVERSED = Schedule(
    name="reversed",
    summary=(
        "layer 3 for 200 steps, layers 2 and 3 for 200 steps, then all layers for 1,000 steps: staged from "
        "the top, the control for its order"
    ),
    stages=(
        Stage(depth=3, steps=200, layers=(3,)),
        Stage(depth=3, steps=200, layers=(2, 3)),
        *JOINT.stages,
    ),
)

SCHEDULES: dict[str, Schedule] = {
    schedule.name: schedule
    for schedule in (
        JOINT,
        STAGED,
        JOINT_LONG,
        _joint("joint-1600", 1600, "all layers at once, as many steps as greedy and pretrained have"),
        _joint("joint-2000", 2000, "all layers at once, as many steps as retrained has"),
        GREEDY,
        PRETRAINED,
        PRETRAINED_FULL,
        RETRAINED,
        REVERSED,
    )
}

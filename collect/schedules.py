"""Training schedules: a schedule is a sequence of stages, and a stage is plain data.

To add one, add an entry to `SCHEDULES`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Some steps of gradient descent on one head's loss.

    A stage of depth k minimises the cross-entropy of head k (which sees layers 1 to k) over layers
    1 to k and head k. Its step counter, and with it the order of the batches, starts at 0.

    Attributes
    ----------
    depth
        Number of layers that are trained, counted from the input.
    steps
        Number of gradient steps.
    rate_factors
        Pairs (first step, factor): from that step on, the learning rate is the base rate times the
        factor. The first pair starts at step 0.
    """

    depth: int
    steps: int
    rate_factors: tuple[tuple[int, float], ...] = ((0, 1.0),)


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


JOINT = Schedule(
    name="joint",
    summary="all layers at once, 1,000 steps",
    stages=(Stage(depth=3, steps=1000, rate_factors=((0, 1.0), (750, 0.3))),),
)

STAGED = Schedule(
    name="staged",
    summary="layer 1 for 200 steps, layers 1 and 2 for 200 steps, then all layers for 1,000 steps",
    stages=(Stage(depth=1, steps=200), Stage(depth=2, steps=200), *JOINT.stages),
)

JOINT_LONG = Schedule(
    name="joint-long",
    summary="all layers at once, as many steps as staged has (1,400): the control for the longer training",
    stages=(Stage(depth=3, steps=1400, rate_factors=((0, 1.0), (1150, 0.3))),),
)

SCHEDULES: dict[str, Schedule] = {schedule.name: schedule for schedule in (JOINT, STAGED, JOINT_LONG)}

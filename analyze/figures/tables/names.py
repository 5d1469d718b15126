"""The name of every figure and of its tables; files are called after these and never after what data say."""

TABLES_OF: dict[str, tuple[str, ...]] = {
    "distributions": ("bars", "bins", "density", "spikes", "outside"),
    "raincloud": ("density", "boxes", "dots"),
    "estimation": ("dots", "groups", "differences", "intervals"),
    "forest": ("effects", "window", "margin"),
    "ecdf": ("steps", "window", "difference", "largest"),
    "shift_function": ("deciles",),
    "quantile_quantile": ("quantiles", "deciles", "window"),
    "expected_best": ("curves", "difference", "crossing"),
    "ridgelines": ("density", "medians"),
    "pairwise_matrix": ("cells",),
    "training_depth": ("depths",),
    "matched_pairs": ("points", "counts"),
}
# Of these every report has a drawing, whatever its runs are.
ALWAYS_DRAWN = ("distributions", "raincloud", "ecdf")

"""Which values of a column are better, by the words of its name."""

import re
from itertools import pairwise

_LOWER = frozenset(
    {
    "loss", "losses", "logloss", "crossentropy", "xent", "xentropy", "nll", "error", "errors", "err",
    "perplexity", "ppl", "mse", "rmse", "mae", "msle", "rmsle", "mape", "smape", "mdape", "nmse",
    "nrmse", "mase", "cost", "regret", "time", "runtime", "walltime", "duration", "latency", "seconds",
    "secs", "sec", "milliseconds", "ms", "wer", "cer", "eer", "ter", "per", "mer", "fid", "kid", "sfid",
    "lpips", "bpb", "bpc", "bpd", "bpp", "ece", "mce", "sce", "brier", "kl", "kld", "jsd", "divergence",
    "deviance", "fpr", "fnr", "far", "frr", "hter", "hausdorff", "hd95", "asd", "assd", "chamfer",
    "emd", "mcd", "der", "inaccuracy", "misclassification", "aic", "bic", "memory", "violation",
    "violations", "gap", "drop", "residual", "forgetting", "hallucination", "toxicity", "collisions",
    "crashes", "failures", "residuals", "mpjpe", "epe", "absrel", "crps", "pinball", "energy", "carbon",
    "flops", "params", "distance", "rank", "iterations", "evaluations",
    }
)  # fmt: skip
_LOWER_PAIRS = frozenset(
    {
        ("cross", "entropy"),
        ("log", "loss"),
        ("hamming", "loss"),
        ("false", "positive"),
        ("false", "negative"),
        ("time", "to"),
        ("steps", "to"),
        ("epochs", "to"),
    }
)
_HIGHER = frozenset(
    {
    "accuracy", "acc", "auc", "auroc", "auprc", "roc", "f1", "precision", "recall", "map", "iou",
    "miou", "dice", "bleu", "rouge", "meteor", "psnr", "ssim", "reward", "return", "score", "r2",
    "likelihood", "elbo", "throughput", "speedup", "fps", "ips", "tps", "improvement", "gain", "win",
    "wins", "success", "solved", "correlation", "kappa", "mcc", "sensitivity", "specificity", "tpr",
    "tnr", "ndcg", "mrr", "hit", "hits", "coverage",
    }
)  # fmt: skip
_PER_TIME = re.compile(r"(per|/)[ _]?(s|sec|second|seconds|min|minute|hour|day)\b|it/s")


def guess_better(value: str) -> str:
    """Guess from a column's name which values are better: ``"lower"`` for losses, errors and times.

    Examples
    --------
    >>> guess_better("test_loss"), guess_better("accuracy"), guess_better("top1-err"), guess_better("valLoss")
    ('lower', 'higher', 'lower', 'lower')
    >>> guess_better("neg_mean_squared_error"), guess_better("negative_log_likelihood")
    ('higher', 'lower')
    >>> guess_better("accuracy_drop"), guess_better("tokens_per_second"), guess_better("log_likelihood")
    ('lower', 'higher', 'higher')
    """
    words = name_words(value)
    pairs = set(pairwise(words))
    negative = bool({"neg", "negative", "minus"} & set(words[:-1])) and not {("false", "negative")} & pairs
    if _PER_TIME.search(value.lower()):
        return "higher"
    if "likelihood" in words or words[-2:] == ["log", "lik"]:
        return "lower" if negative else "higher"
    if words and words[-1] in ("improvement", "reduction", "speedup"):
        return "higher"
    if words and words[-1] in ("drop", "gap", "loss", "error", "err", "regret"):
        lower = True
    else:
        lower = bool(_LOWER & _bare(words)) or bool(_LOWER_PAIRS & pairs)
        if lower and words and words[-1] in _HIGHER:
            lower = False
    return "lower" if lower != negative else "higher"


def is_known(value: str) -> bool:
    """Return whether the name says which values are better, rather than that "higher" is what most mean."""
    words = name_words(value)
    return bool((_LOWER | _HIGHER) & _bare(words)) or bool(_LOWER_PAIRS & set(pairwise(words)))


def _bare(words: list[str]) -> set[str]:
    """Return the words, and those that end with a number without it: fpr95 is a false positive rate."""
    return {*words, *(word.rstrip("0123456789") for word in words)}


def name_words(name: str) -> list[str]:
    """Return the words of a column's name: cut at punctuation and where small letters meet capitals.

    Examples
    --------
    >>> name_words("valLoss/top-1_acc"), name_words("f1_macro"), name_words("testMSE")
    (['val', 'loss', 'top', '1', 'acc'], ['f1', 'macro'], ['test', 'mse'])
    """
    whole = re.sub(r"\bm(AP|IoU|AR|IOU|PQ)", lambda match: match[0].lower(), name)
    cut = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", whole)
    return [word for word in re.split(r"[^a-z0-9]+", cut.lower()) if word]

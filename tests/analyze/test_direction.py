import pytest

from analyze.direction import guess_better

LOWER = [
    "logloss", "log_loss", "nll", "wer", "cer", "eer", "fid", "bpb", "ece", "brier", "mape", "rmse",
    "perplexity", "latency", "seconds", "error", "val_bpb", "frame_eer_pct", "matched_boundary_mae_ms",
    "test_ece", "cross_entropy", "binary_crossentropy", "lpips", "secs", "train_time_sec", "fpr",
    "accuracy_drop", "accuracy_gap", "inaccuracy", "valLoss", "val/box_loss", "best_val_mse",
    "reconstruction_mse", "smape", "hter", "kl_div", "FPR95", "eval_loss", "word_error_rate",
    "error_rate", "negative_log_likelihood", "latency_ms", "inference_time", "hd95", "top1-err",
    "mean_absolute_error", "generalization_gap", "false_positive_rate", "time_to_target",
    "metrics.train_loss",
]  # fmt: skip
HIGHER = [
    "neg_mean_squared_error", "neg_log_loss", "accuracy", "f1", "macro_f1", "event_f1_pct", "auc", "R2",
    "reward", "return", "score", "psnr", "mean_episode_return", "tokens_per_second", "images/s", "fps",
    "throughput", "log_likelihood", "metrics/mAP50-95(B)", "elbo", "win_rate", "success_rate",
    "auc_at_1deg", "genauigkeit", "v", "IndicatorValue", "neg_root_mean_squared_error", "neg_rmse",
    "error_reduction",
]  # fmt: skip


@pytest.mark.parametrize("name", LOWER)
def test_losses_errors_and_times_are_better_low(name):
    assert guess_better(name) == "lower"


@pytest.mark.parametrize("name", HIGHER)
def test_all_else_is_better_high(name):
    assert guess_better(name) == "higher"

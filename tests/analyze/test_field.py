"""Tables as people have them, one test a kind: right counts, right numbers, or one clear question.

Each table is made here. What is expected is computed beside it, with scipy or by hand, not by `analyze`.
"""

import json
import re
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from tracker_files import WRITERS

from analyze import text as fmt
from analyze.cli import analyze
from analyze.errors import AnalyzeError, DataError, UsageError
from analyze.question import make_question
from analyze.table.runs import read
from analyze.table.summaries import SummariesError

RNG = np.random.default_rng(20260101)


def noise(size, spread=0.004):
    return np.round(RNG.normal(0, spread, size), 4)


def ask(path, **options):
    return read(make_question(str(path), **options))


def counts(table):
    sizes = table.runs["group"].value_counts()
    return {group: (int(sizes.get(group, 0)), table.n_failed[group]) for group in table.groups}


def means(table):
    return table.runs.groupby("group")["value"].mean().to_dict()


def save(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def rows_of(header, rows, separator=","):
    return "\n".join([header, *(separator.join(map(str, row)) for row in rows)]) + "\n"


def plain_runs(groups=("old", "new"), n=8):
    """Return rows (group, seed, value) of two groups, the second a little better."""
    return [
        (g, s, round(0.86 + 0.01 * k + x, 4)) for k, g in enumerate(groups) for s, x in enumerate(noise(n))
    ]


def expected_means(rows):
    frame = pd.DataFrame(rows, columns=["g", "s", "v"])
    return frame.groupby("g")["v"].mean().to_dict()


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return a function that runs a command line in a folder of its own: exit code, results, words."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        extra = ["--format", "json", "--resamples", "99", "--json"] if arguments[0] == "compare" else []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            done = CliRunner().invoke(analyze, [*map(str, arguments), *extra])
        if done.exception is not None and not isinstance(done.exception, AnalyzeError | SystemExit):
            raise done.exception
        words = str(done.exception) if isinstance(done.exception, AnalyzeError) else done.output
        assert "Traceback" not in words
        return words if done.exception or not extra else json.loads(done.output)

    return run


def comparison(model, index=0):
    one = model["comparisons"][index]
    return {e["effect"]: e for e in one["effects"]}, {t["test"]: t for t in one["tests"]}


# --- 01: tasks × frameworks × folds; another metric per task; errors as text


@pytest.fixture
def automl(tmp_path):
    records = []
    for task, metric in (("credit", "auc"), ("wine", "auc"), ("digits", "logloss")):
        for fold in range(10):
            for framework, gain in (("autoA", 0.0), ("autoB", 0.012)):
                value = round(0.85 + 0.02 * (task == "wine") + 0.002 * fold + gain + RNG.normal(0, 0.004), 6)
                info = ""
                if (task, fold) in (("credit", 3), ("digits", 1)) and framework == "autoB":
                    info = "Error: found prediction probability value outside of [0, 1]!"
                failed = bool(info)
                records.append(
                    {
                        "id": f"t/{task}", "task": task, "framework": framework, "fold": fold,
                        "result": None if failed else value, "metric": metric, "mode": "docker",
                        "utc": f"2019-04-15T12:00:{fold:02d}", "duration": 14400 + RNG.random(),
                        "seed": 4234893317 + fold, "info": info, "acc": None if failed else value - 0.1,
                        "auc": value if metric == "auc" and not failed else None,
                        "logloss": value if metric == "logloss" and not failed else None,
                    }
                )  # fmt: skip
    frame = pd.DataFrame(records)
    frame.to_csv(tmp_path / "results.csv", index=False)
    return frame


def test_folds_are_pairs_and_errors_in_words_are_failures(tmp_path, automl, command):
    with pytest.raises(DataError, match=r"occurs .*`task` tells the rows apart.*task='task"):
        ask(tmp_path / "results.csv", value="auc", by="framework")
    table = ask(tmp_path / "results.csv", value="auc", by="framework", paired="task,fold")
    assert counts(table) == {"autoA": (20, 0), "autoB": (19, 2)}
    missing = table.exclusions[table.exclusions["reason"] == "auc is missing"]
    assert missing["n"].tolist() == [10, 9]
    wide = automl.pivot_table(index=["task", "fold"], columns="framework", values="auc").dropna()
    assert len(wide) == 19
    model = command(
        "compare", "results.csv", "--value", "auc", "--by", "framework", "--paired", "task,fold",
    )  # fmt: skip
    assert comparison(model)[1]["paired_permutation"]["pvalue"] < 0.05
    pairs = table.runs.pivot_table(index="unit", columns="group", values="value").dropna()
    expected = stats.ttest_rel(wide["autoB"], wide["autoA"])
    assert stats.ttest_rel(pairs["autoB"], pairs["autoA"]).pvalue == pytest.approx(expected.pvalue)


# --- 02: small tables of losses


def test_four_configurations_of_five_runs(tmp_path):
    names = ("baseline", "r6", "r8", "top")
    rows = [
        (g, s, f"{RNG.integers(2**32):08x}", round(3.28 + x, 4))
        for g in names
        for s, x in enumerate(noise(5))
    ]
    path = save(tmp_path / "r.csv", rows_of("configuration,run,log_uuid,final_loss", rows))
    table = ask(path, value="final_loss", by="configuration")
    assert counts(table) == dict.fromkeys(names, (5, 0))
    assert table.question.better == "lower"
    assert table.mixtures.empty


# --- 03: a chart of W&B: a column a run


def test_chart_export_is_a_row_a_run(tmp_path):
    last = {
        (g, s): round(0.6 - 0.02 * (g == "wide") + 0.001 * s, 4) for g in ("base", "wide") for s in range(5)
    }
    names = [f"{g}_seed{s} - val_loss{end}" for g, s in last for end in ("", "__MIN", "__MAX")]
    body = [[step, *(v + 0.01 * (9 - step) for v in last.values() for _ in range(3))] for step in range(10)]
    path = save(tmp_path / "wandb_export.csv", rows_of(",".join(f'"{n}"' for n in ["Step", *names]), body))
    with pytest.raises(DataError, match=r"occurs 10 times in base; `Step` .*at='last'"):
        ask(path, value="val_loss", by="name")
    table = ask(path, value="val_loss", by="name", at="last")
    assert counts(table) == {"base": (5, 0), "wide": (5, 0)}
    assert means(table)["wide"] == pytest.approx(np.mean([v for (g, _), v in last.items() if g == "wide"]))


# --- 05, 06: words of states


def test_pruned_trials_are_left_out_and_failed_ones_are_failures(tmp_path):
    states = ["COMPLETE"] * 14 + ["PRUNED"] * 4 + ["FAIL"] * 2
    rows = []
    for sampler, level in (("RandomSampler", 0.889), ("TPESampler", 0.901)):
        for number, state in enumerate(states):
            value = (
                ""
                if state == "FAIL"
                else round(0.4 if state == "PRUNED" else level + RNG.normal(0, 0.002), 6)
            )
            rows.append((number, value, f"{RNG.random():.6f}", sampler, state))
    header = "number,value,params_x,user_attrs_sampler,state"
    table = ask(save(tmp_path / "t.csv", rows_of(header, rows)), value="value", by="user_attrs_sampler")
    assert counts(table) == {"RandomSampler": (14, 2), "TPESampler": (14, 2)}
    assert means(table)["TPESampler"] - means(table)["RandomSampler"] == pytest.approx(0.012, abs=0.002)
    said = "state: COMPLETE (28) counts as finished; FAIL (4) counts as failed; PRUNED (8) is left out."
    assert said in table.read_as.told


@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_states_of_mlflow_in_any_case(tmp_path, case):
    rows = [
        (
            f"{c}{s}",
            case("FAILED" if c == "cam8" and s < 3 else "KILLED" if c == "cam9" and not s else "FINISHED"),
            0.31 if s < 3 else 0.9 + s / 1000,
            c,
        )
        for c in ("cam8", "cam9")
        for s in range(12)
    ]
    path = save(tmp_path / "m.csv", rows_of("run_id,status,metrics.test_acc-PUC,params.camera", rows))
    table = ask(path, value="metrics.test_acc-PUC", by="params.camera")
    assert counts(table) == {"cam8": (9, 3), "cam9": (11, 1)}


@pytest.mark.parametrize("column", ["status", "State", "run.state", "Outcome", "exit_status", "job state"])
@pytest.mark.parametrize(
    ("fine", "lost"),
    [("finished", "crashed"), ("COMPLETED", "OUT_OF_MEMORY"), ("ok", "timeout"), ("Success", "memout"),
     ("TERMINATED", "ERROR"), ("RunState.done", "NaN from ep 95"), ("clean", "diverged at step 3")],
)  # fmt: skip
def test_every_tracker_s_words(tmp_path, column, fine, lost):
    rows = [(g, s, lost if s == 0 else fine, v) for g, s, v in plain_runs()]
    table = ask(save(tmp_path / "r.csv", rows_of(f"m,seed,{column},acc", rows)), value="acc", by="m")
    assert counts(table) == {"new": (7, 1), "old": (7, 1)}


def test_words_that_nobody_knows_stop_until_they_are_said(tmp_path):
    rows = [(g, s, ["abgestürzt", "wartet"][s] if s < 2 else "fertig", v) for g, s, v in plain_runs()]
    path = save(tmp_path / "r.csv", rows_of("m,seed,status,acc", rows))
    with pytest.raises(DataError, match=r"'abgestürzt' \(2\), 'fertig' \(12\), 'wartet' \(2\).*ok=WORDS"):
        ask(path, value="acc", by="m")
    table = ask(path, value="acc", by="m", ok="FERTIG", failed="Abgestürzt", ignore="wartet")
    assert counts(table) == {"new": (6, 1), "old": (6, 1)}


def test_a_status_that_is_not_there_is_refused(tmp_path):
    path = save(
        tmp_path / "r.csv", rows_of("m,seed,state,acc", [(g, s, "ok", v) for g, s, v in plain_runs()])
    )
    with pytest.raises(UsageError, match=r"status='stat': there is no such column; did you mean 'state'\?"):
        ask(path, value="acc", by="m", status="stat")


# --- 07, 09, 10: folders of logs


@pytest.mark.parametrize(
    "place", ["lightning_logs", "keras_logs", "hf_runs", "yolo_runs", "monitors", "tb_logs"]
)
def test_a_tree_of_logs_asks_and_then_has_a_run_a_file(tmp_path, place):
    WRITERS[place](tmp_path / place)
    value = {
        "lightning_logs": "val_acc", "keras_logs": "val_accuracy", "hf_runs": "eval_accuracy",
        "yolo_runs": "metrics/mAP50-95(B)", "monitors": "r", "tb_logs": "val/acc",
    }[place]  # fmt: skip
    by = "optimizer" if place == "lightning_logs" else "path.1"
    with pytest.raises(DataError, match=r"occurs 3 times in adam; .* tells the rows apart.*at='last'"):
        ask(tmp_path / place, value=value, by=by)
    assert counts(ask(tmp_path / place, value=value, by=by, at="last"))["adam"] == (6, 0)


def test_folders_that_end_with_a_seed(tmp_path):
    for name in ("adamw-seed0", "adamw-seed1", "adamw-seed2", "sgd-seed0", "sgd-seed1", "sgd-seed2"):
        level = (0.9 if name.startswith("adamw") else 0.88) + 0.001 * int(name[-1])
        save(tmp_path / "out" / name / "metrics.csv", f"epoch,acc\n0,0.5\n1,{level}\n")
    table = ask(tmp_path / "out", value="acc", by="name", at="last")
    assert means(table) == pytest.approx({"adamw": 0.901, "sgd": 0.881})
    assert any("the columns name (adamw) and seed (0) were made of it" in told for told in table.read_as.told)


def test_names_and_cells_padded_with_blanks(tmp_path):
    rows = [
        (
            f"  {m}",
            s,
            e,
            f"   {0.2 + 0.01 * e + 0.001 * s + 0.02 * (m == 'big')}",
            " inf" if not e else "  0.7",
        )
        for m in ("n", "big")
        for s in range(4)
        for e in range(1, 6)
    ]
    path = save(
        tmp_path / "r.csv", rows_of("     model, seed,    epoch,   metrics/mAP50(B),  val/box_loss", rows)
    )
    table = ask(path, value="metrics/mAP50(B)", by="model", at="last")
    assert means(table) == pytest.approx({"n": 0.2515, "big": 0.2715})
    assert table.question.better == "higher"


# --- 11, 14, 21, 30: many small groups


@pytest.mark.parametrize(("n_groups", "n"), [(7, 3), (12, 2), (15, 5)])
def test_many_small_groups_are_a_report_within_seconds(tmp_path, command, n_groups, n):
    rows = [(f"g{g:02d}", s, round(97 + RNG.normal(0, 0.3), 2)) for g in range(n_groups) for s in range(n)]
    save(tmp_path / "r.csv", rows_of("setting,seed,accuracy", rows))
    started = time.monotonic()
    model = command("compare", "r.csv", "--by", "setting")
    assert time.monotonic() - started < 60
    assert [g["n"] for g in model["groups"]] == [n] * n_groups


def test_budgets_are_settings_to_be_separated(tmp_path):
    rows = [
        (f"Net ({m})", b, s, round(0.77 + 0.1 * (b == "100pct") + x, 4))
        for m in ("Scratch", "ImageNet")
        for b in ("10pct", "100pct")
        for s, x in zip((42, 123, 7), noise(3), strict=True)
    ]
    path = save(
        tmp_path / "r.csv",
        rows_of("model,budget,seed,f1,best_epoch", [(*r, 10 + i) for i, r in enumerate(rows)]),
    )
    with pytest.raises(
        DataError, match=r"`budget` tells the rows apart: several settings .* by='model,budget'"
    ):
        ask(path, value="f1", by="model")
    table = ask(path, value="f1", by="model,budget")
    assert len(table.groups) == 4
    assert table.mixtures.empty


# --- 12: comments, a copied group


def test_comments_and_a_copied_group(tmp_path):
    measured = {m: 0.72 + noise(12) for m in ("BP", "PSO")}
    measured["PSO-BP"] = measured["PSO"]
    rows = [("LoL", m, s, x, x - 0.002) for m, xs in measured.items() for s, x in enumerate(xs)]
    text = "\ufeff# raw_results.csv\n# written by a script\n" + rows_of(
        "dataset,method,seed,accuracy,f1", rows
    )
    table = ask(save(tmp_path / "r.csv", text), value="accuracy", by="method")
    assert counts(table) == dict.fromkeys(("BP", "PSO", "PSO-BP"), (12, 0))
    assert table.mixtures.empty, "what was measured recurs in a copy, and is no setting"
    assert "2 lines that start with # were left out." in table.read_as.told


# --- 13: summaries


@pytest.mark.parametrize("form", ["columns", "cells", "two headers"])
def test_means_are_no_runs_and_are_compared_as_what_they_are(tmp_path, command, form):
    groups = {"base": (95.26, 0.15, 5), "mixup": (96.1, 0.11, 5)}
    if form == "columns":
        rows = [(m, *numbers) for m, numbers in groups.items()]
        text, value = rows_of("model,acc_mean,acc_std,n", rows), "acc"
    elif form == "cells":
        rows = [(m, f"{mean} ± {sd}", n) for m, (mean, sd, n) in groups.items()]
        text, value = rows_of("model,CIFAR-10,n", rows), "CIFAR-10"
    else:
        rows = [(m, *numbers) for m, numbers in groups.items()]
        text, value = rows_of(",acc,acc,n\n,mean,std,\nmodel,,,", rows), "acc"
    path = save(tmp_path / "r.csv", text)
    with pytest.raises(SummariesError, match="not runs"):
        ask(path, value=value, by="model")
    words = command("compare", "r.csv", "--value", value, "--by", "model")
    expected = stats.ttest_ind_from_stats(96.1, 0.11, 5, 95.26, 0.15, 5, equal_var=False)
    assert words[0]["pvalue"] == pytest.approx(expected.pvalue)
    assert words[0]["difference"] == pytest.approx(0.84)


def test_means_without_a_number_of_runs_say_what_is_missing(tmp_path):
    path = save(tmp_path / "r.csv", "method,CIFAR-10\nbase,95.26 ± 0.15\nmixup,96.1 (0.1)\n")
    with pytest.raises(DataError, match="not runs: no column says how many runs are behind each mean"):
        ask(path, value="CIFAR-10", by="method")


# --- 16: the seed is in the label


def test_the_pattern_that_is_advised_works(tmp_path):
    rows = [
        (f"{m} (Seed {s})", round(0.59 + 0.01 * (m == "Wide") + x, 4))
        for m in ("Base", "Wide")
        for s, x in enumerate(noise(8))
    ]
    path = save(tmp_path / "r.csv", rows_of("Model,Clean OOD Accuracy", rows))
    with pytest.raises(DataError) as error:
        ask(path, value="Clean OOD Accuracy", by="Model")
    pattern = re.search(r"--by '(.*)'$", error.value.spelled(fmt.option)).group(1)
    assert counts(ask(path, value="Clean OOD Accuracy", by=pattern)) == {"Base": (8, 0), "Wide": (8, 0)}


# --- 17: splits and directions


@pytest.mark.parametrize("column", ["split", "subset", "phase", "part"])
@pytest.mark.parametrize("seeds", [True, False])
def test_dev_and_test_are_no_repetitions(tmp_path, column, seeds):
    rows = [
        (p, m, *([s] if seeds else []), round(0.12 + x, 4))
        for p in ("dev", "test")
        for m in "ab"
        for s, x in enumerate(noise(4))
    ]
    path = save(tmp_path / "r.csv", rows_of(f"{column},arm,{'seed,' * seeds}wer", rows))
    with pytest.raises(DataError, match=rf"{column}.*(no repetitions|tells the rows apart).*where="):
        ask(path, value="wer", by="arm")
    table = ask(path, value="wer", by="arm", where=f"{column} == 'dev'")
    assert counts(table) == {"a": (4, 0), "b": (4, 0)}
    assert (table.question.better, table.read_as.better_assumed) == ("lower", True)


@pytest.mark.parametrize(
    ("better", "names"),
    [
        (
            "lower",
            "logloss nll wer cer eer fid bpb ece brier mape rmse perplexity latency seconds error val_bpb"
            " cross_entropy frame_eer_pct lpips fpr95",
        ),
        ("higher", "neg_mean_squared_error neg_log_loss accuracy auc f1 map50 reward tokens_per_second mIoU"),
    ],
)
def test_directions_are_assumed_and_said(tmp_path, better, names):
    for name in names.split():
        rows = rows_of(f"m,seed,{name}", plain_runs(n=2))
        table = ask(save(tmp_path / "r.csv", rows), value=name, by="m")
        assert (name, table.question.better, table.read_as.better_assumed) == (name, better, True)


# --- 18, 19: JSON


def test_json_in_every_form(tmp_path):
    rows = plain_runs()
    records = [{"config": {"m": g}, "seed": s, "eval": {"acc": v}} for g, s, v in rows]
    columns = {
        key: [r[key] for r in [{"m": g, "seed": s, "acc": v} for g, s, v in rows]]
        for key in ("m", "seed", "acc")
    }
    save(tmp_path / "lines.jsonl", "\n".join(map(json.dumps, records)))
    save(tmp_path / "records.json", json.dumps(records))
    save(tmp_path / "columns.json", json.dumps(columns))
    for name, value, by in (("lines.jsonl", "eval.acc", "config.m"), ("records.json", "eval.acc", "config.m"),
                            ("columns.json", "acc", "m")):  # fmt: skip
        assert means(ask(tmp_path / name, value=value, by=by)) == pytest.approx(expected_means(rows))


def nested_scores():
    def seed(base):
        return {f"step_{t}": {"step_count": 100 * t, "return": [base + t]} for t in range(3)}

    def algorithm(base):
        return {f"seed_{s}": seed(base + 0.1 * s) for s in range(4)}

    tasks = ("2s3z", "3m")
    return {"Smax": {t: {"ippo": algorithm(k), "mappo": algorithm(k + 5)} for k, t in enumerate(tasks)}}


def test_nested_json_names_tasks_and_never_drops_one(tmp_path):
    path = save(tmp_path / "metrics.json", json.dumps(nested_scores()))
    for at in (None, "last", "best"):
        with pytest.raises(DataError, match=r"`task`|task tells"):
            ask(path, value="return", by="algorithm", at=at)
    table = ask(path, value="return", by="algorithm", at="last", task="task")
    assert counts(table) == {"ippo": (8, 0), "mappo": (8, 0)}
    assert table.question.primary == "van_elteren"
    assert means(table) == pytest.approx({"ippo": 2.65, "mappo": 7.65})


# --- 20, 31: names of measures in a column


@pytest.mark.parametrize(
    ("measure", "value", "seed"),
    [
        ("metric", "value", "seed"),
        ("IndicatorName", "IndicatorValue", "ExecutionId"),
        ("Measure", "score", "rep"),
    ],
)
def test_measures_in_a_column(tmp_path, measure, value, seed):
    rows = [(g, s, k, round(v * f, 6)) for g, s, v in plain_runs() for k, f in (("accuracy", 1), ("loss", 4))]
    path = save(tmp_path / "r.csv", rows_of(f"encoder,{seed},{measure},{value}", rows))
    table = ask(path, value="accuracy", by="encoder")
    assert means(table) == pytest.approx(
        expected_means([(g, s, v) for g, s, k, v in rows if k == "accuracy"])
    )
    assert ask(path, value="loss", by="encoder").question.better == "lower"
    with pytest.raises(DataError, match=rf"`{measure}` tells the rows apart.*metric_column='{measure}'"):
        ask(path, value=value, by="encoder")
    with pytest.raises(UsageError, match=f"'{measure}' holds accuracy, loss"):
        ask(path, value="f1", by="encoder")


def test_problems_are_compared_one_by_one_or_paired(tmp_path):
    rows = [
        (a, p, "HV", e, round(0.65 + 0.1 * (p == "ZDT2") + 0.01 * (a == "SPEA2") + x, 6))
        for a in ("NSGAII", "SPEA2")
        for p in ("ZDT1", "ZDT2")
        for e, x in enumerate(noise(6))
    ]
    path = save(
        tmp_path / "r.csv", rows_of("Algorithm,Problem,IndicatorName,ExecutionId,IndicatorValue", rows)
    )
    with pytest.raises(DataError, match=r"ExecutionId 0 occurs 2 times in NSGAII; `Problem` tells"):
        ask(path, value="HV", by="Algorithm")
    one = ask(path, value="HV", by="Algorithm", where="Problem == 'ZDT1'")
    assert counts(one) == {"NSGAII": (6, 0), "SPEA2": (6, 0)}
    assert one.mixtures.empty
    assert ask(path, value="HV", by="Algorithm", task="Problem").question.primary == "van_elteren"
    assert ask(path, value="HV", by="Algorithm", paired="Problem,ExecutionId").pairable


# --- 22, 24: wide tables of settings, exploding losses


def test_columns_of_all_kinds_beside_the_runs(tmp_path):
    frame = pd.DataFrame(plain_runs(("mlp", "gcn")), columns=["experiment", "seed", "test_accuracy"])
    n = len(frame)
    for name, cells in {
        "lr": 0.005,
        "k_concepts": np.where(frame["experiment"] == "gcn", 8, np.nan),
        "dataset": "cora",
        "best_epoch": RNG.integers(5, 60, n),
        "train_time_sec": RNG.normal(3, 0.2, n),
        "notes": "fine, odd",
        "started_at": [f"2026-01-0{i % 9 + 1} 10:00:00" for i in range(n)],
        "host": ["n1", "n2"] * (n // 2),
        "test_per_class_f1": ["[0.5, 0.6]"] * n,
        "gpu": [0, 1] * (n // 2),
        "epochs": 100,
        "run_name": [f"r{i}" for i in range(n)],
        "dropout": np.round(RNG.random(n), 3),
    }.items():
        frame[name] = cells
    frame.to_csv(tmp_path / "r.csv", index=False)
    table = ask(tmp_path / "r.csv", value="test_accuracy", by="experiment")
    assert counts(table) == {"gcn": (8, 0), "mlp": (8, 0)}
    assert table.mixtures.empty


def test_losses_of_millions_per_data_set(tmp_path, command):
    rows = [
        (d, s, m, f'"[{s}, 1]"', round(k * (1 + 0.01 * s + 0.1 * (m == "cae")), 6))
        for d, k in (("fashion", 0.02), ("smartphone", 3e6))
        for m in ("cae", "sup")
        for s in range(6)
    ]
    save(tmp_path / "r.csv", rows_of("dataset,seed,subset,indices,reconstruction_mse", rows))
    asked = ("compare", "r.csv", "--value", "reconstruction_mse", "--by", "subset")
    assert "`dataset` tells the rows apart" in command(*asked)
    model = command(*asked, "--where", "dataset == 'fashion'")
    assert [g["n"] for g in model["groups"]] == [6, 6]


# --- 25: spreadsheets of all countries


LOCALES = {
    "semicolons": (";", ",", "utf-8-sig", ""),
    "semicolons and points": (";", ".", "utf-8", ""),
    "tabs": ("\t", ".", "utf-8", ""),
    "UTF-16": ("\t", ",", "utf-16", ""),
    "cp1252": (";", ",", "cp1252", ""),
    "bars": ("|", ".", "utf-8", ""),
    "trailing": (";", ",", "utf-16", ";"),
    "latin bars": ("|", ".", "cp1252", "|"),
}


@pytest.mark.parametrize("locale", LOCALES)
def test_spreadsheets_of_all_countries(tmp_path, locale):
    separator, decimal, encoding, trail = LOCALES[locale]
    rows = plain_runs(("baseline", "überarbeitet"), n=10)
    lines = [(g, s, f"{v * 1000:.2f}".replace(".", decimal) + trail) for g, s, v in rows]
    path = save(
        tmp_path / "r.csv",
        rows_of(separator.join(("verfahren", "seed", "reward")) + trail, lines, separator),
        encoding,
    )
    expected = expected_means([(g, s, round(v * 1000, 2)) for g, s, v in rows])
    assert means(ask(path, value="reward", by="verfahren")) == pytest.approx(expected)


def test_thousands_two_headers_and_other_separators_below_the_header(tmp_path):
    rows = plain_runs(n=6)
    thousands = rows_of("m,seed,reward", [(g, s, f'"{v * 20000:,.2f}"') for g, s, v in rows])
    expected = expected_means([(g, s, round(v * 20000, 2)) for g, s, v in rows])
    assert means(ask(save(tmp_path / "t.csv", thousands), value="reward", by="m")) == pytest.approx(expected)
    mixed = "m,seed,acc\n" + "".join(f"{g}\t{s}\t{v}\n" for g, s, v in rows)
    assert means(ask(save(tmp_path / "m.csv", mixed), value="acc", by="m")) == pytest.approx(
        expected_means(rows)
    )
    doubled = ";My;My;Scikit;Scikit\n;Accuracy;Recall;Accuracy;Recall\nseed;;;;\n" + "".join(
        f"{s};{0.9 + s / 100};0.5;{0.91 + s / 100};0.5\n" for s in range(5)
    )
    table = ask(
        save(tmp_path / "d.csv", doubled), value="accuracy", wide="My.Accuracy,Scikit.Accuracy", paired="seed"
    )
    assert means(table) == pytest.approx({"My.Accuracy": 0.92, "Scikit.Accuracy": 0.93})
    assert table.pairable


def test_excel(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    rows = plain_runs(n=5)
    book = openpyxl.Workbook()
    for row in [("m", "seed", "acc"), *rows]:
        book.active.append(row)
    book.save(tmp_path / "r.xlsx")
    assert means(ask(tmp_path / "r.xlsx", value="acc", by="m")) == pytest.approx(expected_means(rows))


# --- 26: words among numbers, percent signs, Markdown


def test_words_among_numbers_are_failed_runs(tmp_path):
    rows = [("a", s, v) for s, v in enumerate(["2.2577", "2.1994", "OOM", "2.16", "NaN", "2.2"])]
    rows += [("b", s, v) for s, v in enumerate(["2.1", "diverged", "2.3", "", "-", "inf"])]
    table = ask(
        save(tmp_path / "r.csv", rows_of("config,seed,val_loss", rows)), value="val_loss", by="config"
    )
    assert counts(table) == {"a": (4, 2), "b": (2, 3)}
    assert means(table) == pytest.approx({"a": (2.2577 + 2.1994 + 2.16 + 2.2) / 4, "b": 2.2})
    reasons = set(zip(table.exclusions["group"], table.exclusions["reason"], strict=True))
    assert {("a", "val_loss is OOM"), ("b", "val_loss is diverged"), ("b", "val_loss is missing")} <= reasons


@pytest.mark.parametrize("sign", ["%", " %"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_percent_signs(tmp_path, sign, decimal):
    rows = plain_runs(n=6)
    cells = [(g, s, f"{v * 10:.4f}".replace(".", decimal) + sign) for g, s, v in rows]
    table = ask(
        save(tmp_path / "r.csv", rows_of("recipe;seed;val_error", cells, ";")), value="val_error", by="recipe"
    )
    assert means(table) == pytest.approx(expected_means([(g, s, round(v * 10, 4)) for g, s, v in rows]))
    assert table.read_as.value_unit == "%"


def test_markdown_tables(tmp_path):
    rows = plain_runs(n=3)
    text = "# Results\n\n| m | seed | val error |\n|---|:-:|--:|\n" + "".join(
        f"| {g} | {s} | **{v}** |\n" for g, s, v in rows
    )
    assert means(ask(save(tmp_path / "r.md", text), value="val error", by="m")) == pytest.approx(
        expected_means(rows)
    )


# --- 27: two units


@pytest.mark.parametrize("some", [4, 8])
def test_fractions_and_percentages_stop(tmp_path, some):
    rows = [(g, s, round(v * 100, 2) if g == "new" and s < some else v) for g, s, v in plain_runs()]
    with pytest.raises(
        DataError, match=rf"mixes two units: .* and {some} are about a hundred times as large"
    ):
        ask(
            save(tmp_path / "r.csv", rows_of("backbone,seed,accuracy", rows)), value="accuracy", by="backbone"
        )


# --- 30: rows that are longer or shorter than the header


def shifted(change):
    lines = rows_of("method,seed,accuracy,loss", [(*r, 0.4) for r in plain_runs()]).splitlines()
    return "\n".join(change(lines)) + "\n"


@pytest.mark.parametrize(
    ("change", "n"),
    [
        (lambda lines: [lines[0], *(f"{line}," for line in lines[1:])], (8, 8)),
        (lambda lines: [lines[0], f"{lines[1]},", *lines[2:]], (8, 8)),
        (lambda lines: [f"{lines[0]},", *lines[1:]], (8, 8)),
        (lambda lines: [*lines[:9], lines[0], *lines[9:]], (8, 8)),
        (lambda lines: [*lines[:-1], lines[-1].rpartition(",")[0]], (7, 8)),
    ],
)
def test_lines_that_can_be_mended_never_shift_a_column(tmp_path, change, n):
    table = ask(save(tmp_path / "r.csv", shifted(change)), value="accuracy", by="method")
    assert counts(table) == {"new": (n[0], 0), "old": (n[1], 0)}
    assert table.runs["value"].between(0.8, 0.95).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [lines[0], *(f"{line},x" for line in lines[1:])], "line 2 has 5 fields"),
        (lambda lines: [*lines[:9], *(f"{line},x" for line in lines[9:])], "line 10 has 5 fields"),
        (lambda lines: [lines[0].replace("loss", "accuracy"), *lines[1:]], "'accuracy' stands twice"),
    ],
)
def test_other_lines_are_refused_by_number_or_name(tmp_path, change, words):
    with pytest.raises(DataError, match=words):
        ask(save(tmp_path / "r.csv", shifted(change)), value="accuracy", by="method")


def test_five_thousand_columns(tmp_path):
    names = [f"a_long_name_of_a_metric_{i}" for i in range(5000)]
    rows = [(g, s, v, *[1] * 5000) for g, s, v in plain_runs(n=3)]
    path = save(tmp_path / "r.csv", rows_of(",".join(("m", "seed", "acc", *names)), rows))
    assert counts(ask(path, value="acc", by="m")) == {"new": (3, 0), "old": (3, 0)}
    for options in (
        {"value": "nope"},
        {"by": "nope"},
        {"unit": "nope"},
        {"at": "nope=1"},
        {"where": "nope == 1"},
        {"wide": "acc"},
    ):
        with pytest.raises(UsageError) as error:
            ask(path, **({"value": "acc", "by": "m"} | options))
        assert len(str(error.value)) < 1200


# --- 32: dictionaries, packed files, several files, folders


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz", ".zst", ".zip"])
def test_packed_files(tmp_path, ending):
    rows = plain_runs()
    frame = pd.DataFrame(rows, columns=["method", "seed", "accuracy"])
    if ending == ".zst":
        pytest.importorskip("pyarrow")
        import pyarrow as pa

        with pa.CompressedOutputStream(str(tmp_path / "runs.csv.zst"), "zstd") as out:
            out.write(frame.to_csv(index=False).encode())
    else:
        frame.to_csv(tmp_path / f"runs.csv{ending}", index=False)
    assert means(ask(tmp_path / f"runs.csv{ending}", by="method")) == pytest.approx(expected_means(rows))


def test_scores_without_a_table(tmp_path):
    rows = plain_runs()
    scores = {g: [v for h, _, v in rows if h == g] for g in ("old", "new")}
    save(tmp_path / "scores.json", json.dumps(scores))
    np.savez(tmp_path / "scores.npz", **scores)
    for name in ("scores.json", "scores.npz"):
        assert means(ask(tmp_path / name, value="score", by="method")) == pytest.approx(expected_means(rows))
    save(tmp_path / "scores.pkl", b"\x80\x04N.")
    with pytest.raises(DataError, match="pickle, which is never loaded"):
        ask(tmp_path / "scores.pkl", value="score", by="method")


def test_several_files_a_folder_and_hive(tmp_path, monkeypatch, command):
    rows = plain_runs()
    for g in ("old", "new"):
        text = rows_of("seed,accuracy", [(s, v) for h, s, v in rows if h == g])
        save(tmp_path / "csv" / f"{g}.csv", text)
        save(tmp_path / "hive" / f"method={g}" / "part-0.csv", text)
    files = [str(tmp_path / "csv" / f"{g}.csv") for g in ("old", "new")]
    for asked, by in (
        (files, "file"),
        (files, "schedule"),
        (str(tmp_path / "csv"), "file"),
        (str(tmp_path / "csv" / "*.csv"), "file"),
        (str(tmp_path / "hive"), "method"),
    ):
        assert means(read(make_question(asked, by=by))) == pytest.approx(expected_means(rows))
    with pytest.raises(UsageError, match="is given twice"):
        read(make_question([files[0], files[0]]))


# --- 33: constant groups


def test_constant_groups(tmp_path, command):
    save(
        tmp_path / "two.csv",
        rows_of("system,seed,score", [(g, s, v) for g, v in (("A", 1.0), ("B", 0.95)) for s in range(8)]),
    )
    effects, _ = comparison(command("compare", "two.csv", "--value", "score", "--by", "system"))
    assert effects["mean_difference"]["estimate"] == pytest.approx(-0.05)
    save(tmp_path / "one.csv", rows_of("system,seed,score", [(g, s, 1.0) for g in "AB" for s in range(8)]))
    assert "score is 1 in all 16 runs: nothing to compare" in command(
        "compare", "one.csv", "--value", "score", "--by", "system"
    )


# --- 34, 35: numbers that are known


def test_known_numbers(tmp_path, command):
    a, b = [3.1, 2.7, 2.9, 3.3, 2.9, 3.0], [3.4, 3.6, 3.1, 3.5, 3.9, 3.4, 3.2]
    save(tmp_path / "r.csv", rows_of("g,v", [("a", x) for x in a] + [("b", x) for x in b]))
    effects, tests = comparison(command("compare", "r.csv", "--value", "v", "--by", "g"))
    assert tests["welch_t"]["pvalue"] == pytest.approx(stats.ttest_ind(b, a, equal_var=False).pvalue)
    superior = stats.mannwhitneyu(b, a).statistic / (len(a) * len(b))
    assert effects["probability_of_superiority"]["estimate"] == pytest.approx(superior)


@pytest.mark.parametrize("factor", [1, 0.1, 0.001])
def test_decimal_accuracies_are_ranked_as_their_integers(tmp_path, command, factor):
    a = np.array([868, 871, 867, 870, 872, 866, 869, 873, 868, 870])
    b = a + np.array([3, -1, 3, 1, 4, -1, 3, 2, 1, 3])
    rows = [(g, s, f"{x * factor:.3f}") for g, xs in (("a", a), ("b", b)) for s, x in enumerate(xs)]
    save(tmp_path / "r.csv", rows_of("g,seed,v", rows))
    table = ask(tmp_path / "r.csv", value="v", by="g", paired="seed")
    wide = table.runs.pivot_table(index="unit", columns="group", values="value")
    np.testing.assert_array_equal(np.round((wide["b"] - wide["a"]) / factor), b - a)


# --- 36: names


def test_names_with_commas_and_blanks(tmp_path):
    rows = [('"adam, cosine"' if g == "new" else g, s, v) for g, s, v in plain_runs()]
    path = save(tmp_path / "r.csv", rows_of('"optimizer, schedule",seed,"accuracy, top-1 (%)"', rows))
    table = ask(path, value="accuracy, top-1 (%)", by="optimizer, schedule")
    assert counts(table) == {"adam, cosine": (8, 0), "old": (8, 0)}
    path = save(
        tmp_path / "b.csv",
        rows_of(
            " optimizer ,seed , accuracy", [(f" {g} " if s % 2 else g, s, v) for g, s, v in plain_runs()]
        ),
    )
    for by in ("optimizer", " optimizer "):
        assert counts(ask(path, by=by)) == {"new": (8, 0), "old": (8, 0)}


def test_groups_that_differ_in_case_alone_are_said(tmp_path):
    table = ask(
        save(tmp_path / "r.csv", rows_of("m,seed,acc", plain_runs(("SGD", "sgd")))), value="acc", by="m"
    )
    assert "'SGD' and 'sgd' are two groups, though their names are nearly the same." in table.read_as.told


# --- steps of runs with states


def history(last_state):
    return rows_of(
        "m,seed,_step,state,acc",
        [
            (
                m,
                s,
                e,
                last_state if e == 3 and s == 0 else "finished" if e == 3 else "running",
                0.5 + 0.1 * e + 0.01 * s + 0.03 * (m == "b"),
            )
            for m in "ab"
            for s in range(4)
            for e in range(4)
        ],
    )


@pytest.mark.parametrize("at", ["last", "best", "first", "_step=1"])
def test_a_run_ends_as_its_last_row_says(tmp_path, at):
    path = save(tmp_path / "r.csv", history("crashed"))
    assert counts(ask(path, value="acc", by="m", at=at)) == {"a": (3, 1), "b": (3, 1)}


def test_a_grid_under_one_seed_is_not_one_run(tmp_path):
    rows = [
        (m, lr, s, e, 0.5 + 0.1 * e + lr)
        for m in "ab"
        for lr in (0.1, 0.01)
        for s in range(3)
        for e in range(4)
    ]
    path = save(tmp_path / "r.csv", rows_of("m,lr,seed,epoch,acc", rows))
    for at in ("last", "best", "first"):
        with pytest.raises(
            DataError,
            match=rf"at='{at}' would choose one row of several runs.*`lr` tells them apart.*unit='lr,seed'",
        ):
            ask(path, value="acc", by="m", at=at)
    assert counts(ask(path, value="acc", by="m,lr", at="last"))["a · 0.1"] == (3, 0)


def test_a_hundred_thousand_rows_of_epochs_take_seconds(tmp_path):
    n_seeds, n_epochs = 50, 1000
    frame = pd.DataFrame(
        {
            "m": np.repeat(["a", "b"], n_seeds * n_epochs),
            "seed": np.tile(np.repeat(range(n_seeds), n_epochs), 2),
            "epoch": np.tile(range(n_epochs), 2 * n_seeds),
            "acc": RNG.random(2 * n_seeds * n_epochs),
        }
    )
    frame.to_csv(tmp_path / "r.csv", index=False)
    started = time.monotonic()
    with pytest.raises(DataError, match="seed 0 occurs 1,000 times in a; `epoch` tells"):
        ask(tmp_path / "r.csv", value="acc", by="m")
    table = ask(tmp_path / "r.csv", value="acc", by="m", at="last")
    assert time.monotonic() - started < 20
    last = frame[frame["epoch"] == n_epochs - 1].groupby("m")["acc"].mean()
    assert means(table) == pytest.approx(last.to_dict())


# --- names that the program uses itself


@pytest.mark.parametrize(
    "name",
    [
        "group",
        "unit",
        "value",
        "reason",
        "label",
        "empty",
        "row",
        "file",
        "run",
        "failed",
        "rank",
        "index",
        "method",
        "0",
    ],
)
def test_any_name_of_a_column_may_have_any_role(tmp_path, name):
    rows = plain_runs(n=4)
    for header, options in (
        (f"{name},seed,acc", {"value": "acc", "by": name}),
        (f"m,seed,{name}", {"value": name, "by": "m"}),
        (f"m,{name},acc", {"value": "acc", "by": "m", "paired": name}),
    ):
        table = ask(save(tmp_path / "r.csv", rows_of(header, rows)), **options)
        assert means(table) == pytest.approx(expected_means(rows))


# --- analyze columns


@pytest.mark.parametrize("place", WRITERS)
def test_what_columns_suggests_gives_a_report(tmp_path, command, place):
    WRITERS[place](tmp_path / place)
    words = command("columns", place)
    suggested = next(line for line in words.splitlines() if line.startswith("next  "))
    import shlex

    model = command(*shlex.split(suggested)[2:])
    assert len(model["groups"]) >= 2


def test_columns_names_the_obstacle_where_no_command_fits(tmp_path, command):
    save(
        tmp_path / "r.csv",
        rows_of("m,seed,accuracy", [(g, s, v if g == "old" else 100 * v) for g, s, v in plain_runs()]),
    )
    assert "asks  --value accuracy --by m: accuracy mixes two units" in command("columns", "r.csv")


def test_describe_and_power_take_the_same_options(tmp_path, command):
    rows = [
        (m, s, e, 0.5 + 0.1 * e + 0.01 * s, "ok" if s else "killed")
        for m in "ab"
        for s in range(7)
        for e in range(4)
    ]
    save(tmp_path / "r.csv", rows_of("m,seed,_step,acc,state", rows))
    options = ("r.csv", "--value", "acc", "--by", "m", "--at", "last")
    assert re.search(r"a +6 +1 ", command("describe", *options))
    assert "Runs a group to find a difference of 0.1" in command("power", *options, "--difference", "0.1")
    assert "`_step` tells the rows apart" in command("describe", *options[:-2])


def test_the_folder_is_named_whatever_the_question_holds(tmp_path, command):
    rows = [(f"{m}/x (Seed {s})", 0.5 + 0.01 * s + 0.1 * (m == "b")) for m in "ab" for s in range(4)]
    save(tmp_path / "r.csv", rows_of("Mod el,acc %", rows))
    command("compare", "r.csv", "--value", "acc %", "--by", r"Mod el~(.*) \(Seed ")
    assert [path.name for path in Path("reports").iterdir()] == ["acc-by-Mod-el"]

"""The files of docs/your-own-runs.md, as small as their tools write them: two groups of six runs each.

A run's final value is `value_of` of its group and seed; where a tool tells how runs end, one run of ``sgd``
has failed, with a value that would be seen in any mean.
"""

import json
from collections.abc import Callable
from pathlib import Path

from event_files import event, simple, write
from mlflow_stores import write_database, write_folder
from optuna_study import Study

GROUPS, SEEDS, FAILED = ("adam", "sgd"), range(6), ("sgd", 5)
FAILED_VALUE = 0.1


def value_of(group: str, seed: int) -> float:
    """Return the final accuracy of a run."""
    if (group, seed) == FAILED:
        return FAILED_VALUE
    return round((0.9 if group == "adam" else 0.85) + 0.003 * seed, 3)


def _curve(group: str, seed: int) -> list[float]:
    return [0.5, 0.6, round((0.9 if group == "adam" else 0.85) + 0.003 * seed, 3)]


def _runs() -> list[tuple[str, int]]:
    return [(group, seed) for group in GROUPS for seed in SEEDS]


def _table(path: Path, header: str, row: Callable[[str, int], str]) -> None:
    path.write_text("\n".join([header, *(row(*run) for run in _runs())]) + "\n")


def _ends(group: str, seed: int, failed: str, fine: str) -> str:
    return failed if (group, seed) == FAILED else fine


def _wandb_runs(path: Path) -> None:
    _table(
        path,
        '"Name","State","User","Created","Runtime","optimizer","seed","val_acc"',
        lambda g, s: (
            f'"{g}-{s}","{_ends(g, s, "crashed", "finished")}","me","2026-03-01","60","{g}","{s}",'
            f'"{value_of(g, s)}"'
        ),
    )


def _wandb_chart(path: Path) -> None:
    names = [f"{g}_seed{s} - val_acc{end}" for g, s in _runs() for end in ("", "__MIN", "__MAX")]
    rows = [
        ",".join([str(step), *(str(_curve(g, s)[step]) for g, s in _runs() for _ in range(3))])
        for step in range(3)
    ]
    path.write_text("\n".join([",".join(f'"{name}"' for name in ["Step", *names]), *rows]) + "\n")


def _mlflow_table(path: Path) -> None:
    _table(
        path,
        "run_id,experiment_id,status,start_time,metrics.val_acc,params.optimizer,params.seed",
        lambda g, s: f"{g}{s},1,{_ends(g, s, 'FAILED', 'FINISHED')},2026-03-01,{value_of(g, s)},{g},{s}",
    )


def _mlflow_runs() -> list[tuple[str, str, str, list[float]]]:
    return [
        (f"{g}{s}", _ends(g, s, "FAILED", "FINISHED"), "active", [0.5, value_of(g, s)]) for g, s in _runs()
    ]


def _optuna_table(path: Path) -> None:
    _table(
        path,
        "number,value,params_x,user_attrs_sampler,state",
        lambda g, s: f"{s},{value_of(g, s)},0.5,{g},{_ends(g, s, 'FAIL', 'COMPLETE')}",
    )


def _optuna_study(path: Path) -> None:
    study = Study(path)
    for group in GROUPS:
        trials = [
            ("FAIL", [], 0) if (group, s) == FAILED else ("COMPLETE", [value_of(group, s)], 0) for s in SEEDS
        ]
        study.add(group, trials, ("MAXIMIZE",))
    study.database.close()


def _in_folders(path: Path, name: str, content: Callable[[str, int], str]) -> None:
    for group, seed in _runs():
        file = path / group / f"seed{seed}" / name
        file.parent.mkdir(parents=True)
        file.write_text(content(group, seed))


def _rows(header: str, group: str, seed: int, row: Callable[[int, float], str]) -> str:
    return "\n".join([header, *(row(step, value) for step, value in enumerate(_curve(group, seed)))]) + "\n"


def _lightning_logs(path: Path) -> None:
    for k, (group, seed) in enumerate(_runs()):
        version = path / f"version_{k}"
        version.mkdir(parents=True)
        (version / "hparams.yaml").write_text(f"optimizer: {group}\nseed: {seed}\n")
        (version / "metrics.csv").write_text(
            _rows("epoch,step,train_loss,val_acc", group, seed, lambda i, v: f"{i},{i}9,0.5,\n{i},{i}9,,{v}")
        )


def _keras_logs(path: Path) -> None:
    header = "epoch,accuracy,loss,val_accuracy,val_loss"
    _in_folders(path, "training.csv", lambda g, s: _rows(header, g, s, lambda i, v: f"{i},0.9,0.1,{v},0.2"))


def _trainer_states(path: Path) -> None:
    def state(group: str, seed: int) -> str:
        curve = _curve(group, seed)
        history = [{"epoch": i, "loss": 0.5, "step": 100 * (i + 1)} for i in range(len(curve))]
        history += [{"epoch": i, "eval_accuracy": v, "step": 100 * (i + 1)} for i, v in enumerate(curve)]
        history.sort(key=lambda entry: entry["step"])
        return json.dumps({"global_step": 300, "log_history": history}, indent=2)

    _in_folders(path, "trainer_state.json", state)


def _tensorboard_logs(path: Path) -> None:
    for group, seed in _runs():
        events = [event(i, simple("val/acc", v)) for i, v in enumerate(_curve(group, seed))]
        write(path / group / f"seed{seed}" / "events.out.tfevents.1700000000.host", *events)


def _tensorboard_saved(path: Path) -> None:
    path.mkdir()
    for group, seed in _runs():
        (path / f"run-{group}_seed{seed}-tag-val_acc.csv").write_text(
            _rows("Wall time,Step,Value", group, seed, lambda i, v: f"1700000000.5,{i},{v}")
        )


def _monitors(path: Path) -> None:
    header = '#{"t_start": 1700000000.5, "env_id": "CartPole-v1"}\nr,l,t'
    _in_folders(path, "monitor.csv", lambda g, s: _rows(header, g, s, lambda i, v: f"{v},10,{i}.5"))


def _yolo_runs(path: Path) -> None:
    header = "                  epoch,         train/box_loss,    metrics/mAP50-95(B),           val/box_loss"
    _in_folders(
        path,
        "results.csv",
        lambda g, s: _rows(header, g, s, lambda i, v: f"{i + 1:23},    0.9,{v:23},    0.8"),
    )


def _ray_results(path: Path) -> None:
    for group, seed in _runs():
        trial = path / f"train_{group}{seed}"
        trial.mkdir(parents=True)
        header = "mean_accuracy,training_iteration,trial_id,config/optimizer"
        (trial / "progress.csv").write_text(
            _rows(
                header, group, seed, lambda i, v, trial=f"{group}{seed}", g=group: f"{v},{i + 1},{trial},{g}"
            )
        )


def _automl(path: Path) -> None:
    _table(
        path,
        "id,task,framework,fold,result,metric,info,auc",
        lambda g, s: (
            f"t/{s // 3},task{s // 3},{g},{s % 3},{_ends(g, s, '', str(value_of(g, s)))},auc,"
            f"{_ends(g, s, 'TimeoutError: interrupted', '')},{_ends(g, s, '', str(value_of(g, s)))}"
        ),
    )


WRITERS: dict[str, Callable[[Path], None]] = {
    "wandb_runs.csv": _wandb_runs,
    "wandb_chart.csv": _wandb_chart,
    "mlflow_runs.csv": _mlflow_table,
    "mlflow.db": lambda path: write_database(path, _mlflow_runs()),
    "mlruns": lambda path: write_folder(path, _mlflow_runs()),
    "optuna_trials.csv": _optuna_table,
    "study.db": _optuna_study,
    "lightning_logs": _lightning_logs,
    "keras_logs": _keras_logs,
    "hf_runs": _trainer_states,
    "tb_logs": _tensorboard_logs,
    "tb_saved": _tensorboard_saved,
    "monitors": _monitors,
    "yolo_runs": _yolo_runs,
    "ray_results": _ray_results,
    "automl.csv": _automl,
}

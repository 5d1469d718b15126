"""Networks per second: `collect` beside the original's way of training, in alternation.

    python benchmarks/training.py [--repetitions 3] [--runs 300] [--original-runs 20]

The original's way is a TensorFlow 1 session that steps through `feed_dict`, one network after the
other; it may use all cores. Rates are those of steady work: training, evaluation and commits, without the
start-up of either (that of `collect`, which imports TensorFlow and compiles, is shown beside).
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time

ORIGINAL = "original"


def time_original(n_runs: int) -> float:
    """Return networks per second of the session loop, in a process of its own."""
    command = [sys.executable, __file__, "--child", ORIGINAL, "--original-runs", str(n_runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def time_collect(n_runs: int) -> tuple[float, float]:
    """Return networks per second of the command as it says itself, and its seconds of start-up and end."""
    with tempfile.TemporaryDirectory() as db:
        command = [sys.executable, "-m", "collect", "--schedule", "joint", "--runs", str(n_runs), "--db", db]
        started = time.perf_counter()
        done = subprocess.run([*command, "--quiet"], capture_output=True, text=True, check=True)
        elapsed = time.perf_counter() - started
    rate = float(re.findall(r"\(([\d.]+) runs/s", done.stdout)[0])
    return rate, elapsed - n_runs / rate


def original_loop(n_runs: int) -> float:
    """Train joint networks as the original did and return networks per second."""
    import numpy as np
    import tensorflow as tf

    from collect import datasets

    v1 = tf.compat.v1
    v1.disable_eager_execution()
    found = datasets.resolve("mnist")
    data = datasets.split(datasets.load(found.path), train_first=5000, n_train=1000)
    train_labels, test_labels = (
        np.eye(10, dtype=np.float32)[y] for y in (data.train_labels, data.test_labels)
    )

    images, labels = v1.placeholder(tf.float32, [None, 784]), v1.placeholder(tf.float32, [None, 10])
    rate, hidden = v1.placeholder(tf.float32, []), images
    for fan_in in (784, 100, 100):
        weights = v1.Variable(v1.truncated_normal([fan_in, 100], stddev=0.1))
        hidden = tf.tanh(tf.matmul(hidden, weights) + v1.Variable(tf.fill([100], 0.1)))
    logits = tf.matmul(hidden, v1.Variable(v1.truncated_normal([100, 10], stddev=0.1)))
    logits += v1.Variable(tf.fill([10], 0.1))
    loss = tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels, logits))
    step = v1.train.GradientDescentOptimizer(rate).minimize(loss)
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1)), tf.float32))

    accuracies, started = [], 0.0
    with v1.Session() as session:
        for run in range(n_runs + 1):  # the first warms up
            if run == 1:
                started = time.perf_counter()
            session.run(v1.global_variables_initializer())
            for i in range(1000):
                batch = slice(50 * i % 1000, 50 * i % 1000 + 50)
                feed = {images: data.train_images[batch], labels: train_labels[batch]}
                session.run(step, {**feed, rate: 0.01 if i < 750 else 0.003})
            accuracies.append(session.run(accuracy, {images: data.test_images, labels: test_labels}))
    elapsed = time.perf_counter() - started
    if not 0.86 < statistics.fmean(map(float, accuracies)) < 0.89:
        raise SystemExit(f"the session loop does not train as the protocol says: accuracies {accuracies}")
    return n_runs / elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--original-runs", type=int, default=20)
    parser.add_argument("--child", choices=[ORIGINAL], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child == ORIGINAL:
        print(original_loop(options.original_runs))
        return
    ratios = []
    print("               session loop     collect   ratio   start-up of collect")
    for repetition in range(options.repetitions):
        original = time_original(options.original_runs)
        ours, startup = time_collect(options.runs)
        ratios.append(ours / original)
        rates = f"{original:6.2f} /s   {ours:6.2f} /s   {ratios[-1]:5.1f}"
        print(f"repetition {repetition + 1}     {rates}   {startup:6.1f} s", flush=True)
    print(f"collect trains {statistics.median(ratios):.1f} times as many networks per second (median)")


if __name__ == "__main__":
    main()

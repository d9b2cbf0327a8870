"""Train a classifier of handwritten digits and report to ModelBox while it trains.

The training is a run of an experiment: every step logs its loss, and every epoch that is better than all before it
becomes a checkpoint with its model file, which is promoted to a model version. The best one is tagged `production`.

    python train.py localhost:8085
"""

import contextlib
import sys
import tempfile

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from modelbox import Checkpoint, ModelBox, Run

EPOCHS = 25
BATCH = 64


def main(addr: str) -> None:
    """Train, report, and tag the best version."""
    images, digits = load_digits(return_X_y=True)
    parts = train_test_split(images / 16.0, digits, test_size=0.25, random_state=0)
    train_x, test_x, train_y, test_y = map(np.asarray, parts)
    classifier = MLPClassifier(hidden_layer_sizes=(48,), learning_rate_init=0.002, random_state=0)
    with ModelBox(addr) as box:
        model = box.new_model(
            "digits",
            owner="demo@example.org",
            namespace="demo",
            task="image classification",
            description="Handwritten digits, 8 by 8 pixels",
        )
        best, best_accuracy = None, 0.0
        with box.start_run("digits", namespace="demo", framework="sklearn", hyperparameters=classifier) as run:
            run.log_dataset(images, name="digits", role="training")
            for epoch in range(1, EPOCHS + 1):
                train_epoch(classifier, train_x, train_y, epoch=epoch, run=run)
                accuracy = float(classifier.score(test_x, test_y))
                run.log_metrics({"accuracy": accuracy}, step=epoch)
                print(f"epoch {epoch:2}  loss {classifier.loss_:.3f}  accuracy {accuracy:.3f}", flush=True)
                if accuracy > best_accuracy:
                    checkpoint = keep(classifier, run, epoch=epoch, accuracy=accuracy, test_x=test_x)
                    best, best_accuracy = checkpoint.promote(model), accuracy
        if best is None:
            sys.exit("no epoch classified anything")
        best.set_unique_tag("production")
        print(f"version {best.version}, accuracy {best_accuracy:.3f}, is production now")


def train_epoch(classifier: MLPClassifier, x: np.ndarray, y: np.ndarray, *, epoch: int, run: Run) -> None:
    """Show every image once, in a new order, and log each step."""
    batches = np.array_split(np.random.default_rng(epoch).permutation(len(x)), len(x) // BATCH)
    for number, batch in enumerate(batches):
        classifier.partial_fit(x[batch], y[batch], classes=range(10))
        step = (epoch - 1) * len(batches) + number
        run.log_metrics({"loss": classifier.loss_, "batch_accuracy": classifier.score(x[batch], y[batch])}, step=step)


def keep(classifier: MLPClassifier, run: Run, *, epoch: int, accuracy: float, test_x: np.ndarray) -> Checkpoint:
    """Make a checkpoint of the classifier as it is now, with what it must predict for whoever loads it."""
    checkpoint = run.new_checkpoint(epoch, {"accuracy": accuracy})
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        joblib.dump(classifier, "digits.joblib")
        np.savez("expected.npz", images=test_x, predictions=np.asarray(classifier.predict(test_x)))
        checkpoint.upload_artifact(["digits.joblib", "expected.npz"])
    return checkpoint


if __name__ == "__main__":
    main(sys.argv[1])

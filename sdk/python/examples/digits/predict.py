"""Deploy by tag: download whatever is `production` now and check that it predicts what it predicted in training.

python predict.py localhost:8085
"""

import sys
import tempfile

import joblib
import numpy as np

from modelbox import ModelBox


def main(addr: str) -> None:
    """Download the production version of the digits model, load it, and compare its predictions."""
    with ModelBox(addr) as box, tempfile.TemporaryDirectory() as folder:
        version = box.model(namespace="demo", name="digits").model_version(tag="production")
        files = {artifact.path: artifact for artifact in version.artifacts()}
        classifier = joblib.load(version.download_artifact(files["digits.joblib"], folder))
        expected = np.load(version.download_artifact(files["expected.npz"], folder))
        predictions = classifier.predict(expected["images"])
    if not np.array_equal(predictions, expected["predictions"]):
        sys.exit("the downloaded model predicts otherwise than the trained one")
    print(f"version {version.version} downloaded by its tag: {len(predictions)} predictions, all as in training")


if __name__ == "__main__":
    main(sys.argv[1])

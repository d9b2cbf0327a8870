"""Reports from training frameworks: a module each, which imports its framework.

| module | for |
|---|---|
| `lightning` | PyTorch Lightning: a Logger |
| `pytorch` | a training loop of one's own |
| `transformers` | Hugging Face: a TrainerCallback |
| `sklearn` | estimators of scikit-learn |
| `xgboost`, `lightgbm`, `keras` | callbacks |

`import modelbox` loads none of them. Importing one whose framework is not installed raises `MissingPackageError`,
which names the command that installs it.
"""

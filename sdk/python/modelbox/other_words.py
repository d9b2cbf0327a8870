"""The words that MLflow and Weights & Biases have for what is here under another: told where one is used.

Nothing is done by them: an argument is refused with `TypeError`, an attribute with `AttributeError`, as by Python
itself, but with the word that is right here.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from difflib import get_close_matches
from functools import wraps
from types import FunctionType
from typing import Any, Final, NoReturn, ParamSpec, TypeVar, cast

from modelbox.parameters import names_of, show

_TYPED_WRONG: Final = 0.8
"""How like an argument a word must be to be meant for it, from 0 to 1."""

P = ParamSpec("P")
R = TypeVar("R")
ClassT = TypeVar("ClassT", bound=type)

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "alias": ("tag", "unique_tags"),
    "aliases": ("unique_tags",),
    "artifact_file": ("path",),
    "config": ("hyperparameters",),
    "context": ("role",),
    "data": ("table",),
    "description": ("comment",),
    "dictionary": ("value",),
    "direction": ("mode",),
    "end_time": ("ended_at",),
    "entity": ("namespace",),
    "epoch": ("step",),
    "exit_code": ("status",),
    "experiment_name": ("experiment",),
    "filter_string": ("filter",),
    "filters": ("filter",),
    "goal": ("mode",),
    "group": ("parent",),
    "hparams": ("hyperparameters",),
    "hyper_parameters": ("hyperparameters",),
    "hyperparams": ("hyperparameters",),
    "key": ("name",),
    "maximize": ("mode",),
    "metric_name": ("metric",),
    "minimize": ("mode",),
    "local_dir": ("path",),
    "local_path": ("path", "files"),
    "max_results": ("limit",),
    "name": ("run_name", "artifact_path"),
    "nested": ("parent",),
    "notes": ("comment", "description"),
    "order": ("order_by",),
    "parameters": ("hyperparameters",),
    "params": ("hyperparameters",),
    "parent_run_id": ("parent",),
    "per_page": ("limit",),
    "project": ("experiment", "experiment_name"),
    "run_id": ("run", "id"),
    "run_name": ("name",),
    "start_time": ("started_at",),
    "tags": ("labels", "unique_tags"),
    "tracking_uri": ("addr", "server_addr"),
}
"""What an argument may be called here: the first of these that the call has."""

ATTRIBUTES: Final[Mapping[str, str]] = {
    "add_tags": "update(labels={...})",
    "alert": "log_event(...)",
    "aliases": "unique_tags",
    "config": "hyperparameters(); log_params({...}) adds to them",
    "data": "hyperparameters(), metrics() and labels",
    "end_run": "finish()",
    "get_metric_history": 'metrics("key")["key"]',
    "log": "log_metrics({...}); files go by log_image, log_table, log_figure, log_artifact",
    "log_artifacts": 'log_artifact("folder", artifact_path="")',
    "log_batch": "log_metrics({...}) and log_params({...})",
    "log_input": "log_dataset(...)",
    "log_model": "log_artifact(...); modelbox.integrations has log_estimator, log_booster and others",
    "save": "log_artifact(...)",
    "scan_history": "metrics() or metrics_dataframe()",
    "set_alias": 'set_unique_tag("...")',
    "set_description": 'update(description="...")',
    "set_tag": 'update(labels={"name": "value"})',
    "set_tags": 'update(labels={"name": "value"})',
    "set_terminated": "finish()",
    "summary": "metric_summaries; update_metadata(name, value) writes a value of your own",
    "use_artifact": "link(other), and download_artifacts() of the other",
}
"""What an attribute of an object is called here; it counts where the object has what it begins with."""

RUN_WORDS: Final[Mapping[str, str]] = {
    "end": "finish()",
    "end_time": "ended_at",
    "experiment_name": "experiment().name",
    "info": "id; so are name, status, started_at and ended_at the run's own",
    "project": "experiment()",
    "run_id": "id",
    "run_name": "name",
    "start_time": "started_at",
    "state": "status",
}
"""What an attribute of a run is called here."""

EXPERIMENT_WORDS: Final[Mapping[str, str]] = {"experiment_id": "id"}
"""What an attribute of an experiment is called here."""

MODEL_WORDS: Final[Mapping[str, str]] = {
    "latest_versions": "model_versions(limit=1)",
    "version": 'model_version("...")',
    "versions": "model_versions()",
}
"""What an attribute of a model is called here."""

CHECKPOINT_WORDS: Final[Mapping[str, str]] = {"metric_summaries": "metric_values"}
"""What an attribute of a checkpoint is called here."""

CALLS: Final[Mapping[str, str]] = {
    "Api": "ModelBox()",
    "MlflowClient": "ModelBox()",
    "active_run": "start_run(...) returns the run; keep it",
    "create_experiment": "new_experiment(...)",
    "create_model_version": "new_model(...).new_model_version(...)",
    "create_registered_model": "new_model(...)",
    "create_run": "start_run(...)",
    "end_run": "start_run(...) returns the run; call its finish()",
    "get_experiment": "experiment(id)",
    "get_experiment_by_name": 'experiment("name")',
    "get_model_version": 'model_version("model", "version")',
    "get_model_version_by_alias": 'model_version("model", tag="alias")',
    "get_registered_model": 'model("name")',
    "get_run": "run(id)",
    "init": 'start_run("experiment", ...)',
    "log": "start_run(...) returns the run; call its log_metrics({...})",
    "log_artifact": "start_run(...) returns the run; call its log_artifact(...)",
    "log_artifacts": "start_run(...) returns the run; call its log_artifact(...)",
    "log_metric": "start_run(...) returns the run; call its log_metric(...)",
    "log_metrics": "start_run(...) returns the run; call its log_metrics({...})",
    "log_param": "start_run(...) returns the run; call its log_param(...)",
    "log_params": "start_run(...) returns the run; call its log_params({...})",
    "register_model": "new_model(...).new_model_version(run=run)",
    "search_experiments": "experiments(filter=...)",
    "search_model_versions": 'model("name").model_versions(filter=...)',
    "search_registered_models": "models(filter=...)",
    "search_runs": "runs(filter=...)",
    "set_experiment": 'start_run("experiment", ...)',
    "set_tag": "start_run(...) returns the run; call its update(labels={...})",
    "set_tracking_uri": 'ModelBox("host:port"), or MODELBOX_API_ADDR',
}
"""What a call of the package, or of a client, is called here."""


def takes() -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a call refuse arguments that it does not know by the word that is right here, or by all that it takes.

    It shows as its own those that are written for several calls (`parameters.py`).
    """

    def decorate(call: Callable[P, R]) -> Callable[P, R]:
        function = cast("FunctionType", call)
        known = dict.fromkeys(name for name in names_of(function) if name != "self")

        @wraps(call)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            for name in kwargs:
                if name not in known:
                    _refuse(call, name, known)
            return call(*args, **kwargs)

        show(function, as_=cast("FunctionType", asked))
        return asked

    return decorate


def _refuse(call: Callable[..., Any], name: str, known: Iterable[str]) -> NoReturn:
    shown = call.__qualname__.removesuffix(".__init__") if call.__name__ == "__init__" else call.__name__
    here = next((word for word in ARGUMENTS.get(name, ()) if word in known), None)
    near = None if here else next(iter(get_close_matches(name, known, n=1, cutoff=_TYPED_WRONG)), None)
    instead = f"it takes {', '.join(known)}" + (f"; did you mean {near!r}?" if near else "")
    instead = f"here it is called {here!r}" if here else instead
    raise TypeError(f"{shown}() has no argument {name!r}; {instead}")


class _Elsewhere:
    """An attribute that is not there, under the name that another tracker has for it.

    No `__getattr__`: a class with one is slower at each attribute that it has.
    """

    def __init__(self, name: str, here: str) -> None:
        self._name: Final = name
        self._here: Final = here

    def __get__(self, instance: object, owner: type) -> NoReturn:
        said = f"{owner.__name__!r} object has no attribute {self._name!r}"
        if hasattr(owner, _word(self._here)):
            said = f"{said}; here it is {self._here}"
        raise AttributeError(said, name=self._name, obj=instance)

    def __repr__(self) -> str:
        return f"<not here; it is {self._here}>"


class WordsOnly(type):
    """A class of which `dir`, and so `help`, tells what it has, without the words of others."""

    def __dir__(cls) -> list[str]:
        """Return the names of what it has."""
        return [name for name in super().__dir__() if not isinstance(_found(cls, name), _Elsewhere)]


def knows(words: Mapping[str, str]) -> Callable[[ClassT], ClassT]:
    """Have a class, one of `WordsOnly`, say what is meant by attributes that it does not have.

    They stay out of `dir` of its objects, as of the class.
    """

    def decorate(of: ClassT) -> ClassT:
        def listed(self: object) -> list[str]:
            return [name for name in object.__dir__(self) if not isinstance(_found(type(self), name), _Elsewhere)]

        for name in words.keys() - dir(of):
            setattr(of, name, _Elsewhere(name, words[name]))
        of.__dir__ = listed  # type: ignore[assignment]  # as `def __dir__` in each class
        return of

    return decorate


def said_of_package(package: str, name: str, *, has: Container[str]) -> str:
    """Return the message of an error about an attribute that the package does not have, but others."""
    said = f"module {package!r} has no attribute {name!r}"
    here = CALLS.get(name)
    if here is None:
        return said
    return f"{said}; here it is {here if _word(here) in has else f'default_client().{here}'}"


def _word(here: str) -> str:
    """Return the name that an answer begins with."""
    return here.partition("(")[0].partition(";")[0]


def _found(of: type, name: str) -> object:
    return next((vars(base)[name] for base in of.__mro__ if name in vars(base)), None)

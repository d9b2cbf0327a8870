"""An experiment in a notebook, under its published name."""

from modelbox.display.objects import events, info, plots
from modelbox.display.page import Html, page
from modelbox.experiments import Experiment


class ExperimentDisplay:
    """Shows an experiment piece by piece; a cell that ends with one of these calls shows what it returns."""

    def __init__(self, experiment: Experiment) -> None:
        """Take the experiment; nothing is asked of the server yet."""
        self._experiment = experiment

    def info(self) -> Html:
        """Return its name, owner, namespace and the like."""
        return self._page(info(self._experiment))

    def metrics(self) -> Html:
        """Return its metrics, each as a plot."""
        return self._page(plots(self._experiment))

    def events(self) -> Html:
        """Return the events logged on it, by their time."""
        return self._page(events(self._experiment))

    def _page(self, content: Html | None) -> Html:
        return page("Experiment", self._experiment.name, content or Html("none logged"))

"""An experiment in a notebook, under its published name."""

from modelbox.display.page import Html, page
from modelbox.display.sections import drawn
from modelbox.kinds.experiment import Experiment
from modelbox.sections import events_of, metrics_of
from modelbox.shown import Facts, facts_of


class ExperimentDisplay:
    """Shows an experiment piece by piece; a cell that ends with one of these calls shows what it returns."""

    def __init__(self, experiment: Experiment) -> None:
        """Take the experiment; nothing is asked of the server yet."""
        self._experiment = experiment

    def info(self) -> Html:
        """Return its name, owner, namespace and the like."""
        return self._page(drawn(Facts(facts_of(self._experiment))))

    def metrics(self) -> Html:
        """Return its metrics, each as a plot."""
        return self._page(drawn(metrics_of(self._experiment).content))

    def events(self) -> Html:
        """Return the events logged on it, by their time."""
        return self._page(drawn(events_of(self._experiment).content))

    def _page(self, content: Html | None) -> Html:
        return page("Experiment", self._experiment.name, content or Html("none logged"))

"""What a program has in memory, logged as a file of an object: text, JSON, figures, images, tables.

They are described in a training and never end it: nothing is waited for, and what cannot be written is left out and
warned about, once a path and kind.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from modelbox import rendering
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_id, check_path, check_text
from modelbox.foreign import utf8
from modelbox.other_words import takes
from modelbox.session import Session


class LogsFiles:
    """Something with an id that files can be written to from memory.

    Each method returns at once: the file is sent in the background, after all that was logged before; `flush` waits for
    it. Written again under a path, the last one counts. What cannot be written is left out, warned about, once
    a path, and counted (`ModelBox.delivery`); a client without `background` raises.
    """

    __slots__ = ()

    id: str
    _session: Session

    @takes()
    def log_text(self, text: str, path: str) -> None:
        """Log a text as a file, in UTF-8.

        Args:
            path: The file's path in the object, such as `notes.txt`.
        """
        self._log_file("text", path, lambda: _text_bytes(text))

    @takes()
    def log_dict(self, value: Mapping[str, Any] | Sequence[Any], path: str) -> None:
        """Log a dict or list as a file: JSON or, with a path that ends in `.yaml`, YAML.

        Args:
            path: The file's path in the object, such as `config.json`.
        """
        self._log_file("dict", path, lambda: rendering.dict_bytes(value, path))

    @takes()
    def log_figure(self, figure: Any, path: str) -> None:
        """Log a figure of matplotlib or plotly as a file.

        Args:
            path: The file's path in the object; its suffix is the format, such as `.png`; of plotly also `.html`.
        """
        self._log_file("figure", path, lambda: rendering.figure_bytes(figure, path))

    @takes()
    def log_image(self, image: Any, path: str) -> None:
        """Log an image of PIL, or an array, as a file.

        Args:
            image: An image of PIL; or an array of height, width and, unless it is grey, 3 or 4 channels: whole numbers
                from 0 to 255, or fractions from 0 to 1.
            path: The file's path in the object; its suffix is the format. An array is written as `.png`; any other
                format needs Pillow.
        """
        self._log_file("image", path, lambda: rendering.image_bytes(image, path))

    @takes()
    def log_table(self, table: Any, path: str) -> None:
        """Log a table as a file.

        Args:
            table: A DataFrame of pandas, a dict with a list for each column, or a list of dicts, one a row.
            path: The file's path in the object, ending in `.csv` or `.json`.
        """
        self._log_file("table", path, lambda: rendering.table_bytes(table, path))

    @takes()
    def log_confusion_matrix(
        self,
        actual: Iterable[Any],
        predicted: Iterable[Any],
        *,
        labels: Iterable[Any] | None = None,
        path: str = "confusion_matrix.json",
    ) -> None:
        """Log how often each label was predicted as each, as a JSON file with `labels` and `matrix`.

        Args:
            actual: The labels as they were, one an example; a row of the matrix each.
            predicted: The labels as they were predicted, in the same order; a column each.
            labels: All labels in the order of rows and columns; those that occur, sorted, unless given.
            path: The file's path in the object.
        """
        self._log_file(
            "confusion matrix",
            path,
            lambda: rendering.json_bytes(rendering.confusion_matrix(actual, predicted, labels)),
        )

    def _log_file(self, kind: str, path: str, render: Callable[[], bytes]) -> None:
        try:
            content = _rendered(kind, render)
            label = check_path("path", check_text("path", path))
            self._session.deliver_content(check_id("id", self.id), label, content)
        except InvalidFieldError as error:
            self._session.oddities.note(f"a {kind} that cannot be logged", error, left_out=1, of=utf8(path)[:80])


def _text_bytes(text: str) -> bytes:
    if not isinstance(text, str):
        raise InvalidFieldError.of("text", f"needs a string, not {type(text).__name__}")
    return text.encode(errors="backslashreplace")


def _rendered(kind: str, render: Callable[[], bytes]) -> bytes:
    try:
        return render()
    except InvalidFieldError:
        raise
    except Exception as error:
        # What other libraries raise here is unknown, and no picture is worth the end of a training.
        raise InvalidFieldError.of(kind, f"cannot be written: {type(error).__name__}: {str(error)[:300]}") from error

"""Datasets: what objects are made with, described by name and digest; the data itself stays where it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final, Unpack

from modelbox.client_calls import ClientCalls
from modelbox.errors import ClosedError, InvalidFieldError, ModelBoxError
from modelbox.fields import NOT_BY_NAME, check_id, check_labels, check_text
from modelbox.ids import DEFAULT_NAMESPACE, object_id
from modelbox.limits import PATH_CHARS_MAX
from modelbox.listed import Listed
from modelbox.logged_object import LoggedObject
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, StoredObject, times_of
from modelbox.oddities import Oddities, clean_line
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sections import LONG_ROWS_MAX
from modelbox.selection import NamespaceListFields, Where
from modelbox.sending import create, deliver
from modelbox.session import Session
from modelbox.shown import Section, Table, pairs
from modelbox.transport import methods
from modelbox.transport.methods import Method
from modelbox.values import DatasetColumn, Labels
from modelbox.wire import value_of


class UsesDatasets(LoggedObject):
    """An object that is made with datasets."""

    __slots__ = ()

    @takes()
    def log_dataset(
        self, dataset: Any, *, name: str = "", role: str = "training", location: str = "", namespace: str = ""
    ) -> "Dataset":
        """Record that this object was made with a dataset, registering the dataset if it is not known yet.

        Args:
            dataset: A `Dataset`; or the data itself, of which only a description is sent: a table of pandas, an array
                of numpy, or the path of a file.
            name: The dataset's name; with the digest of its content it makes the dataset. From its location unless
                given.
            role: What it was used for, such as "training" or "evaluation".
            location: Where it is kept, a path or URI; the file's own path unless given.
            namespace: Where to register it; the object's own namespace unless given.

        What cannot be described does not end a training: it is registered by its class, without a digest; of what is
        too large to be kept the rest is. It is warned about, each kind once.

        Raises:
            InvalidFieldError: Of a client without `background`: the data cannot be described, or an argument breaks a
                rule.
        """
        session = self._session
        if isinstance(dataset, Dataset):
            registered = dataset
        else:
            where = namespace or getattr(self, "namespace", "")
            registered = _register_described(session, dataset, name=name, location=location, namespace=where)
        relation = session.oddities.name("role", role) if role else ""
        link = pb.LinkLineageRequest(from_id=registered.id, to_id=self.id, relation=relation)
        deliver(session, methods.LINK_LINEAGE, link)
        return registered


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Dataset(StoredObject, UsesDatasets):
    """A dataset: its name and the digest of its content make it, so other content is another dataset.

    `location` is where it is kept, `digest` is `algorithm:hexadecimal`; counts are None where they are not known.
    """

    name: str
    location: str
    digest: str
    columns: tuple[DatasetColumn, ...] = field(repr=False)
    row_count: int | None
    column_count: int | None

    def _sections(self) -> Iterable[Section]:
        rows = [(column.name, column.type, pairs(column.summary)) for column in self.columns[:LONG_ROWS_MAX]]
        yield Section("columns", Table(("column", "type", "values"), rows))


def _columns_of(dataset: pb.Dataset) -> tuple[DatasetColumn, ...]:
    return tuple(
        DatasetColumn(column.name, column.type, value_of(column.summary_json or "{}")) for column in dataset.columns
    )


def _id_of(request: pb.CreateDatasetRequest) -> str:
    return object_id("dataset", request.namespace or DEFAULT_NAMESPACE, request.name, request.digest)


CREATE_DATASET: Final = Method(
    "CreateDataset", pb.CreateDatasetRequest, pb.CreateDatasetResponse, writes=True, makes=_id_of
)
DATASETS: Final = Kind(
    "dataset",
    Dataset,
    pb.Dataset,
    get=Method("GetDataset", pb.GetDatasetRequest, pb.GetDatasetResponse),
    list=Method("ListDatasets", pb.ListDatasetsRequest, pb.ListDatasetsResponse),
    readers={"columns": _columns_of},
    place=4,
)


class DatasetCalls(ClientCalls):
    """What a client does with datasets."""

    def new_dataset(
        self,
        name: str,
        *,
        namespace: str = "",
        location: str = "",
        digest: str = "",
        columns: Iterable[DatasetColumn] = (),
        row_count: int | None = None,
        column_count: int | None = None,
        labels: Labels | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Dataset:
        """Register a dataset. One of this name and digest that exists already is returned, with `exists` set.

        `log_dataset` describes data and registers it in one call. While the server is away the dataset is registered
        later, and returned as it was given.

        Args:
            namespace: The client's own, unless given.
            location: Where it is kept: a path or URI.
            digest: Of its content, as `algorithm:hexadecimal`.
            labels: A text, number or bool for each name.
            metadata: A JSON value for each key.

        Raises:
            InvalidFieldError: An argument breaks a rule.
        """
        request = pb.CreateDatasetRequest(
            namespace=self._session.within(namespace),
            name=check_text("name", name),
            location=check_text("location", location),
            digest=check_text("digest", digest),
            columns=[_wire_column(column) for column in columns],
            row_count=row_count,
            column_count=column_count,
            labels=check_labels(labels),
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
        )
        return _register(self._session, request)

    def dataset(self, id: str) -> Dataset:  # noqa: A002  # its name on the wire
        """Return one dataset by its id.

        Raises:
            NotFoundError: There is none.
        """
        wanted = check_id("id", id, instead=NOT_BY_NAME.format("datasets"))
        return DATASETS.read_id(self._session, wanted)

    @takes()
    def datasets(self, namespace: Where = "", **which: Unpack[NamespaceListFields]) -> Listed[Dataset]:
        """Return the datasets of a namespace, newest first.

        Raises:
            InvalidFieldError: The filter or order cannot be understood; the message says where.
        """
        return DATASETS.listed(self._session, which, {"namespace": self._session.within(namespace)})


def _register_described(session: Session, data: Any, *, name: str, location: str, namespace: str) -> Dataset:
    # Loaded when it is used: it knows many libraries, and `import modelbox` stays light.
    from modelbox.capture.described import described_columns, described_or_named  # noqa: PLC0415  # see above

    oddities = session.oddities
    description = described_or_named(oddities, data, location)
    place = description.location
    request = pb.CreateDatasetRequest(
        namespace=session.within(namespace),
        name=_name_for(oddities, name, data, place),
        location=clean_line(place, chars_max=PATH_CHARS_MAX),
        digest=description.digest,
        columns=[_wire_column(column) for column in described_columns(oddities, description.columns)],
        row_count=description.row_count,
        column_count=description.column_count,
        metadata=pb.Metadata(json=encode_metadata({**description.metadata, "digest_of": description.digest_of})),
    )
    try:
        return _register(session, request)
    except ClosedError:
        raise
    except ModelBoxError as error:
        oddities.note("datasets that were refused", error, "the dataset is not recorded", left_out=1, of=request.name)
        return _as_given(session, request, None)


def _name_for(oddities: Oddities, name: str, data: object, location: str) -> str:
    """Return the dataset's name: as given, or of its place, or of its class."""
    named = name or PurePosixPath(location.replace("\\", "/")).name
    if not named:
        named = type(data).__name__
        problem = "is missing; data in memory has none of its own"
        oddities.note("datasets without a name", InvalidFieldError.of("name", problem), f"it is called {named!r}")
    return oddities.name("name", named)


def _wire_column(column: DatasetColumn) -> pb.DatasetColumn:
    [summary] = encode_metadata({"summary": column.summary}, what=f"columns[{column.name[:80]!r}]").values()
    return pb.DatasetColumn(
        name=check_text("column", column.name), type=check_text("type", column.type), summary_json=summary
    )


def _register(session: Session, request: pb.CreateDatasetRequest) -> Dataset:
    response = create(session, CREATE_DATASET, request)
    if response is not None and response.exists:
        return DATASETS.read(session, pb.GetDatasetRequest(id=response.id), given=request)
    return _as_given(session, request, response)


def _as_given(session: Session, request: pb.CreateDatasetRequest, response: pb.CreateDatasetResponse | None) -> Dataset:
    created = pb.Dataset(
        id=_id_of(request),
        namespace=request.namespace,
        name=request.name,
        location=request.location,
        digest=request.digest,
        columns=request.columns,
        row_count=request.row_count if request.HasField("row_count") else None,
        column_count=request.column_count if request.HasField("column_count") else None,
        labels=request.labels,
        **times_of(response),
    )
    return DATASETS.of(session, created, exists=False)

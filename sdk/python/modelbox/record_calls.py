"""The calls that records need: sent once each, and the questions about them."""

from modelbox.delivery.columns import points_of
from modelbox.delivery.keeping import send_files
from modelbox.delivery.uploads import send_upload
from modelbox.errors import ModelBoxError, NotFoundError, ResultTooLargeError
from modelbox.journal.record import KEEP_FILES, METRICS, UPLOAD, Record
from modelbox.limits import ASK_S, ATTEMPT_TIMEOUT_S
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.transfers import Transfers
from modelbox.transport.connection import NO_KEY, Connection
from modelbox.transport.methods import (
    GET_CLUSTER_MEMBERS,
    GET_METRICS,
    LIST_MODEL_VERSIONS,
    LIST_NAMESPACES,
    PROMOTE_CHECKPOINT,
    NamedMethod,
    known,
)
from modelbox.values import OnProgress


def send(
    connection: Connection, transfers: Transfers, record: Record, *, on_progress: OnProgress | None = None
) -> bytes:
    """Send a record once, with its key, and return the answer.

    Args:
        on_progress: Called after each piece of a file.

    Raises:
        ModelBoxError: The server refused, or did not answer in time; or the file to upload has gone or changed.
    """
    if record.method == KEEP_FILES:
        return send_files(connection, transfers, record, on_progress)
    if record.method == UPLOAD:
        return send_upload(transfers, record.request, on_progress)
    headers = connection.headers_with_key(record.key)
    method = known(record.method) or NamedMethod(record.method)
    return connection.call_encoded(method, record.request, headers=headers, timeout_s=ATTEMPT_TIMEOUT_S)


def was_recorded(connection: Connection, record: Record) -> bool:
    """Tell whether the server has all metric points of a record, or the model version that it makes of a checkpoint.

    Of other calls it is not asked, for they may be repeated.

    Where the server has too many to say which, it does not count as having them.

    Raises:
        ModelBoxError: The server did not answer.
    """
    if record.method == PROMOTE_CHECKPOINT.name:
        return _is_promoted(connection, pb.PromoteCheckpointRequest.FromString(record.request))
    if record.method != METRICS:
        return False
    batch = pb.LogMetricsBatchRequest.FromString(record.request)
    request = pb.GetMetricsRequest(
        parent_id=batch.parent_id, keys=sorted({series.key for series in batch.series}), columns=True
    )
    try:
        answer = connection.call_once(GET_METRICS, request, headers=NO_KEY, timeout_s=ATTEMPT_TIMEOUT_S)
    except ResultTooLargeError:
        # It cannot be told. A point that is there twice says what it said; one that is not there says nothing.
        return False
    found = _points_in(pb.LogMetricsBatchRequest(series=answer.series))
    return _points_in(batch) <= found


def last_steps(connection: Connection, object_id: str) -> dict[str, int]:
    """Return the last step of each metric of numbers that an object has.

    Raises:
        ModelBoxError: The server did not answer in time, or knows no such object.
    """
    # max_points is for servers that do not know `newest`: of their points the last one is among those that stay.
    request = pb.GetMetricsRequest(parent_id=object_id, columns=True, newest=True, max_points=1)
    answer = connection.call(GET_METRICS, request)
    return {series.key: max(series.steps) for series in answer.series if series.steps}


def answers(connection: Connection) -> bool:
    """Tell whether the server answers a small question."""
    try:
        connection.call_once(LIST_NAMESPACES, pb.ListNamespacesRequest(page_size=1), headers=NO_KEY, timeout_s=ASK_S)
    except ModelBoxError:
        return False
    return True


def which_log(connection: Connection) -> str:
    """Return the genesis of the server's log, empty if the server is too old to say it.

    Raises:
        ModelBoxError: The server did not answer.
    """
    request = pb.GetClusterMembersRequest()
    answer = connection.call_once(GET_CLUSTER_MEMBERS, request, headers=NO_KEY, timeout_s=ATTEMPT_TIMEOUT_S)
    return answer.genesis


def _is_promoted(connection: Connection, promotion: pb.PromoteCheckpointRequest) -> bool:
    """Tell whether the model has a version of the checkpoint: a second one would take the tags again."""
    request = pb.ListModelVersionsRequest(
        model=promotion.model, filter=f"checkpoint_id = '{promotion.checkpoint_id}'", page_size=1
    )
    try:
        answer = connection.call_once(LIST_MODEL_VERSIONS, request, headers=NO_KEY, timeout_s=ATTEMPT_TIMEOUT_S)
    except NotFoundError:
        return False
    return bool(answer.models)


def _points_in(batch: pb.LogMetricsBatchRequest) -> set[tuple[str, int, float, str]]:
    # By its text, NaN is equal to itself.
    return {(point.key, point.step, point.wallclock, repr(point.value)) for point in points_of(batch)}

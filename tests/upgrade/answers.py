"""Asks a server for what it knows and writes down what it answers, a line each: `answers ADDRESS FILE`.

It is run by the Python of the earlier version, and asks both servers in the words of that version: what today's says
beyond them is left out.

It uses no more of ModelBox than its first landed versions had.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Final, TextIO

import grpc
from google.protobuf.json_format import MessageToDict

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from tests.benchmarks.mixed_log import NAMESPACE

BY_HAND: Final = "by-hand"
"""The namespace of what was written through the server."""
PAGE: Final = 500
LOOKED_INTO: Final = 97
"""Of each so many runs of the mixed log, one is asked for everything."""
SEARCHED_EXPERIMENTS: Final = 10
CALL_TIMEOUT_S: Final = 60.0
MESSAGE_BYTES_MAX: Final = 256 * 1024**2
_SEARCHES: Final = (
    {"filter": 'metrics.key_0 > 0.5 and params.optimizer = "adam"', "order_by": "metrics.key_0 desc"},
    {"filter": 'labels.env = "prod" and params.lr < 0.5', "order_by": "name"},
    {"filter": 'status = "finished"', "order_by": "params.lr desc, name"},
)


class Asker:
    """Asks, and writes down what was asked and answered."""

    def __init__(self, channel: grpc.Channel, file: TextIO) -> None:
        """Write into `file`."""
        self._stub = ModelStoreStub(channel)
        self._file = file

    def ask(self, method: str, **fields: Any) -> Any:
        """Ask once."""
        answer = self._call(method, fields)
        self._note(method, fields, answer)
        return answer

    def ask_all(self, method: str, field: str, **fields: Any) -> list[Any]:
        """Ask for all pages of a list; what is in a page is noted item by item."""
        found: list[Any] = []
        token = ""
        while True:
            page = self._call(method, {**fields, "page_size": PAGE, "page_token": token})
            for item in getattr(page, field):
                self._note(method, fields, item)
                found.append(item)
            token = page.next_page_token
            if not token:
                return found

    def ask_graph(self, **fields: Any) -> None:
        """Ask for the lineage of an object; it is noted by ids, for equally far objects come in no order."""
        graph = self._call("GetLineage", fields)
        graph.nodes.sort(key=lambda node: node.id)
        graph.edges.sort(key=lambda edge: (edge.from_id, edge.to_id, edge.relation))
        self._note("GetLineage", fields, graph)

    def download(self, file_id: str) -> None:
        """Ask for a file's bytes; their digest is noted."""
        digest = hashlib.sha256()
        request = pb.DownloadFileRequest(file_id=file_id)
        for part in self._stub.DownloadFile(request, timeout=CALL_TIMEOUT_S):
            digest.update(part.chunks)
        self._write("DownloadFile", {"file_id": file_id}, digest.hexdigest())

    def _call(self, method: str, fields: dict[str, Any]) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        return getattr(self._stub, method)(request, timeout=CALL_TIMEOUT_S)

    def _note(self, method: str, fields: dict[str, Any], answer: Any) -> None:
        self._write(method, fields, MessageToDict(answer, preserving_proto_field_name=True))

    def _write(self, method: str, fields: dict[str, Any], answer: Any) -> None:
        print(json.dumps([method, fields, answer], sort_keys=True), file=self._file)


def ask_everything(asker: Asker) -> None:
    """Ask for the lists of both namespaces, and for all that there is of some objects."""
    for namespace in (NAMESPACE, BY_HAND):
        for number, experiment in enumerate(asker.ask_all("ListExperiments", "experiments", namespace=namespace)):
            runs = asker.ask_all("ListRuns", "runs", experiment_id=experiment.id, include_deleted=True)
            if number < SEARCHED_EXPERIMENTS:
                asker.ask("GetExperiment", id=experiment.id)
                for search in _SEARCHES:
                    asker.ask_all("ListRuns", "runs", experiment_id=experiment.id, **search)
                for checkpoint in asker.ask_all("ListCheckpoints", "checkpoints", experiment_id=experiment.id)[:3]:
                    asker.ask("GetCheckpoint", id=checkpoint.id)
            for run in runs if namespace == BY_HAND else runs[number % LOOKED_INTO :: LOOKED_INTO]:
                asker.ask("GetRun", id=run.id)
                _look_into(asker, run.id, has_files=namespace == BY_HAND)
        for model in asker.ask_all("ListModels", "models", namespace=namespace):
            versions = asker.ask_all("ListModelVersions", "models", model=model.id)
            for one in versions[:1] if namespace == NAMESPACE else versions:
                asker.ask("GetModelVersion", id=one.id)
                _look_into(asker, one.id, has_files=namespace == BY_HAND)
        for dataset in asker.ask_all("ListDatasets", "datasets", namespace=namespace)[:20]:
            asker.ask("GetDataset", id=dataset.id)
            asker.ask_graph(id=dataset.id, downstream=True, depth=1)


def _look_into(asker: Asker, object_id: str, *, has_files: bool) -> None:
    """Ask for all that hangs on an object, and for the bytes of its files, if they were not only said to be there."""
    asker.ask("GetMetrics", parent_id=object_id, columns=True)
    asker.ask("GetMetrics", parent_id=object_id, columns=True, max_points=20)
    asker.ask("ListMetadata", parent_id=object_id)
    asker.ask_all("GetMetadataHistory", "changes", parent_id=object_id)
    asker.ask("ListHyperparameters", parent_id=object_id)
    asker.ask_all("ListEvents", "events", parent_id=object_id)
    asker.ask_graph(id=object_id)
    for file in asker.ask_all("ListArtifacts", "files", parent_id=object_id):
        if has_files and file.uploaded:
            asker.download(file.id)


def main(address: str, path: Path) -> None:
    """Ask the server at an address."""
    options = [("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)]
    with grpc.insecure_channel(address, options=options) as channel, path.open("w", encoding="utf-8") as file:
        ask_everything(Asker(channel, file))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

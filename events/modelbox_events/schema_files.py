"""The JSON Schema of every event type, made from its Struct: what `ce-dataschema` of a message names.

`python -m modelbox_events.schema_files FOLDER` writes them. The file of an older schema version stays as it is: events
of that version are still in the log.
"""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from modelbox_events.registry import REGISTRY, EventType

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema(event_type: EventType) -> dict[str, Any]:
    """Return the schema of the type's current version; its `$id` is the type's `dataschema`."""
    return {"$schema": DIALECT, "$id": event_type.dataschema, **msgspec.json.schema(event_type.struct)}


def schema_file(event_type: EventType) -> str:
    """Return the name of the file that holds the schema of the type's current version."""
    return f"{event_type.name}.v{event_type.schema_version}.json"


def schema_text(event_type: EventType) -> str:
    """Return the content of that file: the schema as JSON, the same for the same Struct."""
    return msgspec.json.format(msgspec.json.encode(json_schema(event_type)), indent=2).decode() + "\n"


def main(folder: Path) -> None:
    """Write the current schema of every registered type into the folder."""
    folder.mkdir(exist_ok=True)
    for event_type in REGISTRY.types.values():
        (folder / schema_file(event_type)).write_text(schema_text(event_type), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

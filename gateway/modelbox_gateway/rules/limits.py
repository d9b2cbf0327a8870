"""The named bounds of what one request may hold. Characters are Unicode code points."""

from typing import Final

NAME_CHARS_MAX: Final = 255
"""A name, namespace, owner, task, version, tag or key."""

DESCRIPTION_CHARS_MAX: Final = 16 * 1024
"""A description."""

PATH_CHARS_MAX: Final = 1024
"""An artifact's path."""

METADATA_VALUE_BYTES_MAX: Final = 256 * 1024
"""One metadata value as JSON, in bytes."""

METADATA_BYTES_MAX: Final = 448 * 1024
"""All metadata of one request as JSON, in bytes; leaves room for the rest of an event of 512 KiB."""

METADATA_KEYS_MAX: Final = 1_000
"""Keys in one request."""

METADATA_DEPTH_MAX: Final = 30
"""Objects and lists inside each other; a deeper value as protobuf `Value` passes the 100 nested messages at which
protobuf's readers stop, so that a client could write it and never read it again."""

HYPERPARAMETER_BYTES_MAX: Final = 16 * 1024
"""One hyperparameter's value as JSON, in bytes."""

HYPERPARAMETERS_MAX: Final = 1_000
"""Hyperparameters in one request; all together take at most `METADATA_BYTES_MAX`."""

LABELS_MAX: Final = 100
"""Labels in one request, and of one object."""

COLUMNS_MAX: Final = 2_000
"""Columns of a dataset."""

COLUMN_SUMMARY_BYTES_MAX: Final = 16 * 1024
"""What is said of the values of one column, as JSON, in bytes; all columns take at most `METADATA_BYTES_MAX`."""

COUNT_MAX: Final = 2**63 - 1
"""Rows or columns of a dataset."""

DEPENDENCIES_MAX: Final = 5_000
"""Packages named in the source of a run."""

FILES_MAX: Final = 300
"""Files tracked by one request."""

UNIQUE_TAGS_MAX: Final = 100
"""Unique tags in one request."""

MODEL_UNIQUE_TAGS_MAX: Final = 1_000
"""Unique tags of one model, over all its versions."""

POINTS_MAX: Final = 10_000
"""Metric points in one request."""

POINTS_BYTES_MAX: Final = 480 * 1024
"""Strings and bytes among the metric values of one request; leaves room for the rest of an event of 512 KiB."""

SERIES_MAX: Final = 1_000
"""Metric keys in one request."""

STEP_MAX: Final = 2**63 - 1
"""The last step of a metric."""

WALLCLOCK_S_MAX: Final = 253_402_300_799.0
"""The last wallclock of a metric: the end of the year 9999, in seconds since the epoch."""

UPLOAD_BYTES_MAX: Final = 2**40
"""One uploaded file, in bytes."""

MODEL_IDS_CACHED_MAX: Final = 10_000
"""Ids that names of models make, remembered."""

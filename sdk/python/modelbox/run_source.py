"""The source of a run: found out or given, on the wire, and what of it no commit has.

Must not know: any kind of object.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Final, NamedTuple

from modelbox.errors import InvalidFieldError, ModelBoxError
from modelbox.parameters import About
from modelbox.proto import modelstore_pb2 as pb
from modelbox.session import Session
from modelbox.shown import Facts, Section, Table
from modelbox.values import Source

if TYPE_CHECKING:
    from modelbox.capture.git import WorkingTree

ABOUT_SOURCE: Final = About(
    "What it is made with: True finds out repository, commit, program, machine and packages; False leaves it out; or a "
    "`Source`.",
    default=True,
)
ABOUT_DIFFERENCE: Final = About(
    "Where the source is found out and is not as the commit has it, keep what it has beyond that as the artifact "
    "`source/uncommitted.diff`, for `git apply`: at most 1 MiB of changes to tracked files, and the program itself if "
    "git does not track it. Files whose names look like secrets are left out. MODELBOX_SOURCE_DIFF=off switches it off "
    "for all runs. A run with an `id` that is given has it if the server answers, for else it may be there already.",
    default=True,
)

DIFFERENCE_PATH: Final = "source/uncommitted.diff"
"""The artifact of a run that holds what its working tree had beyond the commit."""

_NOT_KEPT: Final = "an uncommitted difference that is not kept"


class Meant(NamedTuple):
    """A run's source, None for none; with the working tree that it was found in, if it was."""

    source: Source | None
    tree: "WorkingTree | None" = None


def source_meant(source: object) -> Meant:
    """Return the source that an argument means: True finds it out, False is none.

    Raises:
        InvalidFieldError: It is no source.
    """
    if source is False:
        return Meant(None)
    if source is True:
        # Loaded when it is used: it asks git and the machine, and `import modelbox` stays light.
        from modelbox.capture.source import capture, tree_of_program  # noqa: PLC0415  # see above

        tree = tree_of_program()
        return Meant(capture(tree), tree)
    if isinstance(source, Source):
        return Meant(source)
    raise InvalidFieldError.of("source", f"needs True, False or a Source, not {type(source).__name__}")


def keep_difference(session: Session, run_id: str, tree: "WorkingTree | None") -> None:
    """Have what a working tree has beyond its commit kept with a run. Never raises: the training goes on without it."""
    if tree is None or not tree.is_dirty or not session.keeps_differences:
        return
    from modelbox.capture.difference import difference  # noqa: PLC0415  # loaded when it is used

    found = difference(tree)
    if found.problem:
        session.oddities.tell(
            _NOT_KEPT, f"what is not committed in {tree.top} is not kept with the run: {found.problem}"
        )
    if not found.patch:
        return
    try:
        session.deliver_content(run_id, DIFFERENCE_PATH, found.patch)
    except ModelBoxError as error:
        session.oddities.tell(_NOT_KEPT, f"what is not committed in {tree.top} is not kept with the run: {error}")


def source_of(run: pb.Run) -> Source | None:
    """Return a run's source, None if it has none."""
    if not run.HasField("source"):
        return None
    source = run.source
    return Source(
        repository=source.repository,
        commit=source.commit,
        branch=source.branch,
        dirty=source.dirty,
        entry_point=source.entry_point,
        user=source.user,
        host=source.host,
        python_version=source.python_version,
        platform=source.platform,
        dependencies=dict(source.dependencies),
    )


def wire_source(source: Source | None) -> pb.Source | None:
    """Return a source as it is sent."""
    if source is None:
        return None
    return pb.Source(
        repository=source.repository,
        commit=source.commit,
        branch=source.branch,
        dirty=source.dirty,
        entry_point=source.entry_point,
        user=source.user,
        host=source.host,
        python_version=source.python_version,
        platform=source.platform,
        dependencies=source.dependencies,
    )


def source_sections(source: Source | None) -> Iterable[Section]:
    """Return what is shown of a source: where the program comes from, and the packages that it ran with."""
    if source is None:
        return
    known = {field.name: getattr(source, field.name) for field in fields(source)}
    installed = sorted(known.pop("dependencies").items())
    if not (source.repository or source.dirty):
        # Without one there is nothing that could be clean.
        del known["dirty"]
    yield Section("source", Facts(known), is_open=False)
    yield Section("dependencies", Table(("package", "version"), installed), is_open=False)

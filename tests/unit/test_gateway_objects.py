"""The rules of runs, lifecycles, updates and checkpoints, as given/when/then over pure functions."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from modelbox_events import ChangeEvent, StreamRef, object_id
from modelbox_events.registry import REGISTRY
from modelbox_events.types.artifact import ArtifactsTracked, ArtifactUploaded, TrackedFile, UploadedFile
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged, StringSeries
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored, ObjectUpdated
from modelbox_events.types.run import RunEnded, RunResumed
from modelbox_gateway.errors import InvalidFieldError, RunEndedError
from modelbox_gateway.rules import checkpoint, experiment, lifecycle, limits, run, update
from modelbox_gateway.rules.artifact import UPLOADED, File, artifact_id
from modelbox_gateway.rules.checkpoint import EPOCH, STEP, Key
from modelbox_gateway.rules.model_registry import ModelState
from modelbox_gateway.rules.model_version import CreateModelVersion, decide_create_model_version
from modelbox_gateway.rules.run_names import name_of
from tests.unit.given import Given, folded, given

EXPERIMENT = experiment.CreateExperiment(namespace="vision", name="e").stream
RUN = StreamRef("vision", "run", UUID(int=7))
AT = datetime(2026, 1, 2, tzinfo=UTC)


class TestRuns:
    """A run ends once; what failed, was killed or ended with its program goes on, what was finished only on purpose."""

    def run_that_was(self, *statuses: run.Status) -> Given[run.RunState]:
        found = given(run.STATUS)
        for status in statuses:
            found = Given(found.when(run.decide_set_status, self.command(status)).state, run.STATUS)
        return found

    def command(self, status: run.Status) -> run.SetRunStatus:
        return run.SetRunStatus(run=RUN, status=status, at=AT, reason="r")

    @pytest.mark.parametrize("status", ["finished", "failed", "killed"])
    def test_a_running_run_ends(self, status: Any) -> None:
        ended = RunEnded(run_id=RUN.id, status=status, ended_at=AT, reason="r")

        given(run.STATUS).when(run.decide_set_status, self.command(status)).then(ended)

    @pytest.mark.parametrize("status", ["running", "finished", "failed", "killed"])
    def test_the_status_that_a_run_has_changes_nothing(self, status: Any) -> None:
        self.run_that_was(status).when(run.decide_set_status, self.command(status)).then()

    @pytest.mark.parametrize("status", ["failed", "killed"])
    def test_what_failed_or_was_killed_goes_on(self, status: Any) -> None:
        resumed = RunResumed(run_id=RUN.id, resumed_at=AT, reason="r")

        self.run_that_was(status).when(run.decide_set_status, self.command("running")).then(resumed)
        assert self.run_that_was(status, "running", "finished").state.status == "finished"

    @pytest.mark.parametrize("status", ["finished", "failed", "killed"])
    def test_what_ended_with_its_program_goes_on_unasked(self, status: Any) -> None:
        at_exit = structs.replace(self.command(status), at_exit=True)
        ended = RunEnded(run_id=RUN.id, status=status, ended_at=AT, reason="r", at_exit=True)
        resumed = RunResumed(run_id=RUN.id, resumed_at=AT, reason="r")

        given(run.STATUS).when(run.decide_set_status, at_exit).then(ended)
        given(run.STATUS, ended).when(run.decide_set_status, self.command("running")).then(resumed)

    @pytest.mark.parametrize("status", ["finished", "failed", "killed"])
    @pytest.mark.parametrize("wanted", ["finished", "failed"])
    def test_the_end_of_a_program_changes_no_end_that_was_said(self, status: Any, wanted: Any) -> None:
        at_exit = structs.replace(self.command(wanted), at_exit=True)

        self.run_that_was(status).when(run.decide_set_status, at_exit).then()

    def test_what_was_finished_goes_on_only_on_purpose(self) -> None:
        finished, resume = self.run_that_was("finished"), self.command("running")
        resumed = RunResumed(run_id=RUN.id, resumed_at=AT, reason="r")

        finished.when(run.decide_set_status, resume).refused(RunEndedError, match="reopen=True")
        finished.when(run.decide_set_status, structs.replace(resume, reopen=True)).then(resumed)

    def test_an_end_that_was_said_is_recorded_as_it_was_before_programs_ended_runs(self) -> None:
        ended = RunEnded(run_id=RUN.id, status="finished", ended_at=AT, reason="r")
        assert b"at_exit" not in REGISTRY.encode(ended)
        assert b'"at_exit":true' in REGISTRY.encode(structs.replace(ended, at_exit=True))

    @pytest.mark.parametrize(
        ("status", "wanted"),
        [("finished", "running"), ("finished", "failed"), ("failed", "finished"), ("killed", "failed")],
    )
    def test_another_end_is_refused_naming_the_first(self, status: Any, wanted: Any) -> None:
        when = self.run_that_was(status).when(run.decide_set_status, self.command(wanted))

        refused = when.refused(RunEndedError, match=status)

        assert (refused.status, refused.wanted) == (status, wanted)

    def test_each_change_of_the_status_has_a_claim_of_its_own(self) -> None:
        pasts: tuple[tuple[run.Status, ...], ...] = ((), ("failed",), ("failed", "running"))
        states = [self.run_that_was(*past).state for past in pasts]
        logged = MetadataUpdated(object_id=RUN.id, metadata={})

        assert len({run.claim(RUN, state).id for state in states}) == len(states)
        assert run.evolve(states[1], logged) == states[1]

    def test_a_run_stands_in_the_namespace_of_its_experiment_and_has_a_name(self) -> None:
        command = run.CreateRun(id=RUN.id, experiment=EXPERIMENT, started_at=AT)

        assert command.stream == RUN
        assert run.creation(command).event.name == name_of(RUN.id)


def test_the_name_of_an_id_is_always_the_same_and_seldom_that_of_another() -> None:
    ids = [UUID(int=n) for n in range(5_000)]

    assert [name_of(run_id) for run_id in ids] == [name_of(run_id) for run_id in ids]
    assert len({name_of(run_id) for run_id in ids}) > 4_990


class TestLifecycles:
    """An object is deleted and restored any number of times."""

    deleted = ObjectDeleted(object_id=RUN.id)
    restored = ObjectRestored(object_id=RUN.id)

    def test_deleting_and_restoring_change_what_is_not_so_already(self) -> None:
        there, deleted = given(lifecycle.LIFECYCLE), given(lifecycle.LIFECYCLE, self.deleted)
        restored = given(lifecycle.LIFECYCLE, self.deleted, self.restored)

        there.when(lifecycle.decide_delete, RUN.id).then(self.deleted)
        there.when(lifecycle.decide_restore, RUN.id).then()
        deleted.when(lifecycle.decide_delete, RUN.id).then()
        deleted.when(lifecycle.decide_restore, RUN.id).then(self.restored)
        restored.when(lifecycle.decide_restore, RUN.id).then()

    def test_what_rests_on_an_object_names_its_next_deletion(self) -> None:
        """So the log refuses it as soon as that deletion is there, and for as long as it is not undone."""
        states = [given(lifecycle.LIFECYCLE, *history).state for history in ((), (self.deleted, self.restored))]

        for state in states:
            assert lifecycle.unless_deleted(RUN, state) == lifecycle.claim(RUN, state)
            after = lifecycle.evolve(state, self.deleted)
            assert lifecycle.unless_deleted(RUN, after) == lifecycle.claim(RUN, state)
        assert lifecycle.unless_deleted(RUN, states[0]) != lifecycle.unless_deleted(RUN, states[1])

    def test_each_change_has_a_claim_of_its_own(self) -> None:
        history = [self.deleted, self.restored, self.deleted, self.restored]
        states = [given(lifecycle.LIFECYCLE, *history[:n]).state for n in range(5)]

        assert len({lifecycle.claim(RUN, state).id for state in states}) == len(states)


class TestUpdates:
    """What a kind has can be changed; labels are bounded."""

    def labelled(self, count: int) -> ExperimentCreated:
        labels = {f"l{n}": "" for n in range(count)}
        return experiment.creation(experiment.CreateExperiment(namespace="vision", name="e", labels=labels)).event

    def test_an_update_says_what_it_changes(self) -> None:
        command = update.UpdateObject(stream=EXPERIMENT, owner="", labels={"a": "b"}, labels_removed=["c"])

        given(update.LABELS).when(update.decide_update, command).then(
            ObjectUpdated(
                object_id=EXPERIMENT.id,
                owner="",
                description=None,
                task=None,
                comment=None,
                labels={"a": "b"},
                labels_removed=["c"],
            )
        )

    def test_an_update_that_names_nothing_is_none(self) -> None:
        given(update.LABELS).when(update.decide_update, update.UpdateObject(stream=EXPERIMENT)).then()

    @pytest.mark.parametrize(("kind", "text"), [("run", "task"), ("checkpoint", "owner"), ("model_version", "owner")])
    def test_a_text_that_the_kind_has_not_is_refused(self, kind: str, text: str) -> None:
        stream = StreamRef("vision", kind, RUN.id)

        command = update.UpdateObject(stream=stream, **{text: "x"})  # type: ignore[arg-type]

        given(update.LABELS).when(update.decide_update, command).refused(InvalidFieldError, f"^{text}: .*labels")

    def test_one_label_more_than_allowed_is_refused_unless_another_goes(self) -> None:
        full = given(update.LABELS, self.labelled(limits.LABELS_MAX))
        more = update.UpdateObject(stream=EXPERIMENT, labels={"more": ""})
        swapped = structs.replace(more, labels_removed=["l0"])

        full.when(update.decide_update, more).refused(InvalidFieldError, match="labels")
        assert full.when(update.decide_update, structs.replace(more, labels={"l0": "new"})).events
        assert len(full.when(update.decide_update, swapped).state.names) == limits.LABELS_MAX


class TestCheckpoints:
    """A checkpoint is keyed by its parent and its epoch or step; a model version made of it has what it holds."""

    def created(self, key: Key = Key(EPOCH, 3), **fields: Any) -> CheckpointCreated:  # noqa: B008  # a tuple
        command = checkpoint.CreateCheckpoint(parent=RUN, experiment_id=EXPERIMENT.id, key=key, **fields)
        return checkpoint.creation(command).event

    def contents(self, *events: ChangeEvent) -> checkpoint.Contents:
        return folded(checkpoint.evolve, checkpoint.Contents(), events)

    def logged(self, step: int, value: float, *, wallclock_s: float = 1.0) -> MetricsLogged:
        series = DoubleSeries(key="acc", steps=[step], wallclock_s=[wallclock_s], values=[value])
        return MetricsLogged(object_id=RUN.id, series=[series])

    def test_the_key_is_an_epoch_or_a_step(self) -> None:
        by_epoch, by_step = self.created(), self.created(Key(STEP, 3))

        assert (by_epoch.epoch, by_epoch.step, by_step.epoch, by_step.step) == (3, None, None, 3)
        assert by_epoch.checkpoint_id == object_id("checkpoint", str(RUN.id), "epoch", "3")
        assert by_step.checkpoint_id == object_id("checkpoint", str(RUN.id), "step", "3")

    def test_of_an_experiment_it_has_no_run(self) -> None:
        command = checkpoint.CreateCheckpoint(parent=EXPERIMENT, experiment_id=EXPERIMENT.id, key=Key(EPOCH, 0))

        event = checkpoint.creation(command).event

        assert (event.run_id, event.experiment_id) == (None, EXPERIMENT.id)
        assert self.created().run_id == RUN.id

    def test_its_files_are_opened_with_it(self) -> None:
        command = checkpoint.CreateCheckpoint(
            parent=RUN, experiment_id=EXPERIMENT.id, key=Key(EPOCH, 0), files=[File(path="a"), File(path="a")]
        )

        creation = checkpoint.creation(command)

        assert [ref.id for ref in creation.opens] == [file.id for file in creation.event.files]
        assert len(creation.opens) == 1

    def test_the_newest_value_of_each_metric_counts(self) -> None:
        contents = self.contents(
            self.created(metrics={"acc": 0.1, "loss": "NaN"}),
            self.logged(2, 0.9),
            self.logged(3, 0.2),
            self.logged(3, 0.3, wallclock_s=0.5),
            MetricsLogged(
                object_id=RUN.id, series=[StringSeries(key="note", steps=[9], wallclock_s=[1.0], values=["x"])]
            ),
        )

        origin = checkpoint.origin_of(contents, self.created())

        assert (origin.metrics, origin.step) == ({"acc": 0.2, "loss": "NaN"}, 3)

    def test_a_version_has_its_files_under_ids_of_its_own(self) -> None:
        tracked = TrackedFile(id=UUID(int=1), path="t", file_type="MODEL", checksum="c")
        kept = UploadedFile(id=UUID(int=2), path="u", file_type="MODEL", size=1, sha256="ab", md5="cd")
        fields = {name: getattr(kept, name) for name in UploadedFile.__struct_fields__}
        created = self.created(metadata={"a": 1, "b": 1})
        contents = self.contents(
            created,
            MetadataUpdated(object_id=created.checkpoint_id, metadata={"b": 2}),
            ArtifactsTracked(object_id=created.checkpoint_id, files=[tracked]),
            ArtifactUploaded(object_id=created.checkpoint_id, **fields),
        )
        model = StreamRef("vision", "model", object_id("model", "vision", "m"))

        [event] = decide_create_model_version(
            ModelState("m"),
            CreateModelVersion(
                model=model,
                metadata=dict(contents.metadata),
                files=contents.files,
                origin=checkpoint.origin_of(contents, created),
            ),
        )

        version = event.data
        assert isinstance(version, ModelVersionCreated)
        own = artifact_id(version.model_version_id, UPLOADED, File(path="u", file_type="MODEL", checksum=kept.sha256))
        assert [(file.id, file.path, file.size, file.md5) for file in version.uploaded] == [(own, "u", 1, "cd")]
        assert [file.path for file in version.files] == ["t"]
        assert version.metadata == {"a": 1, "b": 2}
        assert (version.checkpoint_id, version.run_id, version.experiment_id) == (
            created.checkpoint_id,
            RUN.id,
            EXPERIMENT.id,
        )
        assert [ref.id for ref in event.opens] == [version.model_version_id, version.files[0].id, own]

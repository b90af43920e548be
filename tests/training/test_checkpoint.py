import jax.numpy as jnp
import numpy as np
import pytest

from tenfold.errors import DataError
from tenfold.keras_on_jax import keras
from tenfold.training.checkpoint import (
    Checkpoint,
    Position,
    Snapshot,
    checkpoint_signature,
    epoch_start,
    write_checkpoint,
)
from tenfold.training.step import State


def snapshot(epoch=1, **changes):
    state = State([jnp.arange(3.0)], [jnp.array([7, 8], jnp.uint32)], [jnp.ones(2, jnp.bfloat16)], [])
    return Snapshot(epoch_start(epoch), False, {"loss": 0.5}, state, [])._replace(**changes)


def read(folder, signature=lambda: "same"):
    return Checkpoint(folder, signature).saved


def test_what_is_written_is_read_to_the_bit(tmp_path):
    states = [("A", {"best": float("inf"), "wait": 2, "none": None, "weights": [np.eye(2)], 3: "number"}), ("B", [])]
    written = snapshot(callbacks=states, position=Position(2, 1, 4, 6), stopped=True)
    write_checkpoint(tmp_path, written, "same")
    found = read(tmp_path)
    assert found.position == Position(2, 1, 4, 6)
    assert found.stopped
    assert found.logs == {"loss": 0.5}
    for part, values in zip(found.variables, written.variables, strict=True):
        for one, value in zip(part, values, strict=True):
            assert one.dtype == value.dtype
            assert one.tobytes() == np.asarray(value).tobytes()
    name, state = found.callbacks[0]
    assert name == "A"
    assert (state["best"], state["wait"], state["none"], state[3]) == (float("inf"), 2, None, "number")
    np.testing.assert_array_equal(state["weights"][0], np.eye(2))


def test_the_file_holds_no_pickle(tmp_path):
    write_checkpoint(tmp_path, snapshot(), "same")
    with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
        assert {str(file[name].dtype) for name in file.files} == {"uint8", "float32", "uint32", "uint16"}


def test_what_cannot_be_written_is_named(tmp_path):
    with pytest.raises(DataError, match=r"state of a callback holds <object .*expected numbers"):
        write_checkpoint(tmp_path, snapshot(callbacks=[("A", {"thing": object()})]))
    assert not (tmp_path / "state.npz").exists()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def written_at(tmp_path, within_epoch, cost):
    """The seconds at which files are written, where one is offered every half second and each costs so much."""
    clock = Clock()

    def signature():
        clock.now += cost
        return "same"

    checkpoint = Checkpoint(tmp_path, signature, clock)
    times = []
    for half_seconds in range(1, 241):
        clock.now = max(clock.now, half_seconds / 2)
        checkpoint.path.unlink(missing_ok=True)
        checkpoint.offer(snapshot, within_epoch=within_epoch)
        if checkpoint.path.exists():
            times.append(half_seconds / 2)
    return times


def test_a_checkpoint_is_due_after_a_hundred_times_its_cost(tmp_path):
    assert written_at(tmp_path, False, 0.25) == [2.0, 27.5, 53.0, 78.5, 104.0]


def test_within_an_epoch_half_a_minute_passes(tmp_path):
    assert written_at(tmp_path, True, 0.0) == [30.0, 60.0, 90.0, 120.0]


def test_an_interrupt_writes_what_was_reached_last(tmp_path):
    checkpoint = Checkpoint(tmp_path, lambda: "same", Clock())
    checkpoint.write()
    assert not checkpoint.path.exists()  # nothing was reached
    checkpoint.offer(lambda: snapshot(1))
    checkpoint.offer(lambda: snapshot(2))
    checkpoint.write()
    assert read(tmp_path).position == epoch_start(2)


def test_where_it_cannot_be_written_training_continues_and_a_note_says_so_once(tmp_path, told):
    (tmp_path / "file").write_text("")
    checkpoint = Checkpoint(tmp_path / "file" / "folder", lambda: "same")
    for _ in range(2):
        checkpoint.offer(snapshot)
        checkpoint.write()
    assert [note.code for note in told.notes] == ["checkpoint_not_written"]
    assert "there is none to resume from" in told.text


def test_a_file_that_cannot_be_replaced_stays(tmp_path, told):
    write_checkpoint(tmp_path, snapshot(1), "same")
    before = (tmp_path / "state.npz").read_bytes()
    checkpoint = Checkpoint(tmp_path, lambda: "same")
    checkpoint.offer(lambda: snapshot(2))
    checkpoint.path = tmp_path / "state.npz" / "below"  # as if the folder had gone
    checkpoint.write()
    assert told.notes
    assert (tmp_path / "state.npz").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and nothing else", b"\x93NUMPY"])
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "state.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"state\.npz: is no checkpoint that can be read .*Delete it"):
        read(tmp_path)


def test_another_training_is_refused(tmp_path):
    write_checkpoint(tmp_path, snapshot(), "one")
    with pytest.raises(DataError, match="is the checkpoint of another training"):
        read(tmp_path, lambda: "other")


def model(units=3, activation="relu", rate=0.01, loss="mse"):
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=activation)])
    made.compile(keras.optimizers.Adam(rate), loss)
    made.optimizer.build(made.trainable_variables)
    return made


X = np.arange(8.0).reshape(2, 4)


def test_the_same_training_has_the_same_signature_whatever_its_layers_are_called():
    assert checkpoint_signature(model(), [X], {"seed": 1})() == checkpoint_signature(model(), [X.copy()], {"seed": 1})()


@pytest.mark.parametrize(
    "other",
    [
        lambda: checkpoint_signature(model(units=4), [X], {"seed": 1})(),
        lambda: checkpoint_signature(model(activation="tanh"), [X], {"seed": 1})(),
        lambda: checkpoint_signature(model(rate=0.02), [X], {"seed": 1})(),
        lambda: checkpoint_signature(model(loss="mae"), [X], {"seed": 1})(),
        lambda: checkpoint_signature(model(), [X + 1], {"seed": 1})(),
        lambda: checkpoint_signature(model(), [X.T], {"seed": 1})(),
        lambda: checkpoint_signature(model(), [X], {"seed": 2})(),
    ],
)
def test_another_training_has_another_signature(other):
    assert other() != checkpoint_signature(model(), [X], {"seed": 1})()

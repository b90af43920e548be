"""Loading data under the user's eyes: its progress, and the choices that were made."""

from tenfold.data.dataset import Dataset
from tenfold.data.load import read_dataset
from tenfold.data.options import DEFAULT_OPTIONS, ReadOptions
from tenfold.events import sink
from tenfold.messages import Note


def load_with_progress(source: str, options: ReadOptions = DEFAULT_OPTIONS) -> Dataset:
    """Load a data set, tell how far it is, and what was decided on the way.

    Args:
        source: As for `tenfold.data.load.load_dataset`.
        options: How to read it.

    Raises:
        DataError: There is no such data, or it makes no sense.
        ImageError: A picture cannot be decoded.
    """
    with sink().progress("Reading images") as progress:
        dataset = read_dataset(source, options, progress)
    for note in data_notes(dataset):
        sink().note(note)
    return dataset


def data_notes(dataset: Dataset) -> list[Note]:
    """What was decided when a data set was read, and what is probably wrong with it."""
    notes = [Note("data", "{text}", {"text": text}) for text in dataset.notes]
    return notes + [Note("data", "{text}", {"text": text}, "warning") for text in dataset.warnings]

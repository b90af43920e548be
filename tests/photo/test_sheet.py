import numpy as np
import pytest
from PIL import Image, ImageOps

from tenfold.photo.ground import read_values
from tenfold.photo.sheet import cover_surroundings

NOTE = "sheet on a darker ground: the rest left out"


def on_table(sheet, turn=5):
    """A sheet, turned a little, on a table that is three times as dark."""
    table = Image.new("L", (sheet.width + 120, sheet.height + 120), 60)
    table.paste(sheet.rotate(turn, expand=True, fillcolor=60, resample=Image.Resampling.BICUBIC), (40, 40))
    return table


def test_what_lies_around_a_sheet_gets_its_colour_and_the_writing_stays(written, photographed):
    sheet = photographed(written("57"))
    page = read_values(on_table(sheet, turn=0))
    covered = cover_surroundings(page)
    assert covered.notes == (NOTE,)
    assert covered.values.min(axis=0)[:30].min() > 0.3  # left of the sheet: the table was 0.24
    inside = (slice(60, 40 + sheet.height - 20), slice(60, 40 + sheet.width - 20))
    np.testing.assert_array_equal(covered.values[inside], page.values[inside])


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pages_without_a_table_stay_as_they_are(written, photographed, mode):
    light_zero = Image.fromarray(np.uint8(np.hypot(*np.mgrid[-99:100, -70:71] * [[[1]], [[1.4]]]) < 95) * 255)
    pages = [written("57"), photographed(written("57")), ImageOps.invert(written("57")), light_zero]
    for picture in pages[:3]:
        page = read_values(picture.convert(mode))
        assert cover_surroundings(page) is page
    ring = np.array(light_zero)
    ring[60:140, 45:95] = 0
    page = read_values(Image.fromarray(ring).convert(mode))
    assert cover_surroundings(page) is page

import numpy as np
import pytest

from tenfold.data.load import load_dataset
from tenfold.errors import DataError


@pytest.fixture
def patients(tmp_path, draw):
    """Two classes of 20 pictures each, of ten patients, with the file groups.csv."""
    folder = tmp_path / "scans"
    rows = ["file,group"]
    for number in range(40):
        file = f"{'ill' if number % 2 else 'well'}/{number}.png"
        draw(folder / file, seed=number)
        rows.append(f"{file},P{number // 4}")
    (folder / "groups.csv").write_text("\n".join(rows))
    return folder


def patients_of(split):
    return {int(file.split("/")[1].removesuffix(".png")) // 4 for file in split.files}


def test_groups_csv_keeps_each_group_on_one_side(patients):
    dataset = load_dataset(patients)
    assert not patients_of(dataset.train) & patients_of(dataset.test)
    assert np.bincount(dataset.test.labels).tolist() == [4, 4]
    assert len(np.unique(dataset.train.groups)) == 8
    assert "groups.csv puts the pictures into 10 groups: no cut separates those of one group." in dataset.notes


def test_columns_and_paths_may_be_written_in_other_ways(patients):
    lines = (patients / "groups.csv").read_text().splitlines()[1:]
    rows = [line.split(",") for line in lines]
    text = "\n".join(f"x;{group};{file.split('/')[0]}\\{file.split('/')[1]}" for file, group in rows)
    (patients / "groups.csv").write_text(f"site;Patient;picture\n{text}")
    dataset = load_dataset(patients, group_column="patient")
    assert not patients_of(dataset.train) & patients_of(dataset.test)
    text = "\n".join(f"{file.split('/')[1]},{group}" for file, group in rows)
    (patients / "groups.csv").write_text(f"name,who\n{text}")
    dataset = load_dataset(patients)
    assert not patients_of(dataset.train) & patients_of(dataset.test)


def test_a_table_of_files_may_have_a_group_column(patients):
    rows = [line.split(",") for line in (patients / "groups.csv").read_text().splitlines()[1:]]
    (patients / "groups.csv").unlink()
    table = patients / "files.csv"
    table.write_text("file,label,patient\n" + "\n".join(f"{file},{file.split('/')[0]},{group}" for file, group in rows))
    dataset = load_dataset(table, group_column="patient")
    assert not patients_of(dataset.train) & patients_of(dataset.test)
    assert dataset.class_names == ("ill", "well")
    assert len(load_dataset(table).train.groups) == 0


def test_groups_of_a_table_hold_however_it_names_the_pictures(patients):
    rows = [line.split(",") for line in (patients / "groups.csv").read_text().splitlines()[1:]]
    (patients / "groups.csv").unlink()
    windows = [f"C:\\scans\\{file}".replace("/", "\\") + f",{file.split('/')[0]},{group}" for file, group in rows]
    (patients / "train.csv").write_text("\n".join(["file,label,patient", *windows]))
    dataset = load_dataset(patients / "train.csv", group_column="patient")
    assert not patients_of(dataset.train) & patients_of(dataset.test)
    (patients / "test.csv").write_text("file,label,patient\nill/1.png,ill,P0\nwell/20.png,well,P99\n")
    warnings = load_dataset(patients / "train.csv", group_column="patient").warnings
    assert any("are of groups that are in the training part, too" in warning for warning in warnings)


def test_a_table_of_pixels_may_have_a_group_column(tmp_path):
    random = np.random.default_rng(0)
    rows = [[number % 2, f"W{number // 4}", *random.integers(0, 256, 9)] for number in range(40)]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    (tmp_path / "a.csv").write_text("label,writer," + ",".join(f"pixel{n}" for n in range(9)) + "\n" + text)
    dataset = load_dataset(tmp_path / "a.csv", group_column="writer")
    assert dataset.image_shape == (3, 3, 1)
    assert len(np.unique(dataset.train.groups)) in (8, 9)


def test_a_group_column_may_be_named_by_its_number(patients):
    text = (patients / "groups.csv").read_text().replace("\n", ",x\n")
    (patients / "groups.csv").write_text(text + ",x")
    dataset = load_dataset(patients, group_column="2")
    assert not patients_of(dataset.train) & patients_of(dataset.test)
    with pytest.raises(DataError, match="has no column '4'"):
        load_dataset(patients, group_column="4")


@pytest.mark.parametrize("column", ["patient", "3"])
def test_a_test_table_may_lack_the_groups(patients, column):
    rows = [line.split(",") for line in (patients / "groups.csv").read_text().splitlines()[1:]]
    (patients / "groups.csv").unlink()
    lines = [f"{file},{file.split('/')[0]},{group}" for file, group in rows if file not in ("ill/1.png", "well/20.png")]
    (patients / "train.csv").write_text("\n".join(["file,label,patient", *lines]))
    (patients / "test.csv").write_text("file,label\nill/1.png,ill\nwell/20.png,well\n")
    dataset = load_dataset(patients / "train.csv", group_column=column)
    assert len(np.unique(dataset.train.groups)) == len({group for _, group in rows})
    assert f"test.csv has no column {column!r}: its images are in no group." in dataset.notes


def test_pictures_without_a_group_stand_alone(patients):
    lines = (patients / "groups.csv").read_text().splitlines()
    (patients / "groups.csv").write_text("\n".join(lines[:-2]) + "\nwell/38.png,\n")
    dataset = load_dataset(patients)
    assert any("2 of 40 pictures are in none" in note for note in dataset.notes)
    assert len({*dataset.train.groups}) in (8, 9, 10)


def test_parts_that_share_groups_are_told(patients):
    for name in ("ill", "well"):
        (patients / "train" / name).mkdir(parents=True)
        (patients / "test" / name).mkdir(parents=True)
    rows = ["file,group"]
    for number, path in enumerate(sorted(patients.glob("*/*.png"))):
        part = "test" if number % 4 == 0 else "train"
        path.rename(patients / part / path.parent.name / path.name)
        rows.append(f"{part}/{path.parent.name}/{path.name},P{number // 10}")
    (patients / "ill").rmdir()
    (patients / "well").rmdir()
    (patients / "groups.csv").write_text("\n".join(rows))
    (warning,) = load_dataset(patients).warnings
    assert warning.startswith("10 of the 10 test images are of groups that are in the training part, too")


def test_a_class_of_one_group_is_refused(patients):
    text = (patients / "groups.csv").read_text()
    (patients / "groups.csv").write_text(
        "\n".join(row if "ill" in row else row.split(",")[0] + ",P0" for row in text.splitlines()).replace(
            "file,P0", "file,group"
        )
    )
    with pytest.raises(DataError, match="all images of well are of one group, .* needs at least 2 groups"):
        load_dataset(patients)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("file,group\n", None, r"groups\.csv: holds no rows"),
        ("ill/1.png,P1\nwell/2.png,P2\n", None, r"has no headings, as its first line names ill/1\.png.*: file,group"),
        (
            "file,group\nelse/0.png,A\n",
            None,
            r"names none of the 40 pictures; expected their paths below .*, such as ill/",
        ),
        ("file,group,site\nwell/0.png,A,B\n", "cite", r"has no column 'cite'\. Did you mean 'site'\?"),
        (
            "file,a,b\nwell/0.png,A,B\n",
            None,
            r"has no column 'group'.* Its columns are file, a, b: name one with --group",
        ),
        ("file,group\nwell/0.png,A\nwell/2.png\n", None, "row 3 has too few columns"),
        (
            "file,group\nwell/0.png,A\nwell/0.png,B\n",
            None,
            r"row 3 puts well/0\.png into the group 'B', an earlier one",
        ),
    ],
)
def test_wrong_tables_are_refused(patients, text, column, message):
    (patients / "groups.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        load_dataset(patients, group_column=column)


def test_a_group_column_needs_a_table(patients, tmp_path):
    (patients / "groups.csv").unlink()
    with pytest.raises(DataError, match=r"there is no groups\.csv for the group column 'patient'"):
        load_dataset(patients, group_column="patient")
    with pytest.raises(DataError, match="mnist: --group is for pictures of your own"):
        load_dataset("mnist", group_column="patient")
    path = tmp_path / "a.npz"
    np.savez(path, x_train=np.arange(256, dtype=np.uint8).reshape(4, 8, 8), y_train=[0, 0, 1, 1])
    (tmp_path / "groups.csv").write_text("file,group\nelse.png,A\n")  # of other data
    assert len(load_dataset(path).train.groups) == 0
    with pytest.raises(DataError, match="groups picture files, but the images here come from no files"):
        load_dataset(path, group_column="patient")

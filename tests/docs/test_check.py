import importlib.util
import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUICK = "benchmarks/results/accuracy/quick.json"


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("docs_check", ROOT / "docs" / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def options(check):
    return check.command_options()


def test_links_that_lead_somewhere(check, tmp_path):
    (tmp_path / "other.md").write_text("# One, two & `three`\n## 读懂 结果\n", encoding="utf-8")
    page = tmp_path / "page.md"
    text = "# Here\n[a](other.md) [b](other.md#one-two--three) [c](other.md#读懂-结果) [d](#here) [e](https://keras.io)"
    page.write_text(text, encoding="utf-8")
    assert list(check.broken_links(text, page)) == []


def test_a_broken_link_is_found(check, tmp_path):
    (tmp_path / "other.md").write_text("```text\n# no heading\n```\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    text = (
        '[a](gone.md) ![b](gone.png) <img src="no.png"> [c](other.md#no-heading) [d](empty)\n```text\n[x](y.md)\n```\n'
    )
    found = list(check.broken_links(text, tmp_path / "page.md"))
    assert [problem.split()[0].rstrip(":") for problem in found] == [
        "gone.md",
        "gone.png",
        "other.md#no-heading",
        "empty",
        "no.png",
    ]


def test_wide_code_is_found_and_wide_prose_is_not(check):
    text = f"{'a' * 120}\n```sh\n{'b' * 99}\n{'c' * 100}\n```\n"
    (problem,) = check.wide_code(text)
    assert "100 columns" in problem
    assert "ccc" in problem


def test_comments_may_differ_between_the_readmes_and_code_may_not(check):
    english = "```sh\nmake train  # first\n```\n"
    assert list(check.different_code(english, english.replace("# first", "# 先"))) == []
    assert len(list(check.different_code(english, english.replace("train", "test")))) == 1
    assert len(list(check.different_code(english, english + english))) == 1


def test_commands_are_those_of_the_command_line(options):
    assert {"train", "evaluate", "predict", "recipes", "data", "data list", "data show", "data check"} <= set(options)
    assert {"--recipe", "--set", "--gray", "--json", "--help"} <= options["train"]
    assert "--recipe" not in options["data show"]


@pytest.mark.parametrize(
    "text",
    [
        "`tenfold train mnist --recipe dense-128 --set a=b`",
        "```sh\n.venv/bin/tenfold data show letters \\\n    --out pictures  # --nonsense\n```",
        "`tenfold` and `tenfold --version`, `tenfold predict -`, `tenfold.fit`, `--fraction`",
        "```text\npython benchmarks/accuracy.py --seeds 3\n```",
    ],
)
def test_commands_that_exist_pass(check, options, text):
    assert list(check.unknown_commands(text, options)) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`tenfold serve last`", "`tenfold serve`"),
        ("```sh\ntenfold data import x\n```", "`tenfold data import`"),
        ("```text\ntenfold train mnist \\\n    --patience 3\n```", "--patience"),
        ("`tenfold data show letters --recipe x`", "--recipe"),
        ("give `--epoch` to it", "--epoch"),
    ],
)
def test_commands_and_options_that_do_not_exist_are_found(check, options, text, named):
    (problem,) = check.unknown_commands(text, options)
    assert named in problem


def test_a_command_or_option_that_the_guide_leaves_out_is_found(check):
    options = {"": frozenset({"--help", "--version"}), "train": frozenset({"--help", "--set", "--seed"})}
    assert list(check.undocumented("`tenfold train --set a=b --seed 1`", options)) == []
    missing = list(check.undocumented("`tenfold train --settings --seed 1`", options))
    assert missing == ["docs/guide: says nothing about --set of `tenfold train`"]
    assert len(list(check.undocumented("nothing", options))) == 3


def test_output_of_another_run_is_found(check):
    text = "```text\ntest accuracy  98.92%  (9,892 of 10,000)\n```"
    assert list(check.stale_output(text, 0.9892)) == []
    (problem,) = check.stale_output(text, 0.99)
    assert "98.92%" in problem
    assert "99.00%" in problem


def test_the_accuracy_of_the_first_seed_is_read(check, tmp_path):
    (tmp_path / QUICK).parent.mkdir(parents=True)
    runs = [{"seed": 1, "accuracy": 0.9}, {"seed": 0, "accuracy": 0.8}]
    (tmp_path / QUICK).write_text(json.dumps({"runs": runs}))
    assert check.measured_accuracy(tmp_path) == 0.8


def test_problems_of_a_whole_tree(check, options, tmp_path):
    (tmp_path / QUICK).parent.mkdir(parents=True)
    shutil.copy(ROOT / QUICK, tmp_path / QUICK)
    (tmp_path / "docs" / "guide").mkdir(parents=True)
    everything = "".join(f"`tenfold {name} {' '.join(sorted(known))}`\n" for name, known in options.items())
    (tmp_path / "docs" / "guide" / "all.md").write_text(everything, encoding="utf-8")
    (tmp_path / "README.md").write_text("[guide](docs/guide/all.md)", encoding="utf-8")
    (tmp_path / "README.zh.md").write_text("`tenfold serve`", encoding="utf-8")
    assert list(check.find_problems(tmp_path)) == [
        "README.zh.md: there is no command `tenfold serve`",
        "README.zh.md: does not lead to all.md",
    ]

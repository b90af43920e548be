from benchmarks.publish import TABLE_HEADS, table, with_header

RESULT = {
    "recipe": "quick",
    "data": "mnist",
    "parameters": 1234,
    "mean": 0.98,
    "range": [0.97, 0.99],
    "interval_over_seeds": [0.9552, 1.0],
    "interval_over_images": [0.9771, 0.9826],
    "runs": [
        {"accuracy": 0.97, "seconds": 9.0},
        {"accuracy": 0.98, "seconds": 5.6},
        {"accuracy": 0.99, "seconds": 5.0},
    ],
    "machine": {"cores": 2, "processor": "x86_64"},
    "tenfold": "0.1.0",
    "date": "2026-11-26",
}


def test_a_recipes_header_says_what_was_measured_and_leaves_the_rest():
    recipe = "# tenfold train mnist\n# an old figure\n\nname = 'quick'\n# a comment\n"
    assert with_header(recipe, RESULT).splitlines() == [
        "# tenfold train mnist",
        "# test accuracy 0.9800, mean of 3 seeds: 0.9700, 0.9800, 0.9900",
        "# 95 % interval 0.9552 to 1.0000 over seeds, 0.9771 to 0.9826 over test images",
        "# 6 s (median of 3 runs) from start to finished run folder on 2 x86_64 cores, Tenfold 0.1.0, 2026-11-26",
        "",
        "name = 'quick'",
        "# a comment",
    ]


def test_a_single_seed_has_neither_a_range_nor_an_interval_over_seeds():
    single = RESULT | {"runs": RESULT["runs"][1:2], "range": [0.98, 0.98], "interval_over_seeds": None}
    _, accuracy, interval, seconds, _ = with_header("# tenfold train mnist\n\n", single).splitlines()
    assert accuracy == "# test accuracy 0.9800, one seed"
    assert interval == "# 95 % interval 0.9771 to 0.9826 over test images"
    assert seconds.startswith("# 6 s from start")
    assert table({"quick": single}, TABLE_HEADS["README.md"]).splitlines()[2].split(" | ")[4] == "98.00%"


def test_the_table_has_means_ranges_and_median_seconds():
    rows = table({"quick": RESULT, "dense-128": RESULT}, TABLE_HEADS["README.md"]).splitlines()
    assert rows[2] == "| `quick` | mnist | 1,234 | – | 98.00% (97.00% – 99.00%) | 3 | 6 |"
    assert rows[3] == "| `dense-128` | mnist | 1,234 | 97.53% | 98.00% (97.00% – 99.00%) | 3 | 6 |"

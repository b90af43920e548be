from benchmarks.augmentation_cost import share_of_a_step


def test_the_share_is_that_of_the_medians():
    assert share_of_a_step({"with": [10, 11, 90], "without": [9.9, 1, 12]}) == 0.1

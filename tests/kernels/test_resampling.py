import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from tenfold.kernels.resampling import resampled, twin_resampled

MODES = {"black": "grid-constant", "edge": "nearest"}


@settings(max_examples=30, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3)),
    fill=st.sampled_from(sorted(MODES)),
    seed=st.integers(0, 99),
)
def test_values_between_pixels_are_those_of_scipy(shape, fill, seed):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, shape).astype(np.float32)
    rows, columns = random.uniform(-3, 12, (2, shape[0], 4, 5)).astype(np.float32)
    rows[:, 0], columns[:, :, 0] = np.round(rows[:, 0]), np.round(columns[:, :, 0])
    for compute in (resampled, twin_resampled):
        found = np.asarray(compute(jnp.asarray(images), jnp.asarray(rows), jnp.asarray(columns), fill))
        for n in range(shape[0]):
            for channel in range(shape[3]):
                places = [rows[n], columns[n]]
                expected = ndimage.map_coordinates(images[n, ..., channel], places, order=1, mode=MODES[fill])
                np.testing.assert_allclose(found[n, ..., channel], expected, atol=2e-3)


@pytest.mark.parametrize("fill", sorted(MODES))
@pytest.mark.parametrize("far", [1e30, -1e30, np.inf, -np.inf, np.nan])
def test_far_away_and_nowhere_are_outside(fill, far):
    images = jnp.full((1, 3, 3, 1), 7.0)
    places = jnp.full((1, 1, 1), far, jnp.float32)
    assert float(resampled(images, places, places, fill)[0, 0, 0, 0]) == (7.0 if fill == "edge" else 0.0)

import subprocess
import sys

import numpy as np

from tenfold.run.provenance import peak_memory_bytes


def test_a_process_tells_its_own_memory_not_that_of_who_started_it():
    held = np.ones(50_000_000)  # 400 MB
    code = "from tenfold.run.provenance import peak_memory_bytes; print(peak_memory_bytes())"
    told = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert 1_000_000 < told < held.nbytes
    assert peak_memory_bytes() > held.nbytes

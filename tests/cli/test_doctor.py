import json
import os
import subprocess
import sys
from pathlib import Path

TENFOLD = str(Path(sys.executable).parent / "tenfold")


def doctor(*arguments, **environment):
    environment = {**os.environ, **environment}
    command = [TENFOLD, "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_sound_installation_is_healthy():
    result = doctor("--json")
    assert (result.returncode, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert document["healthy"] is True
    assert {"name": "tenfold", "value": "0.1.0", "status": "ok", "advice": ""} in document["findings"]


def test_another_backend_is_found_and_what_to_do_is_said():
    result = doctor(KERAS_BACKEND="torch")
    assert (result.returncode, result.stderr) == (1, "")
    assert "✗ backend" in result.stdout
    assert "set KERAS_BACKEND=jax" in " ".join(result.stdout.split())

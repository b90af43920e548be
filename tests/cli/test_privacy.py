"""Nothing leaves the machine: no connection, no name look-up, no files of others below HOME."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TENFOLD = str(Path(sys.executable).parent / "tenfold")

# Unix sockets stay on the machine. Who looks up a name reads these files first.
_NETWORK = re.compile(
    r"(socket|connect|sendto|sendmsg|bind)\(.*(AF_INET|AF_NETLINK|sin_addr)|/etc/(resolv\.conf|hosts)\b"
)


def test_the_pattern_finds_a_look_up():
    assert _NETWORK.search("12 socket(AF_INET6, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP) = 3")
    assert _NETWORK.search('12 openat(AT_FDCWD, "/etc/resolv.conf", O_RDONLY|O_CLOEXEC) = 3')
    assert not _NETWORK.search('12 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1')


@pytest.fixture
def run(tmp_path):
    """Runs a command in a process of a user without any files, and gives what it asked of the network."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / "own.npz", x_train=random.integers(0, 256, (40, 8, 8), np.uint8), y_train=np.arange(40) % 2)
    Image.new("L", (28, 28)).save(tmp_path / "blank.png")
    (tmp_path / "home").mkdir()
    hidden = ("CI", "ORT_DISABLE_TELEMETRY", "TENFOLD_CACHE", "TENFOLD_COMPILE_CACHE", "KERAS_HOME", "MPLCONFIGDIR")
    environment = {key: value for key, value in os.environ.items() if key not in hidden and "XDG" not in key}
    environment["HOME"] = str(tmp_path / "home")
    trace = tmp_path / "trace"
    tracer = ["strace", "-f", "-qq", "-e", "trace=network,open,openat", "-o", str(trace)]

    def run(*command: str) -> list[str]:
        traced = [*tracer, *command] if shutil.which("strace") else command
        result = subprocess.run(
            traced, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert result.returncode == 0, result.stderr
        return [line for line in trace.read_text().splitlines() if _NETWORK.search(line)] if trace.exists() else []

    return run


def test_training_and_predicting_contact_nobody_and_leave_no_files_of_others(run, tmp_path):
    assert run(TENFOLD, "train", "own.npz", "--epochs", "1") == []
    assert run(TENFOLD, "predict", "blank.png") == []
    assert run(TENFOLD, "predict", "blank.png", "--model", "last") == []
    files = {path.relative_to(tmp_path / "home").as_posix() for path in (tmp_path / "home").rglob("*")}
    assert {name for name in files if not name.startswith(".cache/tenfold/")} == {".cache", ".cache/tenfold"}


def test_a_model_loaded_in_python_contacts_nobody(run, tmp_path):
    model = "import tenfold; from tenfold.classifier.classifier import default_model_path"
    use = "print(tenfold.load_classifier(default_model_path()).predict('blank.png'))"
    assert run(sys.executable, "-c", f"{model}; {use}") == []
    assert not list((tmp_path / "home").rglob("*"))

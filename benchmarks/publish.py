"""Copies what was measured from benchmarks/results into the recipes' headers and the READMEs' tables.

python -m benchmarks.publish           write it
python -m benchmarks.publish --check   say which files would change, and fail if any would
"""

import argparse
import json
import re
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.speed.results import load_results as load_speeds
from benchmarks.speed.results import summary
from benchmarks.speed.tasks import RECIPES as RECIPE_TASKS

ROOT = Path(__file__).parent.parent
RECIPES = ROOT / "src" / "tenfold" / "recipes"
RESULTS = ROOT / "benchmarks" / "results"

# What the tutorials report that the recipes follow; `quick` follows none.
TUTORIAL_ACCURACY = {
    "dense-128": 0.9753,
    "dense-512": 0.978,
    "dense-512-one-hot": 0.98,
    "dense-512-256": 0.9833,
    "cnn-32-64-128": 0.991,
    "fashion-cnn-64-64": 0.9059,
}
TABLE_HEADS = {
    "README.md": ("recipe", "data", "parameters", "tutorial", "Tenfold: mean (range)", "seeds", "seconds"),
    "README.zh.md": ("配方", "数据", "参数量", "教程", "Tenfold：平均（范围）", "种子数", "秒"),
}
SPEED_HEADS = {
    "README.md": ("recipe, batch", "Tenfold", "fastest Keras", "PyTorch by hand", "faster than Keras", "than PyTorch"),
    "README.zh.md": (
        "配方，批大小",
        "Tenfold",
        "最快的 Keras",
        "自行编写的 PyTorch 训练循环",
        "Keras 用时 ÷ Tenfold",
        "PyTorch 用时 ÷ Tenfold",
    ),
}

TIME_HEADS = {
    "README.md": ("seconds from the start of the process", "model saved", "run finished", "epochs", "test accuracy"),
    "README.zh.md": ("从进程启动算起的秒数", "模型已保存", "运行已完成", "轮数", "测试准确率"),
}
NOT_REACHED = {"README.md": "not reached", "README.zh.md": "未达到"}
TIME_ROWS = {
    "README.md": {
        "tenfold, warm": "`tenfold train mnist`, with evaluation, figures and report",
        "tenfold, cold": "the same, with nothing compiled yet",
        "pytorch, one cycle": "PyTorch, the fastest published recipe",
        "keras-tensorflow, cnn-32-64-128": "Keras on TensorFlow, the tutorial's network",
        "keras-tensorflow, mnist_convnet": "Keras on TensorFlow, Keras's own example",
    },
    "README.zh.md": {
        "tenfold, warm": "`tenfold train mnist`，含评估、图与报告",
        "tenfold, cold": "同上，尚无编译缓存",
        "pytorch, one cycle": "PyTorch，已发表的最快配方",
        "keras-tensorflow, cnn-32-64-128": "Keras（TensorFlow），教程的网络",
        "keras-tensorflow, mnist_convnet": "Keras（TensorFlow），Keras 自己的示例",
    },
}

PHOTO_HEADS = {
    "README.md": ("what is read", "pictures", "read right"),
    "README.zh.md": ("识别内容", "图片数", "正确率"),
}
PHOTO_ROWS = {
    "README.md": {
        "mnist": "MNIST's test images",
        "corruptions": "2,000 of them, each corrupted in 15 ways (noise, fog, stripes, edges alone …)",
        "digits": "scikit-learn's digits of other writers, 8×8 pixels",
        "forms": "MNIST's test images of 0, 1, 7 with a slash, an upstroke, a bar added",
        "singles": "simulated photos of one digit",
        "rows": "simulated photos of 4 to 8 digits in a row, all of them right",
        "clothes": "Fashion-MNIST's test images: none of the classes",
    },
    "README.zh.md": {
        "mnist": "MNIST 测试图片",
        "corruptions": "其中 2,000 张，各加 15 种干扰（噪声、雾、条纹、只剩轮廓……）",
        "digits": "scikit-learn 的数字（另一批书写者，8×8 像素）",
        "forms": "MNIST 测试图片中的 0、1、7，加上斜线、长起笔或横杠",
        "singles": "模拟照片：单个数字",
        "rows": "模拟照片：一行 4 至 8 个数字，须全部读对",
        "clothes": "Fashion-MNIST 测试图片：判为“不属于任何类别”",
    },
}

_MOST_SINGLES = 10


def load_results() -> dict[str, dict[str, Any]]:
    """The recipes measured on their own data, in the tutorials' order, then the others."""
    paths = [RESULTS / "accuracy" / f"{path.stem}.json" for path in RECIPES.glob("*.toml")]
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()}
    order = [*TUTORIAL_ACCURACY, *sorted(set(found) - set(TUTORIAL_ACCURACY))]
    return {name: found[name] for name in order if name in found}


def _seconds(result: dict[str, Any]) -> str:
    """The median of the runs, from the start to the finished folder."""
    return f"{median(run['seconds'] for run in result['runs']):.0f}"


def with_header(recipe: str, result: dict[str, Any]) -> str:
    """A recipe file whose opening comment, after the command, says what was measured."""
    lines = recipe.splitlines()
    body = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    accuracies = [f"{run['accuracy']:.4f}" for run in result["runs"]]
    singles = (
        f": {', '.join(accuracies)}"
        if len(accuracies) <= _MOST_SINGLES
        else f", {min(accuracies)} to {max(accuracies)}"
    )
    seeds = f"mean of {len(accuracies)} seeds{singles}" if len(accuracies) > 1 else "one seed"
    over = {"seeds": result["interval_over_seeds"], "test images": result["interval_over_images"]}
    intervals = [f"{found[0]:.4f} to {found[1]:.4f} over {name}" for name, found in over.items() if found]
    runs = f" (median of {len(accuracies)} runs)" if len(accuracies) > 1 else ""
    machine = result["machine"]
    header = [
        lines[0],
        f"# test accuracy {result['mean']:.4f}, {seeds}",
        f"# 95 % interval {', '.join(intervals)}",
        f"# {_seconds(result)} s{runs} from start to finished run folder on {machine['cores']} "
        f"{machine['processor']} cores, Tenfold {result['tenfold']}, {result['date']}",
    ]
    return "\n".join([*header, *lines[body:]]) + "\n"


def table(results: dict[str, dict[str, Any]], heads: tuple[str, ...]) -> str:
    """The READMEs' table in Markdown."""
    rows = [heads, ("---", "---", "---:", "---:", "---:", "---:", "---:")]
    for name, result in results.items():
        low, high = result["range"]
        spread = f" ({low:.2%} – {high:.2%})" if len(result["runs"]) > 1 else ""
        tutorial = TUTORIAL_ACCURACY.get(name)
        rows.append(
            (
                f"`{name}`",
                result["data"],
                f"{result['parameters']:,}",
                f"{tutorial:.2%}" if tutorial else "–",
                f"{result['mean']:.2%}{spread}",
                str(len(result["runs"])),
                _seconds(result),
            )
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def speed_table(results: list[dict[str, Any]], heads: tuple[str, ...]) -> str:
    """Seconds an epoch of the recipes, as `make bench` measured them, and how many times faster Tenfold is."""
    rows = [heads, ("---", "---:", "---:", "---:", "---:", "---:")]
    for result in results:
        task = result["task"]
        if task["group"] != "recipes":
            continue
        found = {name: summary(runs)["epoch_seconds"] for name, runs in result["contestants"].items()}
        medians = {name: spread.median for name, spread in found.items() if spread}
        ours, theirs = medians["tenfold"], medians["pytorch"]
        keras = min(value for name, value in medians.items() if name.startswith("keras-"))
        times = f"{ours:.2f} s", f"{keras:.2f} s", f"{theirs:.2f} s", f"{keras / ours:.1f}×", f"{theirs / ours:.1f}×"
        rows.append((f"`{task['name']}`, {task['batch_size']}", *times))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def time_table(times: dict[str, dict[str, Any]], page: str) -> str:
    """How long it takes to read 99 % of MNIST, as `benchmarks/time_to_accuracy.py` measured it."""
    rows = [TIME_HEADS[page], ("---", "---:", "---:", "---:", "---:")]
    for key, name in TIME_ROWS[page].items():
        found = times[key]
        accuracy = f"{found['mean_accuracy']:.2%}" + ("" if found["reached"] else f", {NOT_REACHED[page]}")
        finished = found.get("seconds_to_finished_run")
        finished = f"{finished:.1f}" if finished else "–"
        rows.append((name, f"{found['seconds']:.1f}", finished, str(found["epochs"]), accuracy))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def photo_table(results: dict[str, Any], heads: tuple[str, ...], names: dict[str, str]) -> str:
    """How many pictures the model inside the package reads right, as `benchmarks/handwriting.py` measured them."""
    rows = [heads, ("---", "---:", "---:")]
    rows += [(name, f"{results[part]['count']:,}", f"{results[part]['right']:.1%}") for part, name in names.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def with_table(text: str, name: str, content: str) -> str:
    """A page with what stands between the marks of a table replaced."""
    marks = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    filled = f"{marks[0]}\n{content}\n{marks[1]}"
    text, found = re.subn(f"{marks[0]}.*{marks[1]}", lambda _: filled, text, flags=re.DOTALL)
    if not found:
        raise ValueError(f"The page lacks the marks {marks[0]} and {marks[1]}.")
    return text


def published() -> dict[Path, str]:
    """The content that every file with measured figures should have."""
    results, speeds = load_results(), load_speeds(RESULTS / "speed", RECIPE_TASKS)
    photos, times = (
        json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("handwriting", "time_to_accuracy")
    )
    files = {
        RECIPES / f"{name}.toml": with_header((RECIPES / f"{name}.toml").read_text(encoding="utf-8"), result)
        for name, result in results.items()
    }
    for name, heads in TABLE_HEADS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        text = with_table(text, "recipes", table(results, heads))
        text = with_table(text, "speed", speed_table(speeds, SPEED_HEADS[name]))
        text = with_table(text, "time", time_table(times["times"], name))
        files[ROOT / name] = with_table(text, "photos", photo_table(photos, PHOTO_HEADS[name], PHOTO_ROWS[name]))
    return files


def main() -> int:
    """Write the files, or with --check only compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    only_check = parser.parse_args().check
    changed = {path: text for path, text in published().items() if path.read_text(encoding="utf-8") != text}
    for path, text in changed.items():
        if only_check:
            print(f"{path.relative_to(ROOT)} does not show benchmarks/results; run: python -m benchmarks.publish")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return bool(changed) and only_check


if __name__ == "__main__":
    sys.exit(main())

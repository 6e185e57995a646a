"""Runs mostlyai-engine on a folder, as a script of an interpreter that has it; knows nothing of this project.

    python -I autoregressive_driver.py fit|sample FOLDER

The folder holds ``task.json`` and, for a fit, ``train.parquet``; what comes of it is left in ``ModelStore`` or in
``SyntheticData``.  Exit status 3: the engine is not installed; 4: the model is from another version of it.
"""

import json
import shutil
import sys
from pathlib import Path

NOT_INSTALLED, OTHER_VERSION = 3, 4
NOT_NEEDED = ("optimizer.pt", "lr-scheduler.pt", "progress-messages.csv")


def main(action: str, folder: Path) -> int:
    """Do what is asked; the exit status."""
    try:
        from importlib.metadata import version

        import torch
        from mostlyai import engine
    except ImportError:
        return NOT_INSTALLED
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    torch.set_num_threads(1)  # sums of floats depend on it
    engine.set_random_state(task["seed"])
    made_by = version("mostlyai-engine")
    if action == "fit":
        fit(engine, folder, task)
        (folder / "ModelStore" / "made_by.txt").write_text(made_by, encoding="utf-8")
        return 0
    if (folder / "ModelStore" / "made_by.txt").read_text(encoding="utf-8") != made_by:
        return OTHER_VERSION
    engine.generate(
        workspace_dir=folder, sample_size=task["rows"], rare_category_replacement_method="SAMPLE", device="cpu"
    )
    return 0


def fit(engine, folder: Path, task: dict) -> None:  # noqa: ANN001 - a module of the other environment
    """Train, then drop everything but the model."""
    import pandas as pd

    train = pd.read_parquet(folder / "train.parquet")
    engine.split(workspace_dir=folder, tgt_data=train, model_type="TABULAR", tgt_encoding_types=task["encodings"])
    engine.analyze(workspace_dir=folder)  # with protection of rare and extreme values, its default
    engine.encode(workspace_dir=folder)
    engine.train(workspace_dir=folder, max_epochs=task["epochs"], max_training_time=task["minutes"], device="cpu")
    shutil.rmtree(folder / "OriginalData")
    for name in NOT_NEEDED:
        (folder / "ModelStore" / "model-data" / name).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))

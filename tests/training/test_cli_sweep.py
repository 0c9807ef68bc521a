import pandas as pd
import pytest

from scaling_lib import __main__ as command_line


def call(*words):
    """Parse and run as the command line does, without catching errors."""
    words = [str(word) for word in words]
    parser = command_line.build_parser("scaling_lib", "", command_line.COMMANDS, words[0])
    options = parser.parse_args(words)
    return options.run(options)


def test_sweep_writes_a_table_that_fit_can_read(tmp_path, capsys):
    grid, out = tmp_path / "grid.toml", tmp_path / "new folder" / "runs.csv"
    grid.write_text("[[grid]]\nD = [4096, 8192]\nH = [4, 8]\n")
    assert call("sweep", grid, "--out", out) == 0
    assert "4 runs" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert len(table) == 4
    assert {"N", "D", "C", "loss"} <= set(table.columns)
    assert table[["N", "D", "C", "loss"]].notna().all(axis=None)


def test_ctrl_c_says_how_to_go_on(tmp_path, capsys, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    grid = tmp_path / "grid.toml"
    grid.write_text("[[grid]]\nD = 4096\nH = 4\n")
    monkeypatch.setattr("scaling_lib.training.sweep", interrupted)
    assert call("sweep", grid, "--out", tmp_path / "runs.csv") == 130
    assert "same command continues" in capsys.readouterr().err


def test_train_prints_the_run(capsys):
    assert call("train", "--H", 8, "--D", 4096) == 0
    text = capsys.readouterr().out
    assert "1,608 parameters" in text
    assert "above the entropy 2.1216" in text
    assert call("train", "--H", 4, "--D", 4096, "--task", "text") == 0
    assert "entropy" not in capsys.readouterr().out


def test_bad_settings_reach_the_caller_as_value_errors(tmp_path):
    with pytest.raises(ValueError, match="H must"):
        call("train", "--H", 0, "--D", 4096)
    with pytest.raises(ValueError, match="cannot read the grid"):
        call("sweep", tmp_path / "missing.toml", "--out", tmp_path / "runs.csv")


def test_regenerate_calls_the_module_of_the_table(tmp_path, monkeypatch, capsys):
    made = []

    class Module:
        @staticmethod
        def regenerate(out, jobs):
            made.append((out, jobs))

    monkeypatch.setattr(command_line, "SHIPPED", {"a": ("m", 1), "b": ("m", 2)})
    monkeypatch.setattr(command_line.importlib, "import_module", lambda name: Module)
    assert call("regenerate", "b", "--jobs", 2, "--out", tmp_path) == 0
    assert made == [(tmp_path / "b.csv", 2)]
    call("regenerate", "all", "--out", tmp_path)
    assert made[1:] == [(tmp_path / "a.csv", 1), (tmp_path / "b.csv", 1)]
    assert "about 2 minutes" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call("regenerate", "c")

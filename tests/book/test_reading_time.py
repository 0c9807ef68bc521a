"""The minutes on the cards are those of the rule in tools/reading_time.py."""

import nbformat
import reading_time
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def test_cards_and_syllabus_state_what_the_rule_counts(capsys):
    assert reading_time.main(["--check"]) == 0, capsys.readouterr().out + "Run `make minutes`."
    assert len(reading_time.chapters()) >= 6


def test_words_are_those_that_a_reader_sees():
    shown = "(a-label)=\n## One, two\n```{admonition} A title\n:class: predict\n\nthree\n```\n"
    hidden = "```{math}\n:label: eq-x\na = b\n```\n% a comment\n$$c = d$$\n"
    exercise = "```{exercise} Name\n:label: ex\n\n*Easy, 10 minutes.* Count these.\n```\n"
    assert reading_time.words(shown + hidden + exercise + "four {doc}`five <x>` 6.5 - *") == 6


def test_everything_that_takes_time_is_counted():
    figure = new_code_cell("plot()")
    figure.metadata["mystnb"] = {"figure": {"name": "fig", "caption": "three more words"}}
    exercise = "```{exercise} Name\n:label: ex\n\n*Easy, 10 minutes.* In 99 minutes.\n```"
    predict = "```{admonition} Predict first\n:class: predict\n\nHow many?\n```"
    diagram = "```{figure} a.svg\n:name: fig-a\n:alt: Not counted.\n\nTwo words.\n```"
    text = [new_markdown_cell(s) for s in ("seven words " * 100, predict, exercise, diagram)]
    cells = [*text, new_code_cell("1"), figure, new_code_cell("figures.x()")]
    counted = reading_time.count(new_notebook(cells=cells))
    assert counted == {
        "words": 207,
        "code cells": 3,
        "figures": 3,
        "predictions": 1,
        "exercises": 10,
    }
    # 1.0 + 4.5 + 6.0 + 2.0 minutes
    assert reading_time.minutes(counted) == 15
    assert reading_time.minutes(counted | {"words": 1205}) == 20


def test_a_card_that_is_out_is_named_and_then_mended(tmp_path, monkeypatch, capsys):
    path, syllabus = tmp_path / "one.ipynb", tmp_path / "syllabus.md"
    card = "# One\n```{admonition} At a glance\nReading\n: 99 minutes\n```"
    nbformat.write(new_notebook(cells=[new_markdown_cell(card)]), path)
    syllabus.write_text("% minutes: begin\n% minutes: end\n")
    monkeypatch.setattr(reading_time, "chapters", lambda: [path])
    monkeypatch.setattr(reading_time, "SYLLABUS", syllabus)
    assert reading_time.main(["--check"]) == 1
    assert "one.ipynb" in capsys.readouterr().out
    assert "99" in nbformat.read(path, as_version=4).cells[0].source
    assert reading_time.main([]) == 0
    assert reading_time.main(["--check"]) == 0
    assert ": 0 minutes" in nbformat.read(path, as_version=4).cells[0].source
    assert "chapters/one` | 0 |" in syllabus.read_text()

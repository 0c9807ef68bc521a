"""The numbers in the copies for JupyterLab are those of the site, which counts for itself."""

import re

import make_reading
import pytest
from parsed import parse

ROOM = {
    "figure[id]": ".caption-number",
    "div.math[id]": ".eqno",
    "div.exercise[id]": ".admonition-title",
}


@pytest.fixture(scope="module")
def book():
    return make_reading.Book()


def test_figures_formulas_and_exercises_have_the_numbers_of_the_site(site, book):
    seen, wrong = 0, []
    for name in book.pages:
        soup = parse(site / f"chapters/{name}.html")
        for room, number in ROOM.items():
            for box in soup.select(room):
                label = box["id"].removeprefix("equation-")
                if label not in book.places or not box.select_one(number):
                    continue
                seen += 1
                words = " ".join(box.select_one(number).get_text().split())
                if not re.match(re.escape(book.places[label].words) + r"(?![.\d])", words):
                    wrong.append((label, words, book.places[label].words))
    assert wrong == []
    numbers = [place for place in book.places.values() if place.number]
    assert seen == len(numbers) > 100

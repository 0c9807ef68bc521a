"""The front page: the reader's own forecast, three doors and four pages to begin with."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/front.html"


@pytest.fixture(params=["http", "file"])
def front(request, moving, address, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(30000)
    page.goto(address + PAGE if request.param == "http" else (moving / PAGE).as_uri())
    page.wait_for_selector(".sm-explorer[data-state=ready]")
    yield page
    page.close()


def test_a_guess_is_scored_only_when_the_run_is_shown(front):
    text = front.locator(".sm-explorer .sm-text")
    expect(text).not_to_contain_text("2.25")
    guess = front.get_by_role("slider", name="Your guess")
    guess.focus()
    for _ in range(3):
        front.keyboard.press("ArrowLeft")
    expect(text).to_contain_text("You say 2.30")
    expect(text).not_to_contain_text("2.25")
    front.keyboard.press("Tab")
    front.keyboard.press("Space")
    expect(text).to_contain_text("reached 2.25 nats: your 2.30 is 0.05 too high")
    expect(text).to_contain_text("between 2.23 and 2.26")


@pytest.mark.parametrize("front", ["http"], indirect=True)
def test_sentence_figure_and_doors_are_on_the_first_screen(front):
    for box in ("h1", ".sm-explorer svg", "input[type=range]", "input[type=checkbox]"):
        place = front.locator(f"#scaling-measured {box} >> visible=true").first.bounding_box()
        assert place["y"] + place["height"] <= 800, f"{box} lies below the first screen"
    for door in front.locator(".doors .sd-card-title").all():
        assert door.bounding_box()["y"] < 800


def test_on_a_phone_the_figure_comes_before_the_doors(address, browser):
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.goto(address + PAGE)
    figure, doors = (page.locator(s).bounding_box() for s in (".sm-explorer", ".doors"))
    assert figure["y"] + figure["height"] <= doors["y"]
    assert page.locator(".doors .sd-card").first.bounding_box()["width"] > 300
    page.close()


def test_the_pages_to_share_are_one_click_away(address, browser):
    page = browser.new_page()
    page.goto(address + PAGE)
    wanted = ("A forecast in five minutes", "The claims")
    for title in (*wanted, "Audit the source", "What we could not show"):
        link = page.locator("#scaling-measured").get_by_role("link", name=title)
        link.click(trial=True)  # nothing lies on it; test_static.py follows it
        assert link.get_attribute("href").split("#")[0] not in ("", PAGE.split("/")[1])
    page.close()

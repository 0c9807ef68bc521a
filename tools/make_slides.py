"""Make a reveal.js deck of each chapter from its page of the built site, into `slides/`.

What a slide can show is shown in the order of the page: the objectives, figures under the first
sentence of their captions, numbered equations between the words that lead to them and those that
end the sentence, what to predict under the prose that says about what, and what happened, the
question of governance; of lists, and of paragraphs that open in bold, as many sentences as there is
room for. Prose becomes the speaker's notes (press S), in which browsers set the formulas; a section
with nothing to show has the beginning of its first paragraph and that of its last on its slide.
Sentences that point to what stands elsewhere on the page are said and not shown. Text too long for
a slide is set smaller by the slide itself, so that a chapter can be edited without a thought of its
slides.

A code cell tagged `no-slide` leaves its figure out; one tagged `slide` shows what it printed, or
its code if it prints nothing. How long each deck takes is counted by one rule (`SPEED`,
`PREDICTING`) and written into the syllabus; nobody was timed.
"""

import copy
import html
import math
import posixpath
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from scaling_lib.data.files import write_bytes

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "_ext"))

import contents  # noqa: E402  (of the site's extension, which is no package)

SITE = ROOT / "_build" / "html"
REVEAL = ROOT / "web" / "node_modules" / "reveal.js"
SYLLABUS = ROOT / "instructor" / "syllabus.md"
TABLE = re.compile(r"(?<=% slides: begin\n)(.*?)(?=% slides: end\n)", re.S)
PREDICT = "Predict first"
SKIPPED = ("Check yourself", "Exercises", "Further reading")
GUIDES = ("What to see.", "Left:", "Right:")  # openings that say where to look in a figure
ITEMS = 5  # of a list, at most, on one slide
ROOM = 420  # characters that are read at a glance
LEAD = 260  # characters that lead to something else on the same slide
SPEED = 130  # words of the notes that are said in a minute
PREDICTING = 2  # minutes in which a class writes a prediction down
STEP = 5  # the syllabus states multiples of it
BEFORE = 700  # characters before a prediction that say about what it is
# What begins so means something in the sentence before it.
BACK = re.compile(r"(?:That|This|These|Those|It|Its|They|Their|So|But|Then|Both|There)\b")
# What ends with a full stop and is no sentence.
SHORT = re.compile(r"\b(al|Fig|No|vs|e\.g|i\.e)\.$")
# How a table was made is said by the speaker, if anybody asks.
GAP = r"(?:\s|<[^>]*>)"
RUN = rf"ade by{GAP}+python(?:{GAP}|[\w-])+"
MADE = re.compile(rf"[;,]\s*m{RUN}|\bM{RUN}\.?")
# What sends a reader elsewhere, where an audience cannot look: a sentence, and an aside.
PLACED = r"\b(?:is|are|was|were|lies?|just|far|well|or|and|up|than)\b"  # above or below in a figure
ELSEWHERE = re.compile(
    rf"\b(?:the|this|these|such) (?:(?!{PLACED})[\w’-]+ ){{1,3}}(?:above|below)\b"
    r"(?=[.,;:)]|$| has\b| for each\b)"
    r"|\b(?:measured|shown|explained|as) (?:above|below)\b|\bBelow,"
    r"|\bprinted last\b|\bIn the table\b"
    r"|\b[Tt]he (?:last|first|next) (?:lines?|rows?|columns?|cells?)\b|\bChange the numbers\b"
    r"|\bHere (?:is a|is one|are the)\b"
)
PLACE = r"(?:above|below)\b"
ASIDE = re.compile(
    rf", (?:a \w+ )?(?:explained|further|like <em>\w+</em>) {PLACE}| \(see [^()]*? {PLACE}\)"
)


@dataclass
class Slide:
    """One slide: its heading, its body in HTML, and what the speaker says."""

    title: str
    body: str
    kind: str
    notes: list[str] = field(default_factory=list)

    def html(self) -> str:
        """Return the slide as an element of the deck."""
        level = 1 if self.kind == "title" else 2
        notes = "".join(f"<p>{words}</p>" for words in self.notes)
        aside = f'<aside class="notes">{notes}</aside>' if notes else ""
        heading = f"<h{level}>{html.escape(self.title)}</h{level}>"
        return f'<section class="{self.kind}">{heading}\n{self.body}\n{aside}</section>'


def text_of(tag: Tag) -> str:
    """Return the words that a reader of an element sees, the signs of formulas in a row."""
    return " ".join(BeautifulSoup(spoken(tag), "html.parser").get_text().split())


def spoken(tag: Tag) -> str:
    """Return an element's words in HTML as they stand in notes: no links, formulas as MathML.

    >>> spoken(BeautifulSoup("<p>10<sup>27</sup> <a href='#'>FLOP</a> &lt; 3</p>", "html.parser").p)
    '10<sup>27</sup> FLOP &lt; 3'
    """
    tag = copy.copy(tag)
    for formula in tag.select(".katex"):
        formula.replace_with(formula.find("math"))
    for part in tag.select(".headerlink, annotation"):
        part.decompose()
    for part in tag.find_all(True):
        if part.name not in ("sup", "sub") and not part.find_parent("math") and part.name != "math":
            part.unwrap()
    return " ".join(tag.decode_contents().split())


def sentences(fragment: str) -> list[str]:
    """Split HTML into its sentences; a bold opening goes with the one behind it.

    >>> sentences("<b>Yes.</b> It <i>is</i> 3.5: Or 4. So <i>we. Do</i> it. 56 of them, at a")
    ['<b>Yes.</b> It <i>is</i> 3.5: Or 4.', 'So <i>we. Do</i> it.', '56 of them, at a']
    """
    found, start = [], 0
    opening = re.match(r"<(b|strong)>.*?</\1>", fragment, re.S)
    for end in re.finditer(r"[.?!][”’)]?(?=\s+[A-Z0-9“<]|\s*$)", fragment):
        part = fragment[start : end.end()]
        whole = len(re.findall(r"<[a-z]", part)) == part.count("</") + part.count("/>")
        if whole and not SHORT.search(part) and not (opening and end.end() <= opening.end()):
            found.append(part.strip())
            start = end.end()
    rest = fragment[start:].strip()
    return [*found, rest] if rest else found


def length(fragment: str) -> int:
    """Return the number of characters that a reader of the fragment sees."""
    return len(text_of(BeautifulSoup(fragment, "html.parser")))


def first(found: list[str], room: int) -> list[str]:
    """Return as many of the first sentences as there is room for, at least one."""
    shown = found[:1]
    for sentence in found[1:]:
        if length(" ".join([*shown, sentence])) > room:
            break
        shown.append(sentence)
    return shown


def last(found: list[str], room: int) -> list[str]:
    """Return as many of the last sentences as there is room for, and one that the first needs.

    >>> last(["Two are equal.", "That fixes them."], 5)
    ['Two are equal.', 'That fixes them.']
    """
    shown = first(found[::-1], room)[::-1]
    while len(shown) < len(found) and BACK.match(shown[0]):
        shown.insert(0, found[-len(shown) - 1])
    return shown


def stops(fragment: str) -> bool:
    """Whether a fragment ends as a sentence does, and does not lead to what follows."""
    return text_of(BeautifulSoup(fragment, "html.parser")).rstrip("”’)").endswith((".", "?", "!"))


def points_elsewhere(fragment: str) -> bool:
    """Whether a fragment sends its reader to another place on the page."""
    return bool(ELSEWHERE.search(text_of(BeautifulSoup(fragment, "html.parser"))))


def whole(paragraph: Tag) -> list[str]:
    """Return the sentences of a paragraph that neither lead to what follows nor point elsewhere.

    >>> whole(BeautifulSoup("<p>It is smooth. See <b>here</b>:</p>", "html.parser").p)
    ['It is smooth.']
    """
    found = sentences(ASIDE.sub("", paragraph.decode_contents().strip()))
    found = found if not found or stops(found[-1]) else found[:-1]
    return [sentence for sentence in found if not points_elsewhere(sentence)]


def is_point(part: Tag) -> bool:
    """Whether a part of a page is a paragraph that states something in bold."""
    if part.name != "p" or getattr(part.contents[0], "name", "") != "strong":
        return False
    return not is_guide(part)


def is_guide(part: Tag) -> bool:
    """Whether a paragraph tells a reader where to look in the figure before it."""
    return text_of(part).startswith(GUIDES)


class Deck:
    """The slides of one chapter: a stack a section, made from `article`, the body of its page."""

    def __init__(self, article: Tag, chapter: str):
        self.chapter = chapter
        self.unshown: list[Tag] = []  # the paragraphs since the last slide or heading
        root = article.find("section")
        book = '<p class="where">Scaling, Measured: a claim is a cell that you can run</p>'
        self.headings = [text_of(root.find("h1"))]
        self.stacks = [[Slide(self.headings[0], book, "title")]]
        for part in root.find_all(True, recursive=False):
            if part.name == "section":
                self.add_section(part)
            elif "chapter-card" in part.get("class", []) and (goals := part.find(["ol", "ul"])):
                self.add("After this chapter you can", self.tidy(str(goals)), "points")
            elif part.name == "p":
                self.note(part)

    def add(self, title: str, body: str, kind: str) -> None:
        """Put a slide at the end."""
        self.stacks[-1].append(Slide(title, body, kind))
        if kind != "figure":  # which has its caption and no prose
            self.unshown = []

    def note(self, part: Tag) -> None:
        """Have the speaker say what follows the last slide on the page."""
        self.last().notes.append(spoken(part))

    def last(self) -> Slide:
        """Return the slide at the end."""
        return next(stack for stack in reversed(self.stacks) if stack)[-1]

    def add_section(self, section: Tag) -> None:
        """Put the parts of a section on slides; a main section is a stack of its own."""
        heading = section.find(["h2", "h3"])
        title = text_of(heading)
        if re.sub(r"^[\d.]+\s", "", title) in SKIPPED:
            return
        if heading.name == "h2":
            self.headings.append(title)
            self.stacks.append([])
        self.unshown = []
        before, last = sum(map(len, self.stacks)), self.last()
        said = len(last.notes)
        parts = section.find_all(True, recursive=False)
        points = [part for part in parts if is_point(part)]
        for part in [*parts, None]:
            # What comes before the parts of a section is shown even if they have slides.
            prose = [found for p in self.unshown if (found := whole(p))]
            ends = part is None or part.name == "section"
            if ends and prose and sum(map(len, self.stacks)) == before:
                room = LEAD if prose[1:] else ROOM
                shown = [" ".join(first(found, room)) for found in prose[:1] + prose[1:][-1:]]
                self.add(title, "".join(self.tidy(f"<p>{words}</p>") for words in shown), "words")
                # What was read out of this section goes with its own slide.
                self.last().notes, last.notes[said:] = last.notes[said:], []
            if part is not None:
                if len(points) > 1 and part in points:
                    self.add_points(part, title)
                self.add_part(part, title, points if len(points) > 1 else [])

    def add_points(self, first: Tag, title: str) -> None:
        """Put the paragraphs in bold up to the next prediction, which they answer, on a slide."""
        together = []
        for part in first.find_previous_siblings():
            if "predict" in part.get("class", []):
                break
            if is_point(part):
                return
        for part in [first, *first.find_next_siblings()]:
            if "predict" in part.get("class", []):
                break
            together += [part] if is_point(part) else []
        self.add(title, f"<ul>{self.items(together)}</ul>", "points")

    def add_part(self, part: Tag, title: str, shown: list[Tag]) -> None:
        """Put one part of a section on a slide, or into the notes; some paragraphs are shown."""
        classes = set(part.get("class", []))
        where = f'<p class="where">{html.escape(title)}</p>'
        if part.name == "section":
            self.add_section(part)
        elif part.name == "p":
            self.note(part)
            if is_guide(part):
                self.unshown = []
            elif part not in shown:
                self.unshown.append(part)
        elif "math" in classes and part.get("id", "").startswith("equation-"):
            after = part.find_next_sibling()
            rest = after.decode_contents().strip() if after and after.name == "p" else ""
            goes_on = text_of(after)[:1].islower() if rest else False
            end = f"<p>{sentences(rest)[0]}</p>" if goes_on else ""
            self.add(title, self.lead(part) + self.tidy(str(part) + end), "formula")
        elif "admonition" in classes:
            box = copy.copy(part)
            name = text_of(box.select_one(".admonition-title").extract())
            if items := box.find(["ul", "ol"]):
                self.add_list(items, title if "summary" in classes else name)
            elif classes & {"predict", "safety"}:
                before = self.before(part) if "predict" in classes else ""
                self.add(name, where + before + self.tidy(str(box)), "words")
        elif part.name == "details" and part.select_one(".sd-summary-content"):
            content = self.tidy(str(part.select_one(".sd-summary-content")))
            self.add(text_of(part.find("summary")), where + content, "words")
        elif part.name in ("ul", "ol", "dl"):
            before = part.find_previous_sibling()
            leads = before and before.name == "p" and not stops(str(before))
            self.add_list(part, title, self.lead(part, LEAD // 2) if leads else "")
        elif (part.name == "figure" or part.find("figure")) and "tag_no-slide" not in classes:
            self.add_figure(part if part.name == "figure" else part.find("figure"), title)
        elif "tag_slide" in classes:
            # The settings of a cell that prints nothing are its code.
            printed = part.select_one(".cell_output") or part.select_one(".cell_input pre")
            lead = self.before(part, of=lambda p: sentences(p.decode_contents().strip()))
            self.add(title, lead + self.tidy(str(printed)), "output")

    def before(self, part: Tag, of: Callable[[Tag], list[str]] = whole) -> str:
        """Return the end of the prose that no slide shows yet, under the formulas it builds on.

        These are what it names, or what the part below it does, and the one that it goes on from.
        `of` tells which sentences of a paragraph can be shown: all, above what was printed.
        """
        shown: list[str] = []
        formulas = [link["href"][1:] for link in part.select("a[href^='#equation-']")]
        for paragraph in reversed(self.unshown):
            found = of(paragraph)
            some = found if shown else last(found, BEFORE)
            if length(" ".join([*some, *shown])) > BEFORE and shown:
                break
            if some:
                shown.insert(0, f"<p>{' '.join(some)}</p>")
            formulas += re.findall(r'href="#(equation-[^"]+)"', " ".join(some))
            above = paragraph.find_previous_sibling()
            if some and len(some) == len(found) and above and "math" in above.get("class", []):
                formulas.append(above.get("id", ""))
            if len(some) < len(found):
                break
        page = part.find_parent("article")
        found = [page.find(id=name) for name in dict.fromkeys(formulas) if name]
        return self.tidy("".join(map(str, [*found, *shown])))

    def lead(self, part: Tag, room: int = LEAD) -> str:
        """Return the last sentences of the paragraph before a part of a page."""
        before = part.find_previous_sibling()
        if not before or before.name != "p":
            return ""
        shown = last(sentences(before.decode_contents().strip()), room)
        return self.tidy(f"<p>{' '.join(shown)}</p>")

    def items(self, entries: list[Tag]) -> str:
        """Return the first sentences of each, as many as there is room for, as items of a list."""
        paragraphs = [entry.find("p", recursive=False) or entry for entry in entries]
        paragraphs = [whole(p) or [p.decode_contents().strip()] for p in paragraphs]
        shown = [paragraph[:1] for paragraph in paragraphs]
        # A second sentence for each before a third for any.
        for number in range(1, max(map(len, paragraphs), default=0)):
            for paragraph, some in zip(paragraphs, shown, strict=True):
                more = paragraph[number : number + 1] if len(some) == number else []
                seen = sum(length(" ".join(each)) for each in shown)
                if more and seen + length(more[0]) <= ROOM:
                    some += more
        return "".join(f"<li>{self.tidy(' '.join(some))}</li>" for some in shown)

    def add_list(self, items: Tag, title: str, lead: str = "") -> None:
        """Put a list on slides under what leads to it, and the rest of its items into the notes."""
        entries = items.find_all("li", recursive=False) or self.defined(items)
        # Of slides that are about equally full.
        most = math.ceil(len(entries) / max(1, math.ceil(len(entries) / ITEMS)))
        for start in range(0, len(entries), most):
            part = entries[start : start + most]
            number = f' start="{start + 1}"' if items.name == "ol" and start else ""
            kind = "ol" if items.name == "ol" else "ul"
            listed = f"<{kind}{number}>{self.items(part)}</{kind}>"
            self.add(title, lead + listed, "points")
            for item in part:
                self.note(item)

    def defined(self, items: Tag) -> list[Tag]:
        """Return what a list defines as its entries, each word before what it means."""
        entries = []
        for word in items.find_all("dt", recursive=False):
            meaning = word.find_next_sibling("dd")
            text = (meaning.p or meaning).decode_contents().strip()
            line = f"<li><strong>{word.decode_contents().strip()}:</strong> {text}</li>"
            entries.append(BeautifulSoup(line, "html.parser").li)
        return entries

    def add_figure(self, figure: Tag, title: str) -> None:
        """Put a figure between the first sentence of its caption and the others."""
        caption = figure.select_one(".caption-text").decode_contents().strip()
        claim, *others = sentences(MADE.sub("", caption))
        picture = str(figure.find("svg"))
        if image := figure.find("img"):
            picture = f'<img src="{self.address(image["src"])}" alt="{html.escape(image["alt"])}">'
        others = [sentence for sentence in others if re.search(r"\w", sentence)]
        rest = " ".join(sentence for sentence in others if not points_elsewhere(sentence))
        source = self.tidy(f'<p class="source">{rest}</p>') if rest else ""
        self.add(title, self.tidy(f'<p class="claim">{claim}</p>') + picture + source, "figure")
        said = [sentence for sentence in others if points_elsewhere(sentence)]
        said += [made[0].lstrip("; ")] if (made := MADE.search(caption)) else []
        self.last().notes += [spoken(BeautifulSoup(words, "html.parser")) for words in said]

    def tidy(self, fragment: str) -> str:
        """Make a piece of the page fit to stand elsewhere: no names of its own, links that lead."""
        soup = BeautifulSoup(ASIDE.sub("", fragment), "html.parser")
        for link in soup.select(".headerlink"):
            link.decompose()
        for tag in soup.find_all(True):
            for name in ("id", "tabindex"):
                tag.attrs.pop(name, None)
            for name in {"href", "src"} & set(tag.attrs):
                tag[name] = self.address(tag[name])
        return soup.decode(formatter="minimal")

    def address(self, link: str) -> str:
        """Return a link of the chapter's page as it is from the slides, in the folder beside."""
        parts = urlsplit(link)
        if parts.scheme or link.startswith(("//", "../")):
            return link
        if not parts.path:
            return f"../chapters/{self.chapter}.html{link}"
        return posixpath.normpath(f"../chapters/{parts.path}") + link[len(parts.path) :]

    def sections(self) -> list[tuple[str, int, float]]:
        """Return the heading of each main section, its slides, and the minutes that they take."""
        found = []
        for heading, stack in zip(self.headings, self.stacks, strict=True):
            notes = " ".join(words for slide in stack for words in slide.notes)
            words = len(BeautifulSoup(notes, "html.parser").get_text().split())
            predictions = sum(slide.title == PREDICT for slide in stack)
            found.append((heading, len(stack), words / SPEED + PREDICTING * predictions))
        return found

    def minutes(self) -> int:
        """Return how long the deck takes, as the syllabus states it."""
        return STEP * round(sum(minutes for _, _, minutes in self.sections()) / STEP)

    def page(self) -> str:
        """Return the page of the deck."""
        page = (ROOT / "web/slides/deck.html").read_text(encoding="utf-8")
        stacks = ["\n".join(slide.html() for slide in stack) for stack in self.stacks if stack]
        slides = "\n".join(f"<section>\n{stack}\n</section>" for stack in stacks)
        title = html.escape(self.stacks[0][0].title)
        for name, value in {"TITLE": title, "PAGE": self.chapter, "SLIDES": slides}.items():
            page = page.replace(f"{{{{{name}}}}}", value)
        return page


def table(decks: dict[str, Deck]) -> str:
    """Return the syllabus's table."""
    lines = ["| deck | slides | told, minutes |", "|---|---|---|"]
    for name, deck in decks.items():
        slides = sum(map(len, deck.stacks))
        lines.append(f"| {{doc}}`../chapters/{name}` | {slides} | {deck.minutes()} |")
    return "\n".join(["", *lines, "", ""])


def make(site: Path) -> dict[str, Deck]:
    """Make the decks of all chapters and return them, none without reveal.js."""
    folder, decks = site / "slides", {}
    for chapter in contents.pages():
        page = site / "chapters" / f"{chapter}.html"
        if not page.exists():
            raise ValueError(f"{page} is not there: build the site first")
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "lxml")
        decks[chapter] = Deck(soup.select_one("article"), chapter)
    shutil.rmtree(folder, ignore_errors=True)
    if not REVEAL.exists():
        return {}
    (folder / "reveal").mkdir(parents=True)
    for file in ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "dist/plugin/notes.js"):
        shutil.copy2(REVEAL / file, folder / "reveal")
    shutil.copy2(REVEAL / "LICENSE", folder / "reveal" / "LICENSE.txt")
    for file in ("slides.css", "slides.js"):
        shutil.copy2(ROOT / "web" / "slides" / file, folder)
    for chapter, deck in decks.items():
        write_bytes(folder / f"{chapter}.html", deck.page().encode())
    return decks


def main() -> int:
    """Make the decks, say where they are, and bring the syllabus up to date."""
    try:
        made = make(SITE)
    except ValueError as error:
        print(f"make_slides: {error}", file=sys.stderr)
        return 2
    if not made:
        print("make_slides: reveal.js is not installed; with Node.js `make book` installs it")
        return 1
    for chapter, deck in made.items():
        print(f"{SITE / 'slides' / chapter}.html: {deck.minutes()} minutes")
        after = 0
        for heading, number, minutes in deck.sections():
            print(f"    slides {after + 1} to {after + number}, {minutes:.0f} min: {heading}")
            after += number
    old = SYLLABUS.read_text(encoding="utf-8")
    new = TABLE.sub(lambda _: table(made), old)
    if new != old:
        write_bytes(SYLLABUS, new.encode())
        print("Brought up to date: syllabus.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Read and check the questions, one TOML file a chapter in `bank/`.

A question offers answers, exactly one of them right, each with what it shows about the reader's
thinking::

    [[question]]
    id = "equal-budget"
    ask = "A run of 70B parameters on 1.4T tokens uses about as much compute as ..."
    answers = [
      { text = "280B parameters on 0.35T tokens", right = true, why = "6 N D is the same." }, { text
      = "280B parameters on 1.4T tokens", why = "Compute counts tokens as well: four times as much."
      },
    ]

or asks for a number, with a relative tolerance and, where a wrong number betrays how it was found,
the reason::

    [[question]]
    id = "tenfold"
    ask = "By what factor does ... grow?"
    number = 3.16
    tolerance = 0.02
    unit = "times"
    why = "The square root of 10."
    wrong = [ { number = 5.0, why = "That halves the factor; here the exponent is halved." } ]
    otherwise = "N grows as C^{0.5}."

In texts `code`, *emphasis*, ^{superscript} and _{subscript} are set as such.
"""

import pathlib
import tomllib

BANK = pathlib.Path(__file__).parent / "bank"


def chapters():
    """Names of the chapters that have questions.

    Returns
    -------
    list of str
        Sorted.
    """
    return sorted(path.stem for path in BANK.glob("*.toml"))


def load(chapter, *ids):
    """Read the questions of a chapter.

    Parameters
    ----------
    chapter : str
        One of `chapters()`.
    *ids : str
        The questions wanted, in this order; default: all.

    Returns
    -------
    list of dict
        The questions, checked.

    Raises
    ------
    ValueError
        If there is no such chapter or question, or the file breaks a rule; the message names it.
    """
    path = BANK / f"{chapter}.toml"
    if not path.is_file():
        raise ValueError(
            f"no questions for {chapter!r}; there are some for {', '.join(chapters())}"
        )
    found = parse(path.read_text(encoding="utf-8"), path.name)
    unknown = [i for i in ids if i not in found]
    if unknown:
        raise ValueError(f"{path.name} has no {', '.join(unknown)}; it has {', '.join(found)}")
    return [found[i] for i in ids] if ids else list(found.values())


def parse(text, name="questions"):
    r"""Return the questions in a TOML text by their id.

    Parameters
    ----------
    text : str
        Contents of a file of questions.
    name : str, optional
        What to call it in errors.

    Returns
    -------
    dict of str to dict
        The questions in their order.

    Raises
    ------
    ValueError
        If it is not TOML or a question is incomplete.

    Examples
    --------
    >>> answers = "[{text = 'yes', why = 'so', right = true}, {text = 'no', why = 'not'}]"
    >>> parse(f"[[question]]\nid = 'a'\nask = '?'\nanswers = {answers}")["a"]["ask"]
    '?'
    """
    try:
        questions = tomllib.loads(text).get("question", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: {error}") from None
    found = {}
    for place, question in enumerate(questions, 1):
        where = f"{name}, question {question.get('id', place)!r}"
        check(question, where)
        if question["id"] in found:
            raise ValueError(f"{where}: the id is used twice")
        found[question["id"]] = question
    if not found:
        raise ValueError(f"{name}: no [[question]]")
    return found


def check(question, where):
    """Raise a ValueError unless the question is complete."""
    kind = {"answers"} if "answers" in question else {"number", "tolerance", "why", "otherwise"}
    needed = {"id", "ask"} | kind
    allowed = needed if "answers" in question else needed | {"unit", "wrong"}
    if needed - set(question):
        raise ValueError(f"{where}: {', '.join(sorted(needed - set(question)))} is missing")
    if set(question) - allowed:
        raise ValueError(f"{where}: {', '.join(sorted(set(question) - allowed))} is not known")
    if "answers" not in question:
        for wrong in question.get("wrong", []):
            if set(wrong) != {"number", "why"}:
                raise ValueError(f"{where}: each of `wrong` needs a number and a why")
        if question["tolerance"] < 0:
            raise ValueError(f"{where}: the tolerance is negative")
        return
    answers = question["answers"]
    if sum(bool(a.get("right")) for a in answers) != 1 or len(answers) < 2:
        raise ValueError(f"{where}: exactly one of at least two answers must be right")
    for answer in answers:
        if not answer.get("text") or not answer.get("why"):
            raise ValueError(f"{where}: every answer needs a text and a why")

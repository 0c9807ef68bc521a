// The search of the site, in the field over a page and on its own page. The texts are asked for when a reader first
// turns to a field; the index is made of them here, which is faster than to send it.
import MiniSearch from "minisearch";
import { stemmer } from "stemmer";
import { element } from "./element.js";
import { once, runScript } from "./once.js";

const here = document.currentScript.src;
const dataAddress = new URL(`search-data.js?${Date.parse(document.lastModified)}`, here);
const site = new URL("../", here);

const PAGES = { field: 5, page: 20, all: Infinity }; // pages shown
const PLACES = { field: 2, page: 4, all: Infinity }; // places shown of each
const SNIPPET = 170; // characters
const LEAST = 0.3; // of what the words of a question say, held by a place
// What a reader looks for is first explained, then used, then listed.
const WEIGHTS = [
  [/^chapters\/glossary/, 1.5],
  [/^chapters\/(references|changelog)/, 0.4],
  [/^chapters\/(claims|not_shown|audit)/, 0.6],
  [/^instructor\//, 0.8],
  [/^exercises\//, 0.4],
];
// Words of a question that say nothing of what is asked for.
const STOP = new Set(
  (
    "a about am an and are as at be been by can could did do does for from get gets had has have how i if in is it its many me much my of on " +
    "or our should so that the their there these this those to was we were what when where which who why will with would you your"
  ).split(" "),
);

const silent = (word) => STOP.has(word.replace(/['’](?:s|m|re|ve|ll|d)$/, "")) || /n['’]t$/.test(word);

// A word, or words held together by a sign: pass@k, 1.69, compute-optimal, GPT-4.
const WORD = /[\p{L}\p{N}]+(?:[@.,^_'’-][\p{L}\p{N}]+)*/gu;
const PART = /[\p{L}\p{N}]+/gu;
const wordsOf = (text) => text.toLowerCase().match(WORD) ?? [];
const known = new Map();
// The book writes "memorise" and "behaviour"; a reader may write "memorize" and "behavior".
const spelling = (word) => word.replace(/(?<=\w{3})iz(?=(?:e[dr]?s?|ing|ations?)$)/, "is").replace(/(?<=\w{3})our(?=s?$)/, "or");
function formsOf(word) {
  if (!known.has(word)) known.set(word, [...new Set([word, stemmer(spelling(word))])]);
  return known.get(word);
}
const tokens = (text) => wordsOf(text).flatMap((word) => [...new Set([word, ...(word.match(PART) ?? [])])]);

const load = once(async () => {
  await runScript(dataAddress, "The texts of the pages could not be loaded.");
  return makeIndex(window.bookPlaces);
});

// In small steps, between which the reader goes on typing.
export async function makeIndex({ pages, places, also = {} }) {
  const weights = pages.map(([address]) => WEIGHTS.find(([pattern]) => pattern.test(address))?.[1] ?? 1);
  const index = new MiniSearch({
    fields: ["title", "page", "text", "also"],
    tokenize: tokens,
    processTerm: (word) => (silent(word) ? null : formsOf(word)),
    // What is looked for comes as words in all their forms.
    searchOptions: { tokenize: (word) => [word], processTerm: (word) => word, boost: { title: 3, page: 1.5, also: 2 } },
  });
  const texts = places.map(([page, anchor, title, text], id) => {
    return { id, title, page: anchor ? pages[page][1] : "", text, also: (also[id] ?? []).join("\n") };
  });
  await index.addAllAsync(texts, { chunkSize: 20 });
  // What a place is called in a sentence: its other words, and a word of the glossary.
  const calls = places.map(([, anchor, title], id) => [...(also[id] ?? []), ...(anchor.startsWith("term-") ? [title] : [])]);
  return { index, pages, places, weights, called: calls.map((names) => names.map((name) => said(name, stem))) };
}

// A text as the words in it that count, one after the other.
const said = (text, form = (word) => word) =>
  ` ${wordsOf(text)
    .filter((word) => !silent(word))
    .map(form)
    .join(" ")} `;
const stem = (word) => formsOf(word).at(-1);

// The places that hold a word or another form of it, and how much that says: a rare word says more than a common one.
function look(index, word, options) {
  const query = { combineWith: "OR", queries: formsOf(word), ...options };
  const hits = index.search(query);
  // What the book never says may have a slip, and says less: it may be no slip.
  const near = hits.length ? hits : index.search({ ...query, fuzzy: 0.2 });
  return { hits: near, rarity: Math.log(1 + index.documentCount / (near.length || 1)) * (hits.length ? 1 : 0.5) };
}

// The pages that hold what is asked for, the best first, each with its places. A sentence is hardly ever in one place: those
// that hold more of its words count more, and of these the rare ones.
export function find({ index, pages, places, weights, called }, text) {
  const all = wordsOf(text);
  const words = all.length === 1 ? all : [...new Set(all)].filter((word) => !silent(word));
  const complete = /\s$/.test(text);
  const held = new Map();
  let whole = 0;
  words.forEach((word, i) => {
    const prefix = i === words.length - 1 && word.length > 1 && !complete;
    const { hits, rarity } = look(index, word, { prefix, boostDocument: (id) => weights[places[id][0]] });
    whole += rarity;
    for (const { id, score, terms } of hits) {
      const hit = held.get(id) ?? held.set(id, { id, score: 0, share: 0, terms: [] }).get(id);
      hit.score += score;
      hit.share += rarity;
      hit.terms.push(...terms);
    }
  });
  const phrase = said(words.join(" "));
  const asked = said(words.join(" "), stem);
  const byPage = new Map();
  for (const { id, score, share, terms } of held.values()) {
    if (share < LEAST * whole) continue;
    const [page, anchor, title, body] = places[id];
    const name = said(title.replace(/^[\d.]+ /, ""));
    let factor = 1;
    // A place that is called so, one that has the words in its title, and one that says them, one after the other; or one
    // that is called by some of them.
    if ((name === phrase && /^$|^term-/.test(anchor)) || called[id].includes(asked)) factor = 5;
    else if (words.length > 1 && (name.includes(phrase) || called[id].some((other) => other.includes(asked)))) factor = 4;
    else if (words.length > 1 && share > 0.99 * whole && said(body).includes(phrase)) factor = 3;
    else if (called[id].some((other) => /\S \S/.test(other) && asked.includes(other))) factor = 3;
    const found = byPage.get(page) ?? byPage.set(page, []).get(page);
    found.push({ id, score: score * (share / whole) ** 3 * factor, terms: new Set(terms) });
  }
  const byScore = (a, b) => b.score - a.score;
  return [...byPage]
    .map(([page, found]) => {
      const [first, second] = found.sort(byScore);
      return { page, found, score: first.score + (second?.score ?? 0) / 3 };
    })
    .sort(byScore);
}

// The words of a text that were found, in turn with what stands between them.
function split(text, terms) {
  const isFound = ({ 0: word }) => formsOf(word.toLowerCase()).some((form) => terms.has(form));
  const parts = [];
  let end = 0;
  for (const whole of text.matchAll(WORD)) {
    const inside = isFound(whole) ? [{ 0: whole[0], index: 0 }] : [...whole[0].matchAll(PART)].filter(isFound);
    for (const { 0: word, index } of inside) {
      const start = whole.index + index;
      parts.push(text.slice(end, start), word);
      end = start + word.length;
    }
  }
  return [...parts, text.slice(end)];
}

const found = (parts) => parts.filter((_, i) => i % 2).map((word) => word.toLowerCase());

// The block of a text that holds most of what was looked for, cut at words to what a result has room for.
function snippet(blocks, terms) {
  let most = 0;
  let chosen = blocks[0].block;
  for (const { block, words } of blocks) {
    const count = new Set(words).size;
    if (count > most) [most, chosen] = [count, block];
  }
  const first = most ? split(chosen, terms)[0].length : 0;
  const start = first < SNIPPET / 2 ? 0 : chosen.indexOf(" ", first - SNIPPET / 3) + 1;
  const end = chosen.length - start > SNIPPET ? chosen.lastIndexOf(" ", start + SNIPPET) : chosen.length;
  return `${start ? "… " : ""}${chosen.slice(start, end)}${end < chosen.length ? " …" : ""}`;
}

const marked = (text, terms) =>
  split(text, terms).map((part, i) => (i % 2 ? element("mark", {}, part) : part));

function placeItem({ id, terms }, { pages, places }) {
  const [page, anchor, title, text] = places[id];
  const blocks = text.split("\n").map((block) => ({ block, words: found(split(block, terms)) }));
  const marks = [...found(split(title, terms)), ...blocks.flatMap(({ words }) => words)];
  const words = [...new Set(marks)].slice(0, 8);
  const url = new URL(pages[page][0], site);
  if (words.length) url.searchParams.set("mark", words.join("|"));
  url.hash = anchor;
  const quote = marked(snippet(blocks, terms), terms);
  // An entry of the references has no title of its own.
  if (!title) return element("li", {}, element("a", { href: url }, ...quote));
  return element("li", {}, element("a", { href: url }, ...marked(title, terms)), element("p", {}, ...quote));
}

function pageItem(hit, book, limit) {
  const { page, found } = hit;
  // What is much worse than the page's first place would stand before the first of the next page.
  const good = found.slice(0, limit).filter(({ score }) => limit === Infinity || score > found[0].score / 2);
  const list = element("ul", {}, ...good.map((place) => placeItem(place, book)));
  // The page's own name is said by its first place where that is the page itself.
  const itself = !book.places[found[0].id][1];
  return element("li", {}, ...(itself ? [] : [element("p", { className: "hits-page" }, book.pages[page][1])]), list);
}

function show(results, list, status, more, kind, book, text) {
  list.replaceChildren(...results.slice(0, PAGES[kind]).map((hit) => pageItem(hit, book, PLACES[kind])));
  more.hidden = true;
  if (!wordsOf(text).length) status.textContent = "";
  else if (!results.length) status.textContent = `Nothing was found for “${text.trim()}”.`;
  else {
    const count = results.reduce((sum, hit) => sum + hit.found.length, 0);
    const here = list.querySelectorAll("a").length;
    const less = here === count ? "" : `, the best ${here} of them here${kind === "field" ? "; Enter shows more" : ""}`;
    more.hidden = kind !== "page" || here === count;
    more.textContent = `Show all ${count} places`;
    status.textContent = `${count} ${count === 1 ? "place" : "places"} on ${results.length} ${results.length === 1 ? "page" : "pages"}${less}`;
  }
}

function start(form) {
  const input = form.querySelector("input[type=search]");
  const kind = form.matches(".book-search") ? "page" : "field";
  const status = element("p", { className: "hits-status" });
  status.setAttribute("role", "status");
  const list = element("ol", { className: "hits" });
  const more = element("button", { className: "btn hits-more", type: "button", hidden: true });
  form.after(status, list, more);
  let asked = 0;
  let ready = false;
  // The list is made after the page has loaded: who comes back from a result is brought to where they were.
  let left = performance.getEntriesByType("navigation")[0]?.type === "navigate" ? null : history.state;
  const comeBack = () => {
    if (!left?.link) return;
    const link = [...list.querySelectorAll("a")].find(({ href }) => href === left.link);
    if (!link && !more.hidden) return search("all");
    link?.focus({ preventScroll: true });
    scrollTo(0, left.top);
    left = null;
  };
  const search = async (wanted = kind) => {
    const turn = ++asked;
    if (!ready && input.value) status.textContent = "Reading the book …";
    try {
      const book = await load();
      ready = true;
      if (turn === asked) show(find(book, input.value), list, status, more, wanted, book, input.value);
      if (kind === "page") comeBack();
    } catch (error) {
      status.textContent = error.message;
    }
  };
  input.addEventListener("input", () => search());
  more.addEventListener("click", async () => {
    await search("all");
    list.querySelector("a").focus();
  });
  input.addEventListener("focus", () => load().catch(() => {}));
  // Down and up lead through the results, and back to the field.
  form.parentElement.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [input, ...list.querySelectorAll("a")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!step || !next || !stops.includes(document.activeElement)) return;
    event.preventDefault();
    next.focus();
  });
  if (kind === "page") {
    // The address has the words once the reader rests: some browsers refuse to change it a hundred times.
    let rest;
    const keep = (state = null) => {
      clearTimeout(rest);
      history.replaceState(state, "", `?q=${encodeURIComponent(input.value)}`);
    };
    input.addEventListener("input", () => {
      clearTimeout(rest);
      rest = setTimeout(keep, 500);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      search();
      keep();
    });
    list.addEventListener("click", ({ target }) => {
      const link = target.closest("a")?.href;
      if (link) keep({ top: scrollY, link });
    });
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    if (input.value) input.focus();
  }
  if (input.value) search();
  else if (document.activeElement === input) load().catch(() => {});
}

for (const form of document.querySelectorAll("form.bd-search, form.book-search")) start(form);

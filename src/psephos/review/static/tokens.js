/* A transcript word by word: what they say together, under each doubtful word what each heard, and how to mend it.
   Rows are sentences. A row holds its plain text until it comes near the window, so ten thousand words open at once. */
import { say } from "./saving.js";

const LONGEST_ROW = 28;
const PAUSE = 0.9; /* seconds of silence that begin a new row */
const BANDS = ["", "middle", "risk"];
const VIEWS = ["doubtful", "all", "none"];
const keep = (name, value) => { try { localStorage.setItem(`psephos.${name}`, value); } catch { /* private window */ } };
const kept = (name) => { try { return localStorage.getItem(`psephos.${name}`); } catch { return null; } };

/** A time as people write it: 1:02:03 or 0:12.3. */
export const clock = (seconds, tenths = false) => {
  const whole = Math.max(0, tenths ? Math.round(seconds * 10) / 10 : Math.floor(seconds));
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const rest = (whole % 60).toFixed(tenths ? 1 : 0).padStart(tenths ? 4 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
};

/* A share with two decimals, as one writes it in the language of the page. */
const written = (value) => value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).replace(/^0(?=\.)/, "");

const make = (name, kind, text) => {
  const part = document.createElement(name);
  if (kind) part.className = kind;
  if (text !== undefined) part.textContent = text;
  return part;
};

/** Scroll so that a part is inside the window with a fifth of it to spare. */
export const reveal = (part) => {
  const box = part.getBoundingClientRect();
  const margin = innerHeight * 0.2;
  if (box.top < margin || box.bottom > innerHeight - margin) {
    scrollBy({ top: box.top + box.height / 2 - innerHeight * 0.45, behavior: "instant" });
  }
};

class TokenGrid extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    this.data = JSON.parse(this.querySelector("script.columns").textContent);
    this.says = JSON.parse(this.querySelector("script.says").textContent);
    this.decides = this.dataset.decides === "1";
    this.answers = new Map(Object.entries(this.data.corrections).map(([place, answer]) => [Number(place), answer]));
    this.drafts = new Map();
    this.cells = new Map();
    this.current = 0; /* the column that has the focus, from 1; 0 is none */
    this.lit = 0;
    this.spans = [...this.data.spans].sort((one, other) => one.first - other.first || one.last - other.last);
    this.span = -1;
    this.rows = this.split();
    this.build();
  }

  disconnectedCallback() { this.watcher?.disconnect(); }

  /* What stands. */
  textOf(place) {
    const answer = this.answers.get(place);
    if (!answer) return this.data.text[place - 1];
    return answer.joined ? "" : answer.own ?? answer.choice ?? "";
  }

  /** The whole text as it stands. */
  get text() {
    const found = [];
    for (let place = 1; place <= this.data.text.length; place++) {
      const one = this.textOf(place).trim();
      if (one) found.push(one);
    }
    return found.join(" ");
  }

  candidatesOf(place) {
    const found = new Map();
    this.data.slots.forEach((said, voter) => {
      const text = said[place - 1] ?? "";
      found.set(text, [...(found.get(text) ?? []), this.data.voters[voter]]);
    });
    const elected = this.data.text[place - 1];
    if (!found.has(elected)) found.set(elected, []); /* elected by meaning, written another way */
    return [...found].map(([text, voters]) => ({ text, voters }))
      .sort((one, other) => other.voters.length - one.voters.length || (other.text === elected) - (one.text === elected)).slice(0, 9);
  }

  differs(place) { return this.data.slots.some((said) => (said[place - 1] ?? "") !== this.data.text[place - 1]); }
  isDoubtful(place) { return this.data.type[place - 1] === 2 && (this.data.band[place - 1] > 0 || this.data.flagged[place - 1]); }

  isRisky(span) { return this.data.band.slice(span.first - 1, span.last).includes(2); }

  /* Rows. */
  split() {
    const { text, start, end } = this.data;
    const rows = [];
    let first = 1, words = 0;
    for (let place = 1; place <= text.length; place++) {
      if (text[place - 1]) words++;
      const ends = /[.?!。？！؟]["')\]]?$/u.test(text[place - 1]) && words >= 5;
      const pause = start[place] !== null && end[place - 1] !== null && start[place] - end[place - 1] > PAUSE && words >= 5;
      if (ends || pause || place - first + 1 >= LONGEST_ROW || place === text.length) {
        rows.push({ first, last: place });
        first = place + 1;
        words = 0;
      }
    }
    return rows;
  }

  build() {
    const body = make("div", "grid");
    body.setAttribute("role", "grid");
    body.setAttribute("aria-label", this.says.grid);
    body.setAttribute("aria-rowcount", String(this.rows.length));
    body.setAttribute("aria-readonly", String(!this.decides));
    body.dir = this.dataset.direction;
    if (this.dataset.language) body.lang = this.dataset.language;
    this.body = body;
    this.rowOf = new Int32Array(this.data.text.length + 1);
    this.rows.forEach((row, number) => {
      for (let place = row.first; place <= row.last; place++) this.rowOf[place] = number;
      row.part = make("div", "line");
      row.part.setAttribute("role", "row");
      row.part.setAttribute("aria-rowindex", String(number + 1));
      row.part.dataset.row = String(number);
      this.empty(row);
      body.append(row.part);
    });
    this.watcher = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) this.fill(this.rows[Number(one.target.dataset.row)]);
    }, { rootMargin: "600px 0px" });
    for (const row of this.rows) this.watcher.observe(row.part);
    this.bar = this.makeBar();
    this.dock = make("div", "dock");
    this.dock.id = "dock";
    this.dock.hidden = true;
    this.querySelector(".reads").replaceWith(this.bar, body, this.dock);
    this.setView(kept("heard") ?? "doubtful");
    this.setMarks(kept("marks") ?? "content");
    body.addEventListener("keydown", (event) => this.pressed(event));
    body.addEventListener("click", (event) => this.clicked(event));
    body.addEventListener("focusin", (event) => { const cell = event.target.closest(".token"); if (cell) this.select(Number(cell.dataset.place)); });
    body.addEventListener("pointerover", (event) => {
      const cell = event.target.closest(".token");
      if (cell && !cell.title) cell.title = this.described(Number(cell.dataset.place));
    });
    if (!this.rows.length) body.append(make("p", "note", this.says.silent));
  }

  makeBar() {
    const bar = make("div", "reading-bar");
    this.progress = make("p", "beside num");
    const button = (command) => {
      const one = make("button", "quiet");
      one.type = "button";
      one.dataset.command = command;
      return one;
    };
    this.marksButton = button("marks");
    this.viewButton = button("heard");
    bar.append(this.progress, this.marksButton, this.viewButton);
    this.count();
    return bar;
  }

  labelled(button, text, command) {
    const key = this.says.keys[command];
    button.replaceChildren(text, ...(key ? [" ", make("kbd", "", key)] : []));
  }

  count() {
    const all = this.spans.length;
    const mended = [...this.answers.keys()].length;
    const at = this.span >= 0 ? this.says.place.replace("{n}", this.span + 1).replace("{all}", all) : this.says.places[all === 1 ? 0 : 1].replace("{all}", all);
    this.progress.textContent = all || mended ? `${at}${mended ? ` · ${this.says.mended.replace("{n}", mended)}` : ""}` : this.says.agreed;
  }

  empty(row) {
    const words = [];
    for (let place = row.first; place <= row.last; place++) if (this.textOf(place)) words.push(this.textOf(place));
    const cell = make("div", "plain", words.join(" ") || "…");
    cell.setAttribute("role", "gridcell");
    row.part.replaceChildren(cell);
    row.filled = false;
  }

  fill(row) {
    if (row.filled) return;
    row.filled = true;
    const head = make("div", "gutter");
    head.setAttribute("role", "rowheader");
    const starts = this.data.start.slice(row.first - 1, row.last).find((one) => one !== null) ?? null;
    if (starts !== null) {
      const approximate = this.data.approximate[row.first - 1];
      head.append(make("span", "time num", `${approximate ? "≈" : ""}${clock(starts)}`));
    }
    const names = make("span", "voters");
    names.append(...this.data.voters.map((voter) => { const one = make("bdi", "", voter); one.title = voter; return one; }));
    head.append(names);
    const cells = make("div", "cells");
    cells.setAttribute("role", "presentation");
    for (let place = row.first; place <= row.last; place++) cells.append(this.cell(place));
    row.part.replaceChildren(head, cells);
  }

  cell(place) {
    const at = place - 1, { data } = this;
    const cell = make("div", "token");
    cell.setAttribute("role", "gridcell");
    cell.dataset.place = String(place);
    cell.tabIndex = place === (this.current || this.firstPlace()) ? 0 : -1;
    cell.setAttribute("aria-describedby", "dock");
    this.draw(cell, place);
    if (this.differs(place)) cell.classList.add("varies");
    const heard = make("span", "slots");
    heard.setAttribute("aria-hidden", "true"); /* the dock says the same with names */
    for (const slot of data.slots) {
      const one = slot[at] ?? "";
      const said = make("bdi", one ? (one === data.text[at] ? "" : "other") : "none", one || "–");
      heard.append(said);
    }
    cell.append(heard);
    if (place === this.lit) cell.classList.add("now");
    const span = this.spans[this.span];
    if (span && place >= span.first && place <= span.last) cell.classList.add("here");
    this.cells.set(place, cell);
    return cell;
  }

  draw(cell, place) {
    const at = place - 1, { data } = this;
    const answer = this.answers.get(place);
    const text = this.textOf(place);
    for (const name of ["risk", "middle", "format", "gap", "mended", "doubtful", "joined"]) cell.classList.remove(name);
    if (answer) cell.classList.add("mended");
    else {
      if (data.type[at] === 2 && data.band[at]) cell.classList.add(BANDS[data.band[at]]);
      if (data.type[at] === 1) cell.classList.add("format");
    }
    if (!text) cell.classList.add("gap");
    if (answer?.joined) cell.classList.add("joined");
    if (this.isDoubtful(place)) cell.classList.add("doubtful");
    const word = cell.querySelector(".word") ?? cell.insertBefore(make("span", "word"), cell.firstChild);
    const shown = text || (answer?.joined ? "⁀" : "–");
    const parts = [make("span", "mark", shown)];
    if (answer) {
      const tick = make("small", "done", "✓");
      tick.setAttribute("aria-hidden", "true");
      parts.push(tick);
    } else if (data.type[at] === 2 && data.band[at]) parts.push(make("small", "num", `${data.support[at]}/${data.votes[at]}`));
    word.replaceChildren(...parts);
    const bits = [text || (answer?.joined ? this.says.joined : this.says.nothing)];
    if (answer) bits.push(this.says.human);
    else if (this.isDoubtful(place)) bits.push(`${data.support[at]}/${data.votes[at]}`, data.band[at] === 2 ? this.says.few : data.band[at] ? this.says.some : "");
    cell.setAttribute("aria-label", bits.filter(Boolean).join(", "));
    cell.title = "";
  }

  described(place) {
    const votes = this.candidatesOf(place).map((one) => `${one.text || this.says.nothing} ${one.voters.length} (${one.voters.join(", ")})`);
    return `${this.says.certainty} ${this.certainty(place)} · ${votes.join(" · ")}`;
  }

  certainty(place) {
    const value = this.data.certainty[place - 1];
    return value === null ? "?" : value > 0.995 ? `> ${written(0.99)}` : written(value);
  }

  /* Moving about. */
  isShown(place) {
    const cell = this.cells.get(place);
    if (cell) return cell.offsetParent !== null;
    return Boolean(this.textOf(place)) || this.view === "all" || this.isDoubtful(place);
  }

  firstPlace() {
    for (let place = 1; place <= this.data.text.length; place++) if (this.data.text[place - 1]) return place;
    return 1;
  }

  step(from, by) {
    for (let place = from + by; place >= 1 && place <= this.data.text.length; place += by) if (this.isShown(place)) return place;
    return 0;
  }

  select(place) {
    if (this.current === place) return;
    const before = this.cells.get(this.current || this.firstPlace());
    if (before) before.tabIndex = -1;
    this.current = place;
    const cell = this.cells.get(place);
    if (cell) cell.tabIndex = 0;
    this.showDock();
  }

  /** Give a column the focus; true if it is there. */
  go(place, scroll = true) {
    if (!place || place > this.data.text.length) return false;
    this.fill(this.rows[this.rowOf[place]]);
    const cell = this.cells.get(place);
    cell.focus({ preventScroll: true });
    if (scroll) reveal(cell);
    return true;
  }

  /** The span to which the focus goes first; false if there is none. */
  begin(place) {
    const number = place ? this.spans.findIndex((one) => place >= one.first && place <= one.last) : 0;
    if (place) {
      if (number >= 0) this.mark(number);
      return this.go(place);
    }
    if (!this.spans.length) return false;
    return this.goSpan(0);
  }

  /** Show which span is looked at. */
  mark(number) {
    const before = this.spans[this.span], span = this.spans[number];
    this.span = number;
    for (let place = before?.first ?? 1; place <= (before?.last ?? 0); place++) this.cells.get(place)?.classList.remove("here");
    for (let place = span.first; place <= span.last; place++) this.cells.get(place)?.classList.add("here");
    this.count();
  }

  goSpan(number, play = true) {
    const span = this.spans[number];
    this.mark(number);
    let place = span.first;
    while (place < span.last && !(this.isDoubtful(place) && !this.answers.has(place))) place++;
    if (!this.isDoubtful(place)) place = span.first;
    this.go(place);
    if (play) this.player?.visit(this.bounds(span));
    return true;
  }

  /** Next or previous span from where the focus is; false where there is none left in this clip. */
  conflict(by) {
    const at = this.current;
    let number = this.span + by;
    if (this.span < 0 || !(at >= this.spans[this.span].first && at <= this.spans[this.span].last)) {
      number = by > 0 ? this.spans.findIndex((one) => one.first > at) : this.spans.findLastIndex((one) => one.last < at);
      if (number < 0) return false;
    }
    return number >= 0 && number < this.spans.length ? this.goSpan(number) : false;
  }

  /** Seconds of the span that is looked at, or of the column. */
  bounds(span = this.spans[this.span]) {
    const here = span && this.current >= span.first && this.current <= span.last ? span : this.current ? { first: this.current, last: this.current } : span;
    if (!here) return null;
    const starts = this.data.start.slice(here.first - 1, here.last).filter((one) => one !== null);
    const ends = this.data.end.slice(here.first - 1, here.last).filter((one) => one !== null);
    return starts.length ? { start: Math.min(...starts), end: Math.max(...ends, Math.min(...starts)) } : null;
  }

  pressed(event) {
    if (event.ctrlKey && !["Home", "End"].includes(event.key) || event.altKey || event.metaKey || !event.target.closest(".token")) return;
    const forward = this.body.dir === "rtl" ? "ArrowLeft" : "ArrowRight", back = this.body.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
    const row = this.rows[this.rowOf[this.current]];
    let place;
    if (event.key === forward) place = this.step(this.current, 1);
    else if (event.key === back) place = this.step(this.current, -1);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") place = this.across(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Home") place = this.step((event.ctrlKey ? 1 : row.first) - 1, 1);
    else if (event.key === "End") place = this.step((event.ctrlKey ? this.data.text.length : row.last) + 1, -1);
    else if (event.key === "Enter") { event.preventDefault(); this.hear(this.current); return; }
    else return;
    event.preventDefault();
    if (place) this.go(place);
  }

  /** The column above or below: the nearest of the next line that is seen. */
  across(by) {
    const from = this.cells.get(this.current).getBoundingClientRect();
    let best = 0, least = Infinity, line = null;
    for (let place = this.step(this.current, by); place; place = this.step(place, by)) {
      this.fill(this.rows[this.rowOf[place]]);
      const box = this.cells.get(place).getBoundingClientRect();
      if (Math.abs(box.top - from.top) < 8) continue;
      if (line !== null && Math.abs(box.top - line) >= 8) break;
      line = box.top;
      const far = Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
      if (far < least) { least = far; best = place; }
    }
    return best;
  }

  clicked(event) {
    const cell = event.target.closest(".token");
    if (!cell) return;
    const place = Number(cell.dataset.place);
    this.go(place, false);
    this.hear(place);
  }

  hear(place) { if (this.data.start[place - 1] !== null) this.player?.from(this.data.start[place - 1]); }

  /* The recording says which word is heard now. */
  light(place) {
    if (place === this.lit) return;
    this.cells.get(this.lit)?.classList.remove("now");
    this.lit = place;
    this.cells.get(place)?.classList.add("now");
  }

  /* Views. */
  setView(view) {
    this.view = VIEWS.includes(view) ? view : "doubtful";
    this.dataset.heard = this.view;
    this.labelled(this.viewButton, this.says.views[this.view], "heard");
    keep("heard", this.view);
  }
  setMarks(marks) {
    this.marks = marks === "format" ? "format" : "content";
    this.dataset.mark = this.marks;
    this.labelled(this.marksButton, this.says.marks[this.marks], "marks");
    keep("marks", this.marks);
  }
  nextView() { this.setView(VIEWS[(VIEWS.indexOf(this.view) + 1) % VIEWS.length]); }
  nextMarks() { this.setMarks(this.marks === "content" ? "format" : "content"); }

  /* The dock: votes of the word that has the focus, and what can be done about it. */
  showDock() {
    const place = this.current, at = place - 1, { data, says, dock } = this;
    dock.hidden = !place;
    if (!place) return;
    const head = make("p", "dock-head");
    const facts = [];
    const word = make("bdi", "dock-word", this.textOf(place) || says.nothing);
    if (this.body.lang) word.lang = this.body.lang;
    if (!this.textOf(place)) word.classList.add("beside");
    if (this.answers.has(place)) facts.push(says.human);
    facts.push(says.support.replace("{n}", data.support[at]).replace("{all}", data.votes[at]), `${says.certainty} ${this.certainty(place)}`);
    if (data.type[at] === 2 && data.label[at]) facts.push(says.labels[data.label[at]] ?? data.label[at]);
    if (data.type[at] === 1) facts.push(says.written);
    if (data.start[at] !== null) facts.push(`${data.approximate[at] ? `${says.approximate} ` : ""}${clock(data.start[at], true)}`);
    head.append(word, make("span", "beside num", facts.join(" · ")));
    const list = make("div", "dock-candidates");
    this.candidatesOf(place).forEach((one, number) => {
      const button = make("button", "quiet");
      button.type = "button";
      button.dataset.command = "choose";
      button.dataset.number = String(number + 1);
      button.disabled = !this.decides;
      if (this.decides) button.append(make("kbd", "", String(number + 1)));
      const text = make("bdi", "what", one.text || says.nothing);
      if (!one.text) text.classList.add("beside");
      button.append(text, make("span", "num", String(one.voters.length)), make("bdi", "beside who", one.voters.join(", ")));
      if (one.text === this.textOf(place)) button.setAttribute("aria-pressed", "true");
      list.append(button);
    });
    dock.replaceChildren(head, list);
    if (!this.decides) return;
    const tools = make("div", "dock-tools");
    for (const command of ["edit", "drop", "join", "divide"]) {
      const button = make("button", "quiet");
      button.type = "button";
      button.dataset.command = command;
      this.labelled(button, says.tools[command], command);
      tools.append(button);
    }
    dock.append(tools);
    if (this.drafts.has(place)) this.edit(this.drafts.get(place), { focus: false });
  }

  /** Open the field for a text of one's own. */
  edit(text = this.textOf(this.current), { focus = true, caret } = {}) {
    if (!this.current || !this.decides) return false;
    const place = this.current;
    const field = make("input", "own-word reads");
    field.id = "own-word";
    field.value = text;
    field.maxLength = 2000;
    field.autocomplete = "off";
    field.dir = "auto";
    if (this.body.lang) field.lang = this.body.lang;
    field.setAttribute("aria-label", this.says.own);
    const hint = make("span", "note", this.says.hint);
    const box = make("div", "dock-own");
    box.append(field, hint);
    this.dock.querySelector(".dock-own")?.remove();
    this.dock.querySelector(".dock-tools").before(box);
    field.addEventListener("input", () => this.drafts.set(place, field.value));
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") {
        event.preventDefault();
        this.drafts.delete(place);
        this.answer(place, { own: field.value.trim() });
      } else if (event.key === "Escape") {
        event.preventDefault();
        this.drafts.delete(place);
        box.remove();
        this.go(place, false);
      }
    });
    if (focus) {
      field.focus();
      if (caret === undefined) field.select();
      else field.setSelectionRange(caret, caret);
    }
    return true;
  }

  choose(number) {
    if (!this.current || !this.decides) return false;
    const one = this.candidatesOf(this.current)[number - 1];
    if (one) this.answer(this.current, { choice: one.text }, one.voters.join(", ").slice(0, 500) || "consensus");
    return true;
  }
  none() { return this.edit(""); }
  drop() {
    if (this.current && this.decides) this.answer(this.current, { own: "" });
  }
  join() {
    const place = this.current;
    let next = place + 1;
    while (next <= this.data.text.length && !this.textOf(next)) next++;
    if (!place || !this.decides || !this.textOf(place) || next > this.data.text.length) return;
    const text = this.textOf(place) + this.textOf(next);
    const batch = crypto.randomUUID(); /* one undo takes all of it back */
    this.settle(next, { joined: true }, null, batch);
    this.settle(place, { own: text }, null, batch);
    this.go(place);
    this.showDock();
  }
  divide() {
    const text = this.textOf(this.current);
    const signs = [...text];
    this.edit(text, { caret: signs.slice(0, Math.ceil(signs.length / 2)).join("").length });
  }

  /** What a person says of a column, then on to the next that is doubtful. */
  answer(place, answer, from = null, further = true) {
    this.settle(place, answer, from);
    const span = this.spans[this.span];
    if (further && span && place >= span.first && place <= span.last) {
      for (let next = place + 1; next <= span.last; next++) {
        if (this.isDoubtful(next) && !this.answers.has(next) && this.isShown(next)) { this.go(next); return; }
      }
      this.go(place);
      if (this.conflict(1)) return;
      say(this.says.through);
      return;
    }
    this.go(place);
    this.showDock();
  }

  settle(place, answer, from, batch) {
    const before = this.answers.get(place);
    this.set(place, answer);
    this.saved?.(place, answer, { adopted_from: from, batch }, () => this.set(place, before));
  }

  set(place, answer) {
    if (answer) this.answers.set(place, answer);
    else this.answers.delete(place);
    const row = this.rows[this.rowOf[place]];
    if (row.filled) this.draw(this.cells.get(place), place);
    else this.empty(row);
    if (place === this.current) this.showDock();
    this.count();
  }
}
customElements.define("token-grid", TokenGrid);

/* What a page does by key and button. Without it everything is shown and open. */
"use strict";

document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const find = (id) => document.getElementById(id);
  const keys = find("keys");
  const single = find("single");
  const filter = find("filter");
  const rows = find("rows");
  const entries = rows ? [...rows.querySelectorAll("tbody.entry")] : [];
  const AT_FIRST = 25; /* rows shown until more are asked for; the stylesheet has the same number */
  let current = -1;

  for (const part of document.querySelectorAll(".controls")) part.hidden = false;

  /* Theme: what the system prefers, until the reader says otherwise. */
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const nameTheme = () => { find("theme").firstElementChild.textContent = isDark() ? "Light theme" : "Dark theme"; };
  const switchTheme = () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); };
  prefersDark.addEventListener("change", nameTheme);
  find("theme").addEventListener("click", switchTheme);
  nameTheme();

  /* Rows: one button each, which opens the votes behind it. */
  const button = (entry) => entry.querySelector("button.open");
  const setOpen = (entry, open) => {
    entry.toggleAttribute("data-open", open);
    button(entry).setAttribute("aria-expanded", String(open));
  };
  entries.forEach((entry, place) => {
    setOpen(entry, false);
    button(entry).addEventListener("click", () => setOpen(entry, !entry.hasAttribute("data-open")));
    button(entry).addEventListener("focus", () => { current = place; });
  });
  const showAll = () => { rows.setAttribute("data-all", ""); find("all").parentElement.hidden = true; };
  const move = (step) => {
    let place = current + step;
    while (entries[place] && entries[place].hidden) place += step;
    if (!entries[place]) return;
    if (!entries[place].getClientRects().length) showAll();
    button(entries[place]).focus();
    entries[place].scrollIntoView({ block: "nearest" });
  };

  /* Filter: rows whose text, votes included, holds all words. What is left is said at most once a second. */
  const contents = entries.map((entry) => entry.textContent.toLowerCase());
  let saying = 0;
  const say = (text) => {
    clearTimeout(saying);
    saying = setTimeout(() => { find("filter-said").textContent = text; }, filter.value ? 1000 : 0);
  };
  const narrow = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) showAll();
    let left = 0;
    entries.forEach((entry, place) => {
      entry.hidden = !words.every((word) => contents[place].includes(word));
      left += entry.hidden ? 0 : 1;
    });
    current = -1;
    say(!words.length ? "" : left ? `${left} of ${entries.length} rows` : "No row holds these words. Esc clears the filter.");
  };

  if (rows) {
    find("all").addEventListener("click", () => { current = AT_FIRST - 1; showAll(); move(1); });
    if (entries.length <= AT_FIRST) showAll();
    find("next").addEventListener("click", () => move(1));
    find("previous").addEventListener("click", () => move(-1));
    filter.addEventListener("input", narrow);
    filter.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && filter.value) { filter.value = ""; narrow(); event.preventDefault(); }
      else if (event.key === "Escape") filter.blur();
      else if (event.key === "Enter") { move(1); event.preventDefault(); }
    });
  }
  /* Texts: one doubtful word at a time can be reached by Tab, the arrow keys go on from there. What each transcript has
     in the columns around it is lined up below it. */
  const texts = find("texts");
  const slots = find("slots");
  const AROUND = 2; /* columns shown on each side */
  let shownFor = null;
  let leaving = 0;

  const make = (name, text, kind) => {
    const part = document.createElement(name);
    if (text !== undefined) part.textContent = text;
    if (kind) part.className = kind;
    return part;
  };
  const isMarked = (word) => word.classList.contains(texts.dataset.mark) && !(texts.dataset.mark === "content" && word.classList.contains("quiet"));
  const marked = (within) => [...within.querySelectorAll("button.word")].filter(isMarked);
  const wordOf = (part) => (part.matches("button.word") ? part.firstElementChild.textContent : part.textContent.trim());

  /* The columns of a line of text: marked words, quiet ones with slots, and plain words, which all have. */
  const columnsOf = (line) => {
    const columns = [];
    for (const node of line.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        for (const text of node.textContent.split(/\s+/).filter(Boolean)) columns.push({ text, slots: null, node: null });
      } else columns.push({ text: wordOf(node), slots: node.dataset.slots ? node.dataset.slots.split("\n") : null, node });
    }
    return columns;
  };

  const showSlots = (word) => {
    clearTimeout(leaving);
    if (shownFor === word) return;
    hideSlots();
    shownFor = word;
    const article = word.closest("article");
    const columns = columnsOf(word.parentElement);
    const here = columns.findIndex((column) => column.node === word);
    const around = innerWidth < 640 ? 1 : AROUND;
    const near = columns.slice(Math.max(0, here - around), here + around + 1);
    const head = make("p", undefined, "note");
    const votes = word.querySelector("small");
    const [many, all] = votes ? votes.textContent.split("/") : [];
    head.append(
      votes ? `${many} of ${all} ${word.classList.contains("gap") ? "have no word here" : `have \u201c${wordOf(word)}\u201d`}` : "All have it and write it differently",
      [word.dataset.label, word.dataset.time].filter(Boolean).map((text) => `, ${text}`).join(""),
    );
    const table = make("table");
    article.dataset.voters.split("\n").forEach((voter, place) => {
      const row = make("tr");
      const name = make("th", voter);
      name.scope = "row";
      row.append(name);
      for (const column of near) {
        const own = column.slots ? column.slots[place] : "=";
        const text = own === "=" ? column.text : own;
        const cell = make("td");
        cell.append(make("bdi", text || "\u2205"));
        if (!text) cell.firstChild.className = "beside";
        if (column.node === word) {
          cell.className = "here";
          if (text && text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "") === wordOf(word).toLowerCase().replace(/[^\p{L}\p{N}]/gu, "")) cell.classList.add("same");
        }
        row.append(cell);
      }
      table.append(row);
    });
    slots.replaceChildren(head, table);
    slots.hidden = false;
    word.setAttribute("aria-describedby", "slots");
    const at = word.getBoundingClientRect();
    const box = slots.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left + at.width / 2 - box.width / 2, root.clientWidth - box.width - 8));
    const below = at.bottom + 8 + box.height <= innerHeight || at.top < box.height + 8;
    slots.style.left = `${left + scrollX}px`;
    slots.style.top = `${(below ? at.bottom + 8 : at.top - box.height - 8) + scrollY}px`;
  };
  const hideSlots = () => {
    if (!shownFor) return;
    shownFor.removeAttribute("aria-describedby");
    shownFor = null;
    slots.hidden = true;
  };
  const leave = () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      const kept = document.activeElement;
      if (kept.matches("#texts button.word") && isMarked(kept)) showSlots(kept); else hideSlots();
    }, 150);
  };

  const rove = (word) => {
    for (const other of word.parentElement.querySelectorAll('button.word[tabindex="0"]')) other.tabIndex = -1;
    word.tabIndex = 0;
  };
  const goTo = (word) => {
    if (!isMarked(word)) setMark("format");
    rove(word);
    word.focus({ preventScroll: true });
    word.scrollIntoView({ block: word.getBoundingClientRect().top < 0 || word.getBoundingClientRect().bottom > innerHeight - 160 ? "center" : "nearest" });
    hideSlots();
    showSlots(word);
  };
  const setMark = (mark) => {
    hideSlots();
    texts.dataset.mark = mark;
    for (const part of texts.querySelectorAll("[data-marks]")) part.setAttribute("aria-pressed", String(part.dataset.marks === mark));
    for (const line of texts.querySelectorAll("p.reads")) {
      for (const word of line.querySelectorAll("button.word")) word.tabIndex = -1;
      const [first] = marked(line);
      if (first) first.tabIndex = 0;
    }
  };
  const lineOver = (words, word, step) => {
    const from = word.getBoundingClientRect();
    const middle = (box) => box.left + box.width / 2;
    let best = null;
    for (const other of words) {
      const box = other.getBoundingClientRect();
      const rows = (box.top - from.top) * step;
      if (rows < from.height / 2) continue;
      const far = rows * 1000 + Math.abs(middle(box) - middle(from));
      if (!best || far < best.far) best = { far, other };
    }
    return best && best.other;
  };
  if (texts) {
    setMark("content");
    texts.addEventListener("pointerover", (event) => {
      const word = event.target.closest("button.word");
      if (word && isMarked(word)) showSlots(word);
    });
    texts.addEventListener("pointerout", leave);
    slots.addEventListener("pointerenter", () => clearTimeout(leaving));
    slots.addEventListener("pointerleave", leave);
    texts.addEventListener("focusin", (event) => {
      if (event.target.matches("button.word")) { rove(event.target); showSlots(event.target); }
    });
    texts.addEventListener("focusout", leave);
    texts.addEventListener("click", (event) => {
      const word = event.target.closest("button.word");
      if (word && isMarked(word)) { word.focus(); showSlots(word); }
      const part = event.target.closest("[data-marks]");
      if (part) setMark(part.dataset.marks);
    });
    texts.addEventListener("keydown", (event) => {
      const word = event.target.closest("button.word");
      if (!word || event.ctrlKey || event.metaKey || event.altKey) return;
      const words = marked(texts);
      const place = words.indexOf(word);
      const turned = getComputedStyle(word.parentElement).direction === "rtl" ? -1 : 1;
      const line = marked(word.parentElement);
      const next = {
        ArrowRight: () => words[place + turned],
        ArrowLeft: () => words[place - turned],
        ArrowDown: () => lineOver(words, word, 1),
        ArrowUp: () => lineOver(words, word, -1),
        Home: () => line[0],
        End: () => line.at(-1),
      }[event.key];
      if (next) {
        event.preventDefault();
        const to = next();
        if (to) goTo(to);
      } else if (event.key === "Escape") hideSlots();
    });
    rows && rows.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#w"]');
      const word = link && find(link.hash.slice(1));
      if (word) { event.preventDefault(); goTo(word); }
    });
    addEventListener("resize", hideSlots);
  }
  const toText = () => {
    const word = entries[current] && find(entries[current].dataset.target);
    if (word) goTo(word);
  };

  const showKeys = () => { keys.showModal(); find("close").focus(); };
  find("help").addEventListener("click", showKeys);

  const actions = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => { if (filter) { filter.focus(); filter.select(); } },
    "?": showKeys,
    t: switchTheme,
    g: () => { if (texts) toText(); },
    w: () => { if (texts && texts.querySelector("[data-marks]")) setMark(texts.dataset.mark === "content" ? "format" : "content"); },
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !single.checked) return;
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
});

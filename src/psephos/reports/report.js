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
  const texts = entries.map((entry) => entry.textContent.toLowerCase());
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
      entry.hidden = !words.every((word) => texts[place].includes(word));
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
  const showKeys = () => { keys.showModal(); find("close").focus(); };
  find("help").addEventListener("click", showKeys);

  const actions = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => { if (filter) { filter.focus(); filter.select(); } },
    "?": showKeys,
    t: switchTheme,
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !single.checked) return;
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
});

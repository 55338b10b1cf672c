/* One item after the other: what is pressed is shown at once, sent behind, and the next item is already here. */
import { on, run } from "./keys.js";
import { ask, say, send, tell, watch, words } from "./saving.js";
import { begin as beginSound } from "./audio.js";
import "./tokens.js";

const IDLE = 60000; /* ms without a sign of life that are not counted as work */
const RENEW = 180000; /* ms after which a lease is renewed, or a third of it where it is short */
const find = (selector) => document.querySelector(selector);
const work = find("#work");
const strip = find("#strip");
const project = work.dataset.project;
const api = (path) => `/api/v1/projects/${project}/${path}`;
const ready = new Map(); /* parts that were fetched before they are needed */
const done = new Set();
const unsent = new Map(); /* words that were mended and that the server does not have yet, by item */
const grid = () => find("token-grid");
const bench = find("#bench");

let item = {};
let active = 0;
let tick = performance.now();
let alive = tick;
let reserved = 0;
let lease = 0;
let player = null;

/* Panes beside the evidence fold away; which are is kept on the server. */
const folded = () => bench.dataset.folded.split(" ").filter(Boolean);
const showFolds = () => {
  for (const button of bench.querySelectorAll(".fold")) button.setAttribute("aria-expanded", String(!folded().includes(button.dataset.command.slice(5))));
};
let kept = bench.dataset.folded; /* what the server has, or is being told */
let keeping = false; /* one after the other: of two on their way at once the older could come last */
const keepFolds = async () => {
  if (keeping) return;
  keeping = true;
  while (kept !== bench.dataset.folded) await tellFolds().catch(() => {});
  keeping = false;
};
const tellFolds = () => {
  kept = bench.dataset.folded;
  return ask("/api/v1/me", { method: "PATCH", body: { folded: folded() }, keepalive: true });
};
const fold = (name, away = !folded().includes(name)) => {
  if (away === folded().includes(name)) return;
  bench.dataset.folded = (away ? [...folded(), name] : folded().filter((one) => one !== name)).join(" ");
  showFolds();
  const button = bench.querySelector(`[data-command="fold_${name}"]`);
  if (away && document.activeElement !== document.body && !document.activeElement.checkVisibility()) button.focus();
  keepFolds();
};
on("fold_queue", () => fold("queue"));
on("fold_decision", () => fold("decision"));
const opened = (selector, part) => {
  const place = find(selector);
  if (!place) return null;
  if (place.closest("#decision")) fold("decision", false);
  (part ?? place.closest("details")).open = true;
  return place;
};

/* Time at work: not while the page is hidden, nor long after the last sign of life. */
const count = () => {
  const now = performance.now();
  if (!document.hidden && now - alive < IDLE) active += Math.min(now - tick, IDLE);
  tick = now;
};
setInterval(count, 1000);
for (const name of ["keydown", "pointerdown", "pointermove", "scroll"]) {
  addEventListener(name, () => { alive = performance.now(); }, { passive: true, capture: true });
}
document.addEventListener("visibilitychange", count);

/* The strip: the order in which items come. */
const entries = () => [...strip.querySelectorAll("a[data-id]")];
const entryOf = (id) => strip.querySelector(`a[data-id="${id}"]`);
const neighbour = (step, filter = () => true) => {
  const all = entries();
  for (let place = all.findIndex((one) => Number(one.dataset.id) === item.id) + step; all[place]; place += step) {
    if (filter(all[place])) return Number(all[place].dataset.id);
  }
  return null;
};
const open = (one) => !done.has(Number(one.dataset.id)) && one.dataset.state === "new";

let coming = Promise.resolve(); /* the stretch that was asked for last */
const more = () => {
  if (strip.dataset.more) coming = stretch();
  return coming;
};
const stretch = async () => {
  strip.dataset.more = "";
  const asked = new URLSearchParams(location.search);
  const leaves = ["new", "open", null].includes(asked.get("state"));
  asked.set("offset", Number(asked.get("offset") ?? 0) + entries().filter((one) => !leaves || open(one)).length);
  const answer = await fetch(`${work.dataset.items}/${item.id}?${asked}`, { headers: { accept: "text/html", "x-psephos-part": "strip" } }).catch(() => null);
  const text = answer?.ok ? await answer.text().catch(() => null) : null;
  if (text === null) { strip.dataset.more = "1"; return; }
  const part = document.createElement("template");
  part.innerHTML = text;
  const known = new Set(entries().map((one) => one.dataset.id));
  for (const row of part.content.querySelectorAll("li")) if (!known.has(row.firstElementChild.dataset.id)) strip.append(row);
  strip.dataset.more = part.content.firstElementChild?.dataset.more ?? "";
};

/* Parts of items. */
const partOf = (id) => {
  if (!ready.has(id)) {
    const got = fetch(`${work.dataset.items}/${id}${location.search}`, { headers: { accept: "text/html", "x-psephos-part": "work" } })
      .then(async (answer) => {
        if (answer.redirected || answer.status === 401) throw new Error("signin");
        if (!answer.ok) throw new Error("gone");
        return answer.text();
      });
    got.catch(() => ready.delete(id));
    ready.set(id, got);
    if (ready.size > 12) ready.delete(ready.keys().next().value);
  }
  return ready.get(id);
};
const following = () => neighbour(1, open) ?? entries().filter((one) => open(one) && Number(one.dataset.id) !== item.id).map((one) => Number(one.dataset.id))[0] ?? null;
const prepare = () => {
  const next = following();
  if (next !== null) partOf(next).catch(() => {});
  if (entries().length - entries().findIndex((one) => Number(one.dataset.id) === item.id) < 8) more();
};

const begin = () => {
  item = JSON.parse(find("#item").textContent);
  active = 0;
  tick = alive = performance.now();
  document.title = `${item.name} · psephos`;
  if (!noticed.stays || noticed.about === item.id) notice("");
  for (const one of entries()) one.removeAttribute("aria-current");
  showFolds();
  const mine = entryOf(item.id);
  mine?.setAttribute("aria-current", "true");
  mine?.scrollIntoView({ block: "nearest" });
  tell();
  reserved = 0;
  clearTimeout(lease);
  reserve();
  setTimeout(prepare, 0);
  const words = grid();
  if (words) {
    words.saved = mend;
    for (const [place, answer] of unsent.get(item.id) ?? []) words.set(place, answer);
  }
  player = beginSound(find("#player"), words);
};

/* A word of a transcript that was mended. */
const mend = (place, answer, more, back) => {
  if (item.settled) { back(); return; }
  const id = item.id;
  if (!unsent.has(id)) unsent.set(id, new Map());
  unsent.get(id).set(place, answer);
  const settled = () => { if (unsent.get(id)?.get(place) === answer) unsent.get(id).delete(place); ready.delete(id); };
  send(api(`items/${id}/decisions`), { place, answer, ...more, version: item.version, run: item.run }, {
    done: settled, /* the tick at the word says it */
    refused: (status, data) => {
      settled();
      if (item.id === id) back();
      refused(id, status, data);
    },
  });
};

const reserve = async () => {
  if (!item.decide) return;
  const id = item.id;
  const answer = await ask(api(`items/${id}/reservation`), { method: "POST", body: {} }).catch(() => null);
  if (!answer) return;
  if (item.id !== id) { /* it was left before the server had answered */
    if (answer.ok && !done.has(id)) letGo(id);
    return;
  }
  if (answer.ok) {
    reserved = id;
    const pause = Math.min(RENEW, (item.lease ?? 600) * 1000 / 3);
    lease = setTimeout(() => { if (performance.now() - alive < pause) reserve(); else warn(); }, pause);
  } else if (answer.status === 409) {
    const data = await answer.json().catch(() => ({}));
    notice(data.problem ?? words.taken);
  }
};
/* Away for a while: the item is kept a little longer, and any sign of life, or the button, keeps it again. */
const warn = () => {
  const id = item.id, back = new AbortController();
  const stay = () => { back.abort(); if (item.id !== id) return; alive = performance.now(); notice(""); reserve(); };
  notice(words.lease, words.stay, stay);
  for (const name of ["keydown", "pointerdown"]) addEventListener(name, stay, { capture: true, once: true, signal: back.signal });
};
const letGo = (id) => { ask(api(`items/${id}/reservation`), { method: "DELETE", keepalive: true }).catch(() => {}); };
const release = () => {
  if (reserved) letGo(reserved);
  reserved = 0;
};
/* Where one stopped is kept on the server, to go on there on any machine. */
const leaveOff = () => {
  if (!item.id || done.has(item.id)) return;
  const place = grid()?.current || null, seconds = player?.stop ?? null;
  const was = item.resume ?? { place: null, seconds: null };
  if (place === was.place && seconds === was.seconds || !(place > 1) && seconds === null && !item.resume) return;
  item.resume = { place, seconds };
  ask(api(`items/${item.id}/place`), { method: "PUT", body: { place, seconds }, keepalive: true }).catch(() => {});
  ready.delete(item.id);
};
addEventListener("pagehide", () => {
  leaveOff();
  release();
  if (kept !== bench.dataset.folded) tellFolds().catch(() => {}); /* what waits for the one before it */
});

/* What stands above the item: it goes when another item comes, but for what became of one that was left. */
let noticed = { about: null, stays: false };
const notice = (text, action = "", act = () => {}, { about = item.id, stays = false } = {}) => {
  const place = find("#notice");
  noticed = { about, stays };
  place.replaceChildren();
  place.hidden = !text;
  if (!text) return;
  say(text, action ? "warn" : "");
  const line = document.createElement("p");
  line.textContent = text;
  place.append(line);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = action;
    button.addEventListener("click", act);
    place.append(button);
  }
};

/* What was asked for last is shown, in whatever order the answers come: true once it is, false if it cannot be had. */
let latest = 0, arrived = 0;
const show = async (id, push = true, place = 0) => {
  if (id === null) { say(words.end); return false; }
  const mine = ++latest;
  let text;
  try {
    text = await partOf(id);
  } catch (wrong) {
    if (mine !== latest) return undefined;
    arrived = mine;
    say(wrong.message === "signin" ? words.signin : words.offline, "warn");
    return false;
  }
  if (mine !== latest) return undefined;
  arrived = mine;
  ready.delete(id);
  if (id !== item.id) { leaveOff(); release(); } /* the same once more is kept: letting it go could come after taking it */
  work.innerHTML = text; /* made by our own templates, which escape everything */
  window.htmx?.process(work);
  if (push) history.pushState({ id }, "", `${work.dataset.items}/${id}${location.search}`);
  scrollTo(0, 0);
  begin();
  if (!grid()?.begin(place || item.resume?.place || 0)) find("#work h1").focus({ preventScroll: true });
  return true;
};
addEventListener("popstate", () => {
  const id = Number(location.pathname.split("/").pop());
  if (id && id !== item.id) show(id, false);
});

/* Decisions. */
const mark = (id, state) => {
  const one = entryOf(id);
  if (!one) return;
  one.dataset.state = state;
  one.querySelector(".state").textContent = work.dataset[state] ?? state;
};
const refused = (id, status, data) => {
  done.delete(id);
  mark(id, "new");
  ready.delete(id);
  if (item.id === id) item.settled = false;
  notice(`${words.refused}: ${data.problem ?? status}`, words.loadagain, () => { ready.delete(id); show(id, item.id !== id); }, { about: id, stays: true });
};
const settle = (path, body, state) => {
  if (!item.decide || item.settled) return; /* a second press while the next item is on its way */
  const why = find("#override");
  if (why && path === "decisions") {
    if (!why.value.trim()) { fold("decision", false); say(words.why, "warn"); why.focus(); return; }
    body.override = why.value.trim();
  }
  item.settled = true;
  count();
  const id = item.id, here = item;
  done.add(id);
  mark(id, state);
  send(api(`items/${id}/${path}`), { version: item.version, seconds: Math.round(active / 100) / 10, run: item.run, ...body }, {
    done: () => {
      say(words.saved, "good");
      const next = following();
      if (item === here && latest === arrived && next !== null) show(next); /* it could not be fetched before: there was no connection */
    },
    refused: (status, data) => refused(id, status, data),
  });
  const next = following();
  reserved = reserved === id ? 0 : reserved; /* deciding gives the item back */
  if (next !== null) show(next);
  else more().then(() => end(id));
};
/* The last item that is known here. What was asked for before the last decisions were saved may have left some out, so
   that the end is believed only when it is asked for once more. */
const end = (id) => {
  if (item.id !== id || !done.has(id)) return; /* left, or refused, which is said and stays */
  const next = following();
  if (next !== null) show(next);
  else if (strip.dataset.more || !item.last) {
    const pause = item.last ? 1000 : 0;
    item.last = true;
    strip.dataset.more = "1";
    setTimeout(() => more().then(() => end(id)), pause);
  }
  else {
    item.settled = false;
    find("#work").classList.add("settled");
    notice(words.end);
  }
};
/* A number as somebody writes it, with the decimal mark of the page's language. */
const scoreOf = (text) => Number(text.replace(",", "."));
/* A judge's mark is accepted or rejected, or a score put in the place of a judge's: the item stays open. */
const judge = (form, button, { place, note = "", own = button.value }) => {
  const id = item.id, marked = button.value !== "";
  const before = [...form.querySelectorAll("[aria-pressed]")].map((one) => [one, one.getAttribute("aria-pressed")]);
  for (const [one] of before) one.setAttribute("aria-pressed", String(one === button));
  send(api(`items/${id}/decisions`), { place: Number(place), answer: marked ? { choice: own } : { score: scoreOf(own) }, note, version: item.version, run: item.run }, {
    done: () => {
      ready.delete(id);
      say(words.saved, "good");
      if (!marked && item.id === id) show(id, false);
    },
    refused: (status, data) => {
      for (const [one, was] of before) one.setAttribute("aria-pressed", was);
      say(`${words.refused}: ${data.problem ?? status}`, "warn");
    },
  });
  const next = marked && form.closest("li").nextElementSibling?.querySelector("button");
  if (next) next.focus();
};
const choose = (number) => {
  const one = item.candidates?.[number - 1];
  if (one !== undefined) settle("decisions", { answer: one.answer, adopted_from: one.adopted_from ?? null, note: noteOf() }, "decided");
};
const noteOf = () => find("#note")?.value.trim() ?? "";

on("choose", (number) => { if (!grid()?.choose(number)) choose(number); });
on("accept", () => {
  const text = grid()?.text;
  if (text !== undefined) { if (!item.dispute) settle("decisions", { answer: { text }, note: noteOf() }, "decided"); else settle("decisions", { answer: { text }, note: noteOf() }, "adjudicated"); return; }
  if (item.consensus) settle("decisions", { answer: item.consensus, note: noteOf() }, "decided");
});
on("none", () => { if (item.dispute) settle("decisions", { answer: { undecidable: true }, note: noteOf() }, "adjudicated"); else if (!grid()?.none()) run("edit"); });
on("several", () => opened("#several input:not([type=hidden])")?.focus());
on("drop", () => grid()?.drop());
on("join", () => grid()?.join());
on("divide", () => grid()?.divide());
on("marks", () => grid()?.nextMarks());
on("heard", () => grid()?.nextView());
on("edit", () => {
  if (!grid()?.edit()) opened("#own")?.focus(); });
on("skip", () => opened("#skip")?.focus());
on("expert", () => settle("skips", { reason: "need expert", note: noteOf() }, "skipped"));
on("comment", () => opened("#comment")?.focus());
on("why", () => {
  const part = find("#why");
  if (!part) return;
  if (part.open && part.checkVisibility()) part.open = false;
  else opened("#why summary", part).focus();
});
on("flag", () => {
  item.flagged = !item.flagged;
  find("[data-command=flag]")?.setAttribute("aria-pressed", String(item.flagged));
  say(item.flagged ? words.flagged : words.unflagged);
  send(api(`items/${item.id}/flag`), { flagged: item.flagged }, { method: "PUT", done: () => {}, refused: (status, data) => refused(item.id, status, data) });
});
on("next", async () => show(neighbour(1) ?? await more().then(() => neighbour(1))));
on("previous", () => { const before = neighbour(-1); if (before === null) say(words.start); else show(before); });
on("next_conflict", () => grid()?.conflict(1) || show(neighbour(1, (one) => one.dataset.conflict === "1")));
on("previous_conflict", () => grid()?.conflict(-1) || show(neighbour(-1, (one) => one.dataset.conflict === "1")));
const turn = (path, text) => send(api(path), {}, {
  done: (data) => {
    if (!data.item) { say(words.nothing); return; }
    done.delete(data.item);
    ready.delete(data.item);
    mark(data.item, data.state);
    say(text, "good");
    const here = item, same = item.id === data.item;
    if (same) item.settled = true; /* it is no longer what is seen: nothing is decided until it is here again */
    show(data.item, !same, data.place ?? 0).then((seen) => { if (seen === false && same && item === here) item.settled = false; });
  },
  refused: (status, data) => say(status === 422 || status === 409 ? data.problem ?? words.nothing : words.refused, "warn"),
});
on("undo", () => turn("undo", words.undone));
on("redo", () => turn("redo", words.redone));
on("escape", () => { for (const part of work.querySelectorAll("details[open].leaf")) part.open = false; });

work.addEventListener("submit", (event) => {
  const form = event.target;
  const number = Number(event.submitter?.dataset.take);
  if (number && item.candidates?.[number - 1]) { event.preventDefault(); choose(number); return; }
  if (!form.dataset.settle) return;
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(form));
  if (form.dataset.settle === "own" && fields.own?.trim()) {
    const answer = item.kind === "scores" ? { score: scoreOf(fields.own) } : item.kind === "transcripts" ? { text: fields.own } : { own: fields.own };
    settle("decisions", { answer, note: noteOf() }, "decided");
  }
  if (form.dataset.settle === "both") {
    const chosen = new FormData(form).getAll("both").map((number) => String(Object.values(item.candidates[number - 1].answer)[0]));
    if (chosen.length > 1) settle("decisions", { answer: { both: chosen }, note: noteOf() }, "adjudicated");
    else say(words.two, "warn");
  }
  if (form.dataset.settle === "part") judge(form, event.submitter, fields);
  if (form.dataset.settle === "skip") settle("skips", { reason: fields.reason, note: noteOf() }, "skipped");
});
/* A long list is narrowed by what is typed above it; from there arrows go into it, and Enter takes the first. */
const narrowed = (field) => [...document.getElementById(field.dataset.narrows).querySelectorAll(":scope > label, :scope > button")];
const inner = (row) => row.querySelector("input") ?? row;
work.addEventListener("input", (event) => {
  const field = event.target;
  if (field.dataset.narrows) {
    const wanted = field.value.trim().toLowerCase();
    for (const row of narrowed(field)) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
  const list = field.closest("#acceptable"), told = find("[data-ticked]");
  if (list && told) told.textContent = words.ticked.replace("{n}", list.querySelectorAll(":checked").length).replace("{all}", list.querySelectorAll("label").length);
});
work.addEventListener("keydown", (event) => {
  const field = event.target.closest("[data-narrows]") ?? find(`[data-narrows="${event.target.closest(".many")?.id}"]`);
  if (!field || event.ctrlKey || event.altKey || event.metaKey) return;
  const rows = narrowed(field).filter((row) => !row.hidden).map(inner);
  const at = rows.indexOf(event.target);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    (rows[at + step] ?? (step < 0 ? field : rows.at(-1)))?.focus();
  } else if (event.key === "Enter" && event.target === field) {
    event.preventDefault();
    rows[0]?.click();
  } else if (event.key === "Enter" && event.target.type === "checkbox") {
    event.preventDefault();
    event.target.click();
  }
});
work.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) event.target.form.requestSubmit();
});

watch((left, why) => {
  const place = find("#save-state");
  if (!place) return;
  place.textContent = why ? words[why] : left ? words.saving : "";
  place.dataset.kind = why ? "warn" : "";
  if (why === "signin") {
    const link = document.createElement("a");
    link.href = "/sign-in";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = words.signinlink;
    place.append(" ", link);
  }
});

if (item.id === undefined && find("#item")) {
  begin();
  grid()?.begin(Number(/^#w(\d+)$/.exec(location.hash)?.[1]) || item.resume?.place || 0);
}
export { run };

/* Saving: what was decided is sent in order, again if need be, and never forgotten while the page is open. */

const words = JSON.parse(document.getElementById("words").textContent);
const SLOW = 1000; /* ms after which a change without an answer is called not saved */
const waits = [1000, 2000, 4000, 8000, 15000, 30000];
const queue = [];
let busy = false;
let tries = 0;
let timer = 0;
let held = ""; /* why what waits is not saved: no connection, no session, or no answer yet */
let lastSaid = 0;
let saying = 0;
let listener = () => {};

export { words };

/** Say something to everybody, at most once a second: the one place of a page that is read out by itself. */
export const say = (text, kind = "") => {
  clearTimeout(saying);
  saying = setTimeout(() => {
    const place = document.getElementById("said");
    lastSaid = performance.now();
    place.textContent = text;
    place.dataset.kind = kind;
    place.toggleAttribute("data-shown", Boolean(text));
    if (text && !held) saying = setTimeout(() => place.removeAttribute("data-shown"), 4000);
  }, Math.max(0, 1000 - (performance.now() - lastSaid)));
};

/** A request to this server as JSON; `keepalive` lets it outlive the page. */
export const ask = async (path, { method = "GET", body, keepalive = false } = {}) => {
  const headers = { accept: "application/json", "x-psephos": "page", "x-csrf-token": document.body.dataset.csrf };
  if (body !== undefined) headers["content-type"] = "application/json";
  return fetch(path, { method, headers, keepalive, redirect: "error", body: body === undefined ? undefined : JSON.stringify(body) });
};

/** Whoever wants to know how many are waiting, and why. */
export const watch = (told) => { listener = told; };

export const waiting = () => queue.length;

/** Say again how many are waiting, to a page that is new. */
export const tell = () => listener(queue.length, held);

/** Send a change; `done(data)` when the server has it, `refused(status, data)` when it does not take it. */
export const send = (path, body, { done = () => {}, refused = () => {}, method = "POST" } = {}) => {
  queue.push({ path, body, done, refused, method, renewed: false });
  tell();
  pump();
};

const renew = async () => {
  const answer = await ask("/api/v1/me");
  if (!answer.ok) return false;
  const me = await answer.json();
  document.body.dataset.csrf = me.csrf;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": me.csrf }));
  return true;
};

const later = (why) => {
  held = why;
  say(words[why], "warn");
  clearTimeout(timer);
  timer = setTimeout(pump, waits[Math.min(tries++, waits.length - 1)]);
  tell();
};

async function pump() {
  if (busy || !queue.length) return;
  busy = true;
  clearTimeout(timer);
  try {
    while (queue.length) {
      const job = queue[0];
      let answer;
      const slow = setTimeout(() => { held ||= "waiting"; say(words.waiting, "warn"); tell(); }, SLOW);
      try {
        answer = await ask(job.path, { method: job.method, body: job.body }).finally(() => clearTimeout(slow));
      } catch {
        later(navigator.onLine ? "unsaved" : "offline");
        break;
      }
      if (answer.status === 401) { later("signin"); break; }
      if (answer.status >= 500 || answer.status === 429) { later("unsaved"); break; }
      const data = await answer.json().catch(() => ({}));
      if (answer.status === 403 && !data.needed && !data.argument && !job.renewed) {
        job.renewed = true;
        if (await renew().catch(() => false)) continue;
        job.renewed = false;
        later("signin");
        break;
      }
      queue.shift();
      tries = 0;
      const back = held && held !== "waiting" && answer.ok;
      held = "";
      if (answer.ok) job.done(data);
      else job.refused(answer.status, data);
      if (back) say(words.back, "good");
      tell();
    }
  } finally {
    busy = false;
  }
}

addEventListener("online", pump);
addEventListener("focus", pump);
addEventListener("offline", () => { if (queue.length) later("offline"); });
addEventListener("beforeunload", (event) => { if (queue.length) event.preventDefault(); });

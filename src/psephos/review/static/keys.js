/* Keys: one listener on the document, one table of bindings, which the server wrote into the page. */

const LETTER = /^\p{L}$/u;
const WAIT = 1000; /* ms for the second of two keys */
const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=range]), textarea, select, [contenteditable]";

const actions = new Map();
const rows = JSON.parse(document.getElementById("bindings")?.textContent ?? '{"on": false, "keys": {}}');
let first = "";
let until = 0;

/** What a command does here; a command without an action leaves its key to the browser. */
export const on = (command, action) => actions.set(command, action);

/** Do what a key would do. */
export const run = (command, ...more) => actions.get(command)?.(...more);

/** The name of a key as the table writes it. */
export const nameOf = (event) => {
  if (event.key === " ") return "Space";
  return event.shiftKey && LETTER.test(event.key) ? `Shift+${event.key.toUpperCase()}` : event.key;
};

const commandOf = (name) => rows.keys[name]?.[0];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  const target = event.target;
  if (target.closest?.("[data-takes-keys]")) return;
  if (event.key === "Escape") {
    if (target.matches?.(TYPING)) target.blur();
    else run("escape");
    return;
  }
  if (target.matches?.(TYPING) || document.querySelector("dialog[open]")) return;
  const pressing = target.closest?.("a, button, summary, input");
  if (pressing && (event.key === "Enter" || event.key === " ")) return;
  if (!rows.on && event.key.length === 1) return;
  const name = nameOf(event);
  const now = performance.now();
  const both = first && now < until ? `${first} ${name}` : "";
  first = "";
  let command = (both && commandOf(both)) || commandOf(name);
  let more;
  if (!command && /^[1-9]$/.test(event.key)) { command = "choose"; more = Number(event.key); }
  if (command && actions.has(command)) {
    if (event.repeat && !["next", "previous", "back", "forward"].includes(command)) return;
    event.preventDefault();
    run(command, more);
  } else if (Object.keys(rows.keys).some((key) => key.startsWith(`${name} `))) {
    first = name;
    until = now + WAIT;
  }
});

/* Buttons that do what a key does. */
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-command]");
  if (!button || button.disabled) return;
  const number = button.dataset.number;
  run(button.dataset.command, number ? Number(number) : undefined);
});

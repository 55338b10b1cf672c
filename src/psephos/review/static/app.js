/* What every page does: keys, theme, help. The queue and the item add their own. */
import { on, nameOf } from "./keys.js";
import { ask, say, words } from "./saving.js";

const root = document.documentElement;
root.classList.add("js");

const theme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  ask("/api/v1/me", { method: "PATCH", body: { theme: root.dataset.theme }, keepalive: true }).catch(() => {});
};
on("theme", theme);

const help = document.getElementById("keys");
on("help", () => {
  for (const row of help.querySelectorAll("[data-where]")) {
    const where = row.dataset.where;
    row.hidden = !(where === "everywhere" || (where === "queue" && document.body.classList.contains("queue")) ||
      (where === "item" && document.getElementById("work")) || (where === "audio" && document.querySelector("#player")) ||
      (where === "transcript" && document.querySelector("token-grid")));
  }
  help.showModal();
});

for (const [command, name] of [["go_queue", "queue"], ["go_mine", "mine"], ["go_agreement", "agreement"]]) {
  const link = document.querySelector(`a[data-go="${name}"]`);
  if (link) on(command, () => link.click());
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest?.("[data-copy]");
  if (!copy) return;
  try {
    await navigator.clipboard.writeText(copy.dataset.copy);
    say(words.copied, "good");
  } catch {
    copy.parentElement.querySelector("pre, code")?.focus();
  }
});

/* Choosing other keys: press one into its field. */
const keyForm = document.getElementById("key-form");
if (keyForm) {
  for (const field of keyForm.querySelectorAll("input[data-takes-keys]")) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Tab" || event.ctrlKey || event.altKey || event.metaKey) return;
      if (["Shift", "Dead", "Process"].includes(event.key)) return;
      event.preventDefault();
      if (event.key === "Escape") field.value = field.dataset.first;
      else field.value = ["Backspace", "Delete"].includes(event.key) ? "" : nameOf(event);
    });
  }
  keyForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    const keys = {};
    for (const field of keyForm.querySelectorAll("input[data-takes-keys]")) keys[field.name] = field.value;
    const single = keyForm.querySelector("[name=single_keys]").checked;
    const answer = await ask("/account/keys", { method: "POST", body: { keys, single_keys: single } }).catch(() => null);
    const data = await answer?.json().catch(() => ({}));
    if (answer?.ok) location.reload();
    else document.getElementById("key-problem").textContent = data?.problem ?? words.unsaved;
  });
}

/* Files: sent as they are. */
const fileForm = document.getElementById("file-form");
if (fileForm) {
  fileForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = document.getElementById("file-problem");
    const file = fileForm.elements.file.files[0];
    if (!file) return;
    const button = fileForm.querySelector("button");
    button.disabled = true;
    problem.textContent = "";
    say(words.saving);
    try {
      const asked = new URLSearchParams({ name: file.name });
      for (const name of ["project", "question", "kind"]) if (fileForm.elements[name]?.value) asked.set(name, fileForm.elements[name].value);
      const headers = { accept: "application/json", "content-type": "application/octet-stream", "x-csrf-token": document.body.dataset.csrf, "x-psephos": "page" };
      const read = await fetch(`${fileForm.dataset.to}?${asked}`, { method: "POST", headers, body: file });
      const data = await read.json();
      if (!read.ok) throw new Error(data.problem);
      location.assign(fileForm.dataset.after ?? `/projects/${data.id}`);
    } catch (wrong) {
      problem.textContent = wrong.message;
      button.disabled = false;
    }
  });
}

if (document.body.classList.contains("queue")) await import("./queue.js");
if (document.getElementById("work")) await import("./workspace.js");
if (document.querySelector("[data-passkey]")) await import("./passkey.js");
root.dataset.ready = "";

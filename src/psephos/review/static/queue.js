/* The queue: one row at a time has the focus. */
import { on } from "./keys.js";

const links = () => [...document.querySelectorAll("#rows a.name")];
const move = (step) => {
  const all = links();
  const place = all.indexOf(document.activeElement);
  const next = all[place < 0 && step < 0 ? all.length - 1 : place + step];
  if (!next) return;
  next.focus({ preventScroll: true });
  const box = next.getBoundingClientRect();
  const margin = innerHeight * 0.2;
  if (box.top < margin || box.bottom > innerHeight - margin) next.scrollIntoView({ block: "center" });
};
on("next", () => move(1));
on("previous", () => move(-1));
on("open", () => (links().includes(document.activeElement) ? document.activeElement : links()[0])?.click());
on("search", () => document.getElementById("f-search")?.focus());
for (const field of document.querySelectorAll("#filters select")) field.addEventListener("change", () => field.form.requestSubmit());

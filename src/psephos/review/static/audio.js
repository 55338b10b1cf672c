/* A recording: one audio element, which alone says what time it is. Nothing is done by timers. */
import { on } from "./keys.js";
import { say, words } from "./saving.js";
import { clock } from "./tokens.js";

const SPEEDS = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];
const WINDOWS = [Infinity, 60, 15]; /* seconds that the picture shows */
const USUAL = { auto: true, loop: false, before: 1.5, after: 0.5, step: 1, speed: 1 };
const LONGEST = 60; /* seconds of frequencies at once */
const read = (name, otherwise) => { try { return JSON.parse(localStorage.getItem(`psephos.${name}`)) ?? otherwise; } catch { return otherwise; } };
const write = (name, value) => { try { localStorage.setItem(`psephos.${name}`, JSON.stringify(value)); } catch { /* private window */ } };
const settings = { ...USUAL, ...read("sound", {}) };

let live = null; /* the player of the item that is shown */

class Player {
  constructor(box, grid) {
    this.box = box;
    this.grid = grid;
    this.audio = box.querySelector("audio");
    this.canvas = box.querySelector("canvas");
    this.slider = box.querySelector(".seek");
    this.offset = Number(this.audio.dataset.offset) / 1000 || 0; /* the file starts so late */
    this.wanted = null; /* where to go once the file is known */
    this.span = null; /* what is played, and no further */
    this.over = false; /* it was played to its end */
    this.fresh = true; /* just placed: no stepping back */
    this.frame = 0;
    this.zoom = -1;
    this.peaks = new Map();
    this.loud = new Map();
    this.picture = null;
    this.away = new AbortController();
    this.order();
    this.open();
  }

  /* Starts of words in rising order, for the binary search. */
  order() {
    const data = this.grid?.data;
    const found = [];
    if (data) data.start.forEach((start, at) => { if (start !== null && data.text[at]) found.push([start, at + 1]); });
    found.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    this.starts = Float64Array.from(found, (one) => one[0]);
    this.places = Int32Array.from(found, (one) => one[1]);
  }

  placeAt(time) {
    let low = 0, high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low ? this.places[low - 1] : 0;
  }

  /** Seconds of the transcript's clock. */
  get time() { return (this.wanted ?? this.audio.currentTime) + this.offset; }
  get duration() { return Number.isFinite(this.audio.duration) ? this.audio.duration : 0; }

  open() {
    const { audio, box } = this, { signal } = this.away;
    const listen = (name, act, part = audio) => part.addEventListener(name, act, { signal });
    audio.removeAttribute("controls");
    audio.preservesPitch = true;
    box.classList.add("ready");
    listen("loadedmetadata", () => {
      if (this.wanted !== null) audio.currentTime = Math.min(this.wanted, this.duration || this.wanted);
      this.wanted = null;
      this.zoom = this.zoom < 0 ? (this.duration > 90 ? 1 : 0) : this.zoom;
      this.slider.max = String(this.duration);
      this.show();
      this.draw();
    });
    listen("play", () => { this.label(); this.turn(); });
    listen("pause", () => { this.label(); this.show(); });
    listen("ended", () => { this.fresh = true; this.finish(); this.label(); }); /* of a span, too, that reaches to the end */
    listen("seeked", () => this.show());
    listen("timeupdate", () => { this.bound(); this.show(); }); /* also where the page is hidden and no frames come */
    listen("ratechange", () => this.label());
    listen("error", () => { box.classList.add("broken"); box.querySelector(".sound-problem").hidden = false; });
    listen("click", (event) => {
      const frame = this.canvas.getBoundingClientRect();
      const [low, high] = this.window();
      this.sent(low + (event.clientX - frame.left) / frame.width * (high - low) + this.offset);
    }, this.canvas);
    listen("input", () => this.sent(Number(this.slider.value) + this.offset), this.slider);
    listen("submit", (event) => {
      event.preventDefault();
      const time = seconds(box.querySelector(".go-time input").value);
      if (time === null) { say(words.notime, "warn"); return; }
      this.from(time);
      if (!this.grid?.go(this.placeAt(time))) box.querySelector("[data-command=play]").focus();
    }, box.querySelector(".go-time"));
    for (const field of box.querySelectorAll("[data-sound]")) {
      const name = field.dataset.sound, whether = field.type === "checkbox";
      if (whether) field.checked = settings[name];
      else field.value = String(settings[name]);
      listen("change", () => {
        settings[name] = whether ? field.checked : Math.min(Number(field.max), Math.max(Number(field.min), Number(field.value) || 0));
        write("sound", settings);
        if (name === "loop") this.hold();
      }, field);
    }
    audio.playbackRate = settings.speed;
    const back = Number(audio.dataset.resume);
    if (back) this.seek(back);
    if (audio.readyState >= 1) audio.dispatchEvent(new Event("loadedmetadata"));
    const redraw = () => { this.picture = null; this.draw(); };
    this.seen = new ResizeObserver(redraw);
    this.seen.observe(this.canvas);
    this.theme = new MutationObserver(redraw);
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    listen("change", redraw, matchMedia("(prefers-color-scheme: dark)"));
    this.label();
  }

  close() {
    this.audio.pause();
    cancelAnimationFrame(this.frame);
    this.away.abort();
    this.seen.disconnect();
    this.theme.disconnect();
    this.audio.removeAttribute("src");
    this.audio.load(); /* lets go of the connection */
  }

  /** Where this person goes on next time, in seconds of the transcript's clock; null at the start and the end. */
  get stop() {
    const time = this.wanted ?? this.audio.currentTime;
    return time > 1 && (!this.duration || time < this.duration - 1) ? Math.round(this.time * 100) / 100 : null;
  }

  seek(time) {
    const file = Math.max(0, time - this.offset);
    this.fresh = true;
    this.over = false;
    if (this.audio.readyState >= 1) this.audio.currentTime = this.duration ? Math.min(file, this.duration) : file;
    else { this.wanted = file; if (this.audio.preload !== "auto") this.audio.preload = "auto"; }
    this.show(time);
  }

  /** Somebody goes to a time: behind the span that is played it plays on, anywhere else the span stays. */
  sent(time) {
    if (this.span && time >= this.span.end + settings.after) this.span = null;
    this.seek(time);
  }

  start() {
    this.audio.play().catch((wrong) => { if (wrong.name !== "NotAllowedError" && wrong.name !== "AbortError") say(words.nosound, "warn"); });
  }

  toggle() {
    if (!this.audio.paused) { this.audio.pause(); this.fresh = false; return; }
    if (this.span && this.over) {
      if (settings.loop) this.seek(this.span.start - settings.before);
      else this.span = null; /* on, behind it */
    } else if (!this.fresh) this.seek(this.time - settings.step);
    this.fresh = false;
    this.over = false;
    this.start();
  }

  /** Play from a time on. */
  from(time) {
    this.span = null;
    this.seek(time);
    this.start();
  }

  /** Play a span with what is around it. */
  play(span, speed = settings.speed) {
    if (!span) { this.toggle(); return; }
    this.audio.playbackRate = speed;
    this.span = span;
    this.seek(span.start - settings.before);
    this.start();
  }

  /** A span was come to. */
  visit(span) {
    this.picture = null;
    if (!span) return;
    if (settings.auto) this.play(span);
    else { this.audio.pause(); this.span = null; this.seek(span.start - settings.before); }
  }

  bound() {
    if (this.span && !this.audio.paused && this.time >= this.span.end + settings.after) this.finish();
  }

  /* The span was played: once more, or stop. It is kept, so that who goes back into it and on hears it to its end. */
  finish() {
    if (!this.span) return;
    if (settings.loop) {
      this.seek(this.span.start - settings.before);
      if (this.audio.paused) this.start();
      return;
    }
    this.audio.pause();
    this.audio.playbackRate = settings.speed;
    this.fresh = true;
    this.over = true;
  }

  /* Repeating was asked for while it plays in the span that is looked at. */
  hold() {
    const here = settings.loop && !this.span ? this.grid?.bounds() : null;
    if (here && this.time >= here.start - settings.before && this.time < here.end + settings.after) this.span = here;
  }

  /* Each frame while it plays. */
  turn() {
    cancelAnimationFrame(this.frame);
    const frame = () => {
      if (this.audio.paused) return;
      this.bound();
      this.show();
      this.frame = requestAnimationFrame(frame);
    };
    this.frame = requestAnimationFrame(frame);
  }

  show(time = this.time) {
    this.grid?.light(this.placeAt(time));
    const text = `${clock(Math.max(0, time), true)} / ${clock(this.duration + this.offset, true)}`;
    const place = this.box.querySelector(".time-now");
    if (place.textContent !== text) place.textContent = text;
    if (document.activeElement !== this.slider) this.slider.value = String(time - this.offset);
    this.slider.setAttribute("aria-valuetext", clock(Math.max(0, time)));
    this.draw();
  }

  label() {
    const playing = !this.audio.paused;
    const button = this.box.querySelector("[data-command=play]");
    button.querySelector(".says").textContent = playing ? button.dataset.pause : button.dataset.play;
    button.querySelector(".sign").classList.toggle("bars", playing);
    this.box.querySelector(".speed").textContent = `${this.audio.playbackRate.toFixed(2).replace(/\.?0+$/, "")}×`;
    const loop = this.box.querySelector("[data-sound=loop]");
    loop.checked = settings.loop;
    this.box.querySelector("[data-command=spectrogram]").setAttribute("aria-pressed", String(Boolean(settings.frequencies)));
    this.canvas.classList.toggle("tall", Boolean(settings.frequencies));
  }

  faster(by) {
    const at = SPEEDS.findIndex((one) => one >= settings.speed - 0.001);
    settings.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + by))];
    write("sound", settings);
    this.audio.playbackRate = settings.speed;
    say(`${settings.speed}×`);
  }

  /* The picture: peaks of the server, doubtful spans behind them, a line where we are. */
  window() {
    const all = this.duration, wide = Math.min(WINDOWS[Math.max(0, this.zoom)], all || 1, settings.frequencies ? LONGEST : Infinity);
    if (wide >= all) return [0, all || 1];
    const page = Math.floor((this.time - this.offset) / (wide * 0.9)); /* turns like a page, so that it stands still */
    const low = Math.min(Math.max(0, page * wide * 0.9), all - wide);
    return [low, low + wide];
  }

  async load(zoom) {
    if (this.peaks.has(zoom)) return;
    this.peaks.set(zoom, null);
    const answer = await fetch(`${this.audio.dataset.waveform}?zoom=${zoom}`, { signal: this.away.signal }).catch(() => null);
    if (!answer?.ok || answer.status === 204) { if (!this.away.signal.aborted) this.box.querySelector(".no-picture").hidden = answer?.status !== 204; return; }
    const body = await answer.arrayBuffer().catch(() => null); /* the item was left meanwhile */
    if (!body) return;
    this.peaks.set(zoom, { rate: Number(answer.headers.get("x-per-second")), data: new Int8Array(body) });
    this.picture = null;
    this.draw();
  }

  /* Frequencies: columns of the server, darker where it is louder. */
  bands(low, high, pen, width, height, colour) {
    const key = `${low.toFixed(2)} ${high.toFixed(2)} ${width}`;
    if (!this.loud.has(key)) this.loadBands(key, low, high, Math.min(1000, width));
    const known = this.loud.get(key);
    if (!known) return false;
    const columns = known.data.length / known.bands;
    const small = new OffscreenCanvas(columns, known.bands), brush = small.getContext("2d"), image = brush.createImageData(columns, known.bands);
    brush.fillStyle = colour("--ink");
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
    for (let column = 0; column < columns; column++) {
      for (let band = 0; band < known.bands; band++) {
        image.data.set([red, green, blue, known.data[column * known.bands + band]], 4 * ((known.bands - 1 - band) * columns + column));
      }
    }
    brush.putImageData(image, 0, 0);
    pen.drawImage(small, 0, 0, width, height);
    return true;
  }

  async loadBands(key, low, high, columns) {
    this.loud.set(key, null);
    if (this.loud.size > 8) this.loud.delete(this.loud.keys().next().value);
    const asked = new URLSearchParams({ start: low, end: high, columns });
    const answer = await fetch(`${this.audio.dataset.spectrogram}?${asked}`, { signal: this.away.signal }).catch(() => null);
    if (!answer?.ok || answer.status === 204) { if (!this.away.signal.aborted) this.box.querySelector(".no-picture").hidden = answer?.status !== 204; return; }
    const body = await answer.arrayBuffer().catch(() => null);
    if (!body) return;
    this.loud.set(key, { bands: Number(answer.headers.get("x-bands")), data: new Uint8Array(body) });
    this.picture = null;
    this.draw();
  }

  paint(low, high, width, height, scale) {
    const picture = new OffscreenCanvas(width, height), pen = picture.getContext("2d");
    const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim();
    const x = (time) => (time - low) / (high - low) * width;
    for (const span of this.grid?.spans ?? []) {
      if (span.start === null || span.end === null) continue;
      const left = x(span.start - this.offset), right = Math.max(x(span.end - this.offset), left + 2 * scale);
      if (right < 0 || left > width) continue;
      const few = this.grid.isRisky(span);
      if (span === this.grid.spans[this.grid.span]) {
        pen.fillStyle = colour(few ? "--risk-tint" : "--middle-tint");
        pen.fillRect(left, 0, right - left, height);
      }
      pen.fillStyle = colour(few ? "--risk" : "--middle");
      pen.fillRect(left, height - 4 * scale, Math.max(scale, right - left - 2 * scale), 4 * scale);
    }
    const wants = width / (high - low);
    const zoom = wants > 60 ? 0 : wants > 12 ? 1 : 2;
    const known = this.peaks.get(zoom) ?? [...this.peaks.values()].find(Boolean);
    if (!this.peaks.has(zoom)) this.load(zoom);
    if (settings.frequencies && this.bands(low, high, pen, width, height - 4 * scale, colour)) return picture;
    pen.fillStyle = colour("--muted");
    const middle = (height - 4 * scale) / 2;
    if (!known) pen.fillRect(0, middle, width, scale);
    else {
      const step = scale, all = known.data.length / 2;
      for (let left = 0; left < width; left += step) {
        let from = Math.floor((low + left / width * (high - low)) * known.rate);
        const to = Math.max(from + 1, Math.floor((low + (left + step) / width * (high - low)) * known.rate));
        let least = 0, most = 0;
        for (; from < to && from < all; from++) {
          least = Math.min(least, known.data[2 * from]);
          most = Math.max(most, known.data[2 * from + 1]);
        }
        const top = middle - most / 127 * middle, bottom = middle - least / 127 * middle;
        pen.fillRect(left, top, step, Math.max(scale, bottom - top));
      }
    }
    return picture;
  }

  draw() {
    const { canvas } = this;
    if (!canvas.clientWidth || !this.duration) return;
    const scale = devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; this.picture = null; }
    const [low, high] = this.window();
    if (!this.picture || this.drawn !== `${low} ${high}`) {
      this.picture = this.paint(low, high, width, height, scale);
      this.drawn = `${low} ${high}`;
    }
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    pen.drawImage(this.picture, 0, 0);
    const style = getComputedStyle(document.documentElement);
    pen.fillStyle = style.getPropertyValue("--accent").trim();
    pen.fillRect((this.time - this.offset - low) / (high - low) * width - scale, 0, 2 * scale, height);
  }
}

/** Seconds of a time that somebody wrote: 75, 1:15, 0:01:15.5; null if it is none. */
export const seconds = (text) => {
  const parts = text.trim().replace(",", ".").split(":");
  if (!parts.every((one) => /^\d+(\.\d+)?$/.test(one)) || parts.length > 3) return null;
  return parts.reduce((sum, one) => sum * 60 + Number(one), 0);
};

/** The player of what is shown now, if there is a recording; the one before is closed. */
export const begin = (box, grid) => {
  live?.close();
  live = box ? new Player(box, grid) : null;
  if (grid) grid.player = live;
  return live;
};

const act = (command, what) => on(command, () => live && what(live));
act("play", (one) => one.toggle());
act("replay", (one) => one.play(one.grid?.bounds() ?? null));
act("replay_slower", (one) => one.play(one.grid?.bounds() ?? null, 0.7));
act("back", (one) => one.sent(one.time - 1));
act("forward", (one) => one.sent(one.time + 1));
act("slower", (one) => one.faster(-1));
act("faster", (one) => one.faster(1));
act("zoom", (one) => { one.zoom = (Math.max(0, one.zoom) + 1) % WINDOWS.length; one.picture = null; one.draw(); });
act("spectrogram", (one) => {
  settings.frequencies = !settings.frequencies;
  write("sound", settings);
  one.label();
  one.picture = null;
  one.draw();
  say(settings.frequencies ? words.frequencies : words.loudness);
});
act("loop", (one) => {
  settings.loop = !settings.loop;
  write("sound", settings);
  one.hold();
  one.label();
  say(settings.loop ? words.loops : words.noloop);
});
act("go_time", (one) => { const part = one.box.querySelector(".go-time"); part.closest("details").open = true; part.querySelector("input").select(); });

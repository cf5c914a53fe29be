// The hall under the finger: live tiles, timers, arrows, jumping to a place by its number.
import { ahead } from "./live.js";
import { load } from "./load.js";
import { typing } from "./keys.js";

const SOON_S = 600, VERY_SOON_S = 180, JUMP_MS = 2500, AGAIN_MS = 2000, MANY_MS = 300;

const tiles = () => [...document.querySelectorAll(".tile[data-place]")];
/** @param {string} id */
const tileOf = (id) => document.querySelector(`.tile[data-place="${id}"]`);

/** @param {number} s @returns {string} `2:05` hours, `8:12` minutes under ten of them */
export function left(s) {
  const two = (n) => String(n).padStart(2, "0");
  const whole = Math.max(0, Math.ceil(s));
  if (whole <= SOON_S) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? `0:${two(minutes)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
}

/** Seconds until a moment, by the server's clock. @param {string} moment */
const until = (moment) => (new Date(moment) - Date.now() - ahead) / 1000;

function tick() {
  const words = document.getElementById("tile-words")?.dataset ?? {};
  for (const tile of tiles()) draw(tile, words);
  for (const place of document.querySelectorAll("[data-left][data-until]")) place.textContent = left(until(place.dataset.until));
  for (const place of document.querySelectorAll("[data-since]")) place.textContent = left(-until(place.dataset.since));
}

/** @param {HTMLElement} tile */
function draw(tile, words) {
  const { state } = tile.dataset;
  const s = tile.dataset.until ? until(tile.dataset.until) : null;
  const timed = s !== null && (state === "active" || state === "held");
  const short = timed && (state === "active" || tile.parentElement.matches(".dense"));
  const text = short ? left(s) : (words[state] ?? "") + (timed ? ` ${left(s)}` : "");
  const what = tile.querySelector(".what");
  if (what.textContent !== text) what.textContent = text;
  tile.dataset.soon = state === "active" && timed ? (s < VERY_SOON_S ? 2 : s < SOON_S ? 1 : 0) : 0;
  const word = tile.closest("tr")?.querySelector("[data-word]");
  if (word) word.textContent = words[state] ?? "";
}

/** A device as the hall tells it. */
function patch(device) {
  // The news is for all pages; the map is on one.
  if (!document.getElementById("map")) return;
  const tile = tileOf(device.device_id);
  const stands = tile?.dataset.name === device.name && tile.closest(".zone").dataset.zone === device.zone_id;
  if (!stands) drawMap();
  if (!tile) return;
  const session = device.session ?? {};
  const held = device.state === "held";
  tile.dataset.sale = session.sale_id ?? "";
  tile.dataset.until = (held ? session.held_until : session.ends_at) ?? "";
  tile.dataset.state = held && awaited(session.sale_id) ? "receipt" : device.state;
  tile.querySelector(".who").textContent = session.client_name ?? "";
  const who = tile.closest("tr")?.querySelector("[data-whose]");
  if (who) who.textContent = session.client_name ?? "";
  draw(tile, document.getElementById("tile-words")?.dataset ?? {});
  count();
  refreshPanel(device.device_id);
}

let drawing = 0;
/** A place that is new, renamed or moved stands elsewhere: the map is drawn anew, once for many of them. */
function drawMap(soon_ms = MANY_MS) {
  drawing ||= setTimeout(async () => {
    drawing = 0;
    const path = document.getElementById("map").getAttribute("hx-get");
    if (!await load("GET", path, { source: "#map", target: "#map" })) drawMap(AGAIN_MS);
  }, soon_ms);
}

/** Whether the tray says that the sale's receipt is awaited. */
const awaited = (sale) => Boolean(sale) && Boolean(document.querySelector(`#tray [data-sale="${sale}"]:not([data-waits=pay])`));

function count() {
  const found = {};
  for (const tile of tiles()) {
    const state = tile.dataset.state === "receipt" ? "held" : tile.dataset.state;
    found[state] = (found[state] ?? 0) + 1;
  }
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = found[place.dataset.count] ?? 0;
}

/** The open panel is drawn anew when its place changes, except while somebody fills it in. */
function refreshPanel(id) {
  const panel = document.querySelector(`#side .panel[data-place="${id}"]`);
  if (!panel || panel.querySelector("[data-start]")?.contains(document.activeElement)) return;
  // Asked by the panel itself: a place that is chosen meanwhile takes its turn.
  const asked = load("GET", `/hall/places/${id}`, { source: "#side", target: "#side" });
  asked.then((answered) => { if (!answered) setTimeout(() => refreshPanel(id), AGAIN_MS); });
}

/** What is told while the map is asked for: the answer may be older. */
let meanwhile = null;
document.body.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt.id === "map") meanwhile = []; });
document.body.addEventListener("device.changed", (event) => {
  meanwhile?.push(event.detail);
  patch(event.detail);
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "tray") {
    for (const tile of tiles()) {
      if (tile.dataset.state === "held" && awaited(tile.dataset.sale)) tile.dataset.state = "receipt";
    }
  }
  if (event.detail.target.id === "map") {
    const told = meanwhile ?? [];
    meanwhile = null;
    told.forEach(patch);
  }
  const open = event.detail.target.id === "map" && document.querySelector("#side .panel")?.dataset.place;
  const again = open && tileOf(open);
  if (again) {
    choose(again);
    refreshPanel(open);
  }
  tick();
});

function choose(tile) {
  for (const one of tiles()) { one.removeAttribute("aria-current"); one.tabIndex = -1; }
  tile.setAttribute("aria-current", "true");
  tile.tabIndex = 0;
}
/** A tile says which place it is once, and no more: 200 of them are most of the page. How it asks stands around them. */
document.addEventListener("click", (event) => {
  const tile = event.target instanceof Element && event.target.closest(".tile[data-place]");
  if (!tile) return;
  choose(tile);
  load("GET", `/hall/places/${tile.dataset.place}`, { source: tile, target: "#side" });
});

/** The tile next to this one in a direction, by where it stands on the screen. */
function neighbour(tile, code) {
  const from = tile.getBoundingClientRect();
  const sideways = code === "ArrowLeft" || code === "ArrowRight";
  const sign = code === "ArrowRight" || code === "ArrowDown" ? 1 : -1;
  let best = null, least = Infinity;
  for (const one of tiles()) {
    const to = one.getBoundingClientRect();
    const along = sign * (sideways ? to.left - from.left : to.top - from.top);
    const across = Math.abs(sideways ? to.top - from.top : to.left - from.left);
    if (along > 2 && along + across * 3 < least) { least = along + across * 3; best = one; }
  }
  return best;
}

const jump = document.getElementById("jump");
let digits = "", forget = 0;

function showJump() {
  jump.hidden = !digits;
  jump.textContent = digits;
  clearTimeout(forget);
  if (digits) forget = setTimeout(() => { digits = ""; showJump(); }, JUMP_MS);
}

/** The place with this number: 37 is PC-037. */
const numbered = (text) => tiles().find((tile) => Number(/(\d+)\D*$/.exec(tile.dataset.name)?.[1]) === Number(text));

if (document.getElementById("map")) {
  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || document.querySelector("dialog[open]") || event.ctrlKey || event.altKey) return;
    const inPanel = document.activeElement?.closest("#side [data-start]");
    if (event.code.startsWith("Arrow") && !inPanel) {
      const now = tiles().find((tile) => tile === document.activeElement);
      const next = now ? neighbour(now, event.code) : tiles()[0];
      if (next) { event.preventDefault(); next.focus(); }
    } else if (/^\d$/.test(event.key) && !inPanel) {
      digits += event.key;
      showJump();
    } else if ((event.code === "Enter" || event.code === "Space") && digits) {
      const found = numbered(digits);
      digits = "";
      showJump();
      event.preventDefault();
      found?.focus();
      // With Space it joins those that are selected, as whatever has the focus.
      if (event.code === "Enter") found?.click();
    }
  });
  setInterval(tick, 1000);
}
tick();

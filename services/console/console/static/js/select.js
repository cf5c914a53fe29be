// Several places chosen at once: Space, Shift- or Ctrl-click, boxes of the table, a zone; Esc lets go of them.
// The panel of the group is drawn by the server; here is only which places are meant.
import { typing } from "./keys.js";
import { load } from "./load.js";

const SETTLED_MS = 150, AGAIN_MS = 2000;
const side = document.getElementById("side");
const choosing = document.getElementById("choosing");
const said = document.getElementById("said");

/** The ids of the places that are chosen; they outlive the map's being drawn anew. */
export const chosen = new Set();
export const tiles = () => [...document.querySelectorAll(".tile[data-place]")];
const group = () => side?.querySelector("[data-group]");
const asking = () => document.querySelector("dialog[open]");

/** The place of a box in the table: its row's. */
const placeOf = (box) => box.closest("tr").querySelector(".tile").dataset.place;

function show() {
  for (const grid of document.querySelectorAll("[role=grid]")) grid.setAttribute("aria-multiselectable", "true");
  for (const tile of tiles()) {
    if (tile.getAttribute("role") === "gridcell") tile.setAttribute("aria-selected", String(chosen.has(tile.dataset.place)));
  }
  for (const box of document.querySelectorAll("[data-choose]")) {
    box.checked = chosen.has(placeOf(box));
    box.disabled = false;
  }
}

/** What is asked of the server about the group goes through one place: the newest wins. */
function askAbout(path, target, more = {}) {
  return load("POST", path, { source: choosing, target, values: { device_id: [...chosen], ...more } });
}

/** Exactly these are chosen now. @param {Iterable<string>} ids */
export function choose(ids) {
  const now = [...ids];
  chosen.clear();
  for (const id of now) chosen.add(id);
  show();
  if (chosen.size > 1) {
    document.querySelector(".tile[aria-current=true]")?.removeAttribute("aria-current");
    askAbout("/hall/group", side);
    return;
  }
  if (group()) side.replaceChildren();
  said.textContent = chosen.size ? choosing.dataset.one : choosing.dataset.none;
}

/** A place joins those that are chosen, or leaves them. @param {string} id */
export function toggle(id) {
  const now = new Set(chosen);
  // The place whose panel is open is the first of several.
  const open = document.querySelector(".tile[aria-current=true]")?.dataset.place;
  if (!now.size && open && open !== id) now.add(open);
  if (!now.delete(id)) now.add(id);
  choose(now);
}

/** @param {Element} zone */
function toggleZone(zone) {
  const all = tiles().filter((tile) => zone.contains(tile)).map((tile) => tile.dataset.place);
  const every = all.every((id) => chosen.has(id));
  choose(every ? [...chosen].filter((id) => !all.includes(id)) : new Set([...chosen, ...all]));
}

/** Nothing is chosen any more; the focus goes back to the map. */
export function letGo() {
  const first = tiles().find((tile) => chosen.has(tile.dataset.place));
  choose([]);
  if (!document.activeElement || document.activeElement === document.body) first?.focus();
}

let eager = false;
/** To the tariffs of the group: at once, or as soon as its panel is drawn. */
export function toTariffs() {
  const first = side.querySelector("[data-group] [name=tariff_id]:checked") ?? side.querySelector("[data-group] [name=tariff_id]");
  eager = !first && !group();
  first?.focus();
}
export const endAll = () => side.querySelector("[data-end-all]")?.click();

let settling = 0;
/** The group's panel follows its places, except while somebody fills it in or its order is on the way. */
function refresh(soon_ms = SETTLED_MS) {
  clearTimeout(settling);
  settling = setTimeout(async () => {
    const start = side.querySelector("[data-start]");
    if (!group() || chosen.size < 2 || start?.matches(".htmx-request") || start?.contains(document.activeElement)) return;
    const tariff_id = start?.querySelector(":checked")?.value ?? "";
    if (!await askAbout("/hall/group?now=true", "#group", { tariff_id })) refresh(AGAIN_MS);
  }, soon_ms);
}

if (choosing) {
  show();
  // Before htmx and the map hear of it: with Shift or Ctrl a click opens nothing.
  document.addEventListener("click", (event) => {
    const tile = event.target instanceof Element && event.target.closest(".tile[data-place]");
    if (!tile) return;
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey) { chosen.clear(); show(); return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    toggle(tile.dataset.place);
  }, true);

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-close=side]") && chosen.size) letGo();
  });

  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.matches("[data-choose]")) toggle(placeOf(event.target));
  });

  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || asking() || event.ctrlKey || event.altKey || event.metaKey) return;
    const tile = document.activeElement?.closest(".tile[data-place]");
    if (event.code === "Space" && tile) { event.preventDefault(); toggle(tile.dataset.place); }
    else if (event.code === "KeyZ" && tile) toggleZone(tile.closest(".zone"));
    else if (event.code === "KeyS" && chosen.size > 1) toTariffs();
    else if (event.code === "Escape" && chosen.size) letGo();
  });
  // A button is pressed when Space comes up.
  document.addEventListener("keyup", (event) => {
    if (event.code === "Space" && event.target instanceof Element && event.target.closest(".tile[data-place]")) event.preventDefault();
  });

  document.body.addEventListener("device.changed", (event) => { if (chosen.has(event.detail.device_id)) refresh(); });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event.detail;
    if (target.id === "map") { show(); refresh(); }
    if (target !== side || !group()) return;
    said.textContent = group().querySelector("[data-say]").textContent;
    if (eager) toTariffs();
  });

  // One guest has paid: Enter goes on with the next.
  document.getElementById("dialog").addEventListener("close", () => {
    if (group()) (side.querySelector("[data-next]") ?? tiles().find((tile) => chosen.has(tile.dataset.place)))?.focus();
  });
}

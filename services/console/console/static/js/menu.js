// The menu of a place: the right button, Shift+F10 or the menu key. What stands in it is drawn by the server.
import { load } from "./load.js";
import { chosen, endAll, letGo, toTariffs, toggle } from "./select.js";

const MARGIN_PX = 8;
const menu = document.getElementById("menu");
let tile = null, at = { x: 0, y: 0 };

const items = () => [...menu.querySelectorAll("[role=menuitem]")];

/** @param {HTMLElement} of @param {{x: number, y: number}} where */
function open(of, where) {
  tile = of;
  at = where;
  const values = { device_id: [...chosen] };
  if (chosen.size > 1 && chosen.has(of.dataset.place)) load("POST", "/hall/group/menu", { source: menu, target: menu, values });
  else load("GET", `/hall/places/${of.dataset.place}/menu`, { source: menu, target: menu });
}

function close() {
  menu.hidePopover();
  tile?.focus();
}

const acts = {
  open: () => tile.click(),
  toggle: () => toggle(tile.dataset.place),
  start: toTariffs,
  end: endAll,
  none: letGo,
};

if (menu) {
  document.addEventListener("contextmenu", (event) => {
    const of = event.target instanceof Element && event.target.closest(".tile[data-place]");
    if (!of) return;
    event.preventDefault();
    // From the keyboard it comes without a place on the screen.
    open(of, event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : below(of));
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== menu) return;
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(MARGIN_PX, Math.min(at.x, innerWidth - width - MARGIN_PX))}px`;
    menu.style.top = `${Math.max(MARGIN_PX, Math.min(at.y, innerHeight - height - MARGIN_PX))}px`;
    items()[0]?.focus();
  });

  menu.addEventListener("click", (event) => {
    const item = event.target.closest("[role=menuitem]");
    if (!item) return;
    close();
    acts[item.dataset.act]?.();
  });

  // Before the map and the page: while the menu is open, its keys are its own.
  document.addEventListener("keydown", (event) => {
    const of = document.activeElement?.closest(".tile[data-place]");
    if (of && (event.code === "ContextMenu" || (event.shiftKey && event.code === "F10"))) {
      event.preventDefault();
      open(of, below(of));
      return;
    }
    if (!menu.matches(":popover-open")) return;
    const all = items(), now = all.indexOf(document.activeElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1 + all.length, Home: 0, End: all.length - 1 }[event.code];
    event.stopPropagation();
    if (to !== undefined) { event.preventDefault(); all[to % all.length]?.focus(); }
    else if (event.code === "Escape" || event.code === "Tab") { event.preventDefault(); close(); }
  }, true);
}

/** @param {HTMLElement} of where its menu comes out of it */
function below(of) {
  const { left, bottom } = of.getBoundingClientRect();
  return { x: left + MARGIN_PX, y: bottom - MARGIN_PX };
}

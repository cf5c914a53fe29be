// A rectangle drawn over the map chooses the places that it touches; with Shift or Ctrl besides those chosen before.
import { choose, chosen, tiles } from "./select.js";

const FAR_PX = 6;
const marquee = document.getElementById("marquee");
const map = document.querySelector("#map:has([role=grid])");
let from = null, dragged = false;

/** @param {PointerEvent} event the rectangle since the button went down, on the screen as it is scrolled now */
function drawn(event) {
  const x = from.x - scrollX, y = from.y - scrollY;
  return { left: Math.min(x, event.clientX), top: Math.min(y, event.clientY), right: Math.max(x, event.clientX), bottom: Math.max(y, event.clientY) };
}

/** The places under it. */
function touched({ left, top, right, bottom }) {
  const meets = (at) => at.left < right && at.right > left && at.top < bottom && at.bottom > top;
  return tiles().filter((tile) => meets(tile.getBoundingClientRect()));
}

map?.addEventListener("pointerdown", (event) => {
  dragged = false;
  if (event.button !== 0 || event.pointerType !== "mouse" || event.target.closest("a")) return;
  from = { x: event.pageX, y: event.pageY, kept: event.shiftKey || event.ctrlKey ? [...chosen] : [] };
});

if (map) {
  addEventListener("pointermove", (event) => {
    if (!from) return;
    dragged ||= Math.hypot(event.pageX - from.x, event.pageY - from.y) > FAR_PX;
    if (!dragged) return;
    const box = drawn(event);
    marquee.hidden = false;
    for (const [name, px] of Object.entries({ left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top })) marquee.style[name] = `${px}px`;
    const under = new Set(touched(box));
    for (const tile of tiles()) tile.classList.toggle("touched", under.has(tile));
  });
  addEventListener("pointerup", (event) => {
    if (!from) return;
    const { kept } = from, box = drawn(event);
    from = null;
    marquee.hidden = true;
    for (const tile of tiles()) tile.classList.remove("touched");
    if (dragged) choose(new Set([...kept, ...touched(box).map((tile) => tile.dataset.place)]));
  });
  addEventListener("pointercancel", () => { from = null; marquee.hidden = true; });
  // The click that ends a drag presses nothing.
  document.addEventListener("click", (event) => {
    if (dragged) { dragged = false; event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
}

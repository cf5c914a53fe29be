// Silence for 12 s: the page says so, keeps what was typed, and takes no money until the server is back.
import { heard } from "./live.js";

const SILENT_MS = 12_000;
const banner = document.getElementById("offline");
const down = document.getElementById("down");
const away = new Set();

function look() {
  const silent = Boolean(document.body.dataset.live) && Date.now() - heard > SILENT_MS;
  if (silent === document.body.classList.contains("offline")) return;
  document.body.classList.toggle("offline", silent);
  banner.hidden = !silent;
  if (silent) {
    const clock = new Date(heard).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    banner.textContent = banner.dataset.text.replace("{time}", clock);
  } else document.body.dispatchEvent(new CustomEvent("upstream.up"));
}
if (banner) setInterval(look, 500);

document.body.addEventListener("htmx:configRequest", (event) => {
  if (document.body.classList.contains("offline") && event.detail.elt.closest("[data-money]")) event.preventDefault();
});

function showDown() {
  const texts = [...away].map((service) => down.dataset[service]).filter(Boolean);
  down.textContent = texts.join(" ");
  down.hidden = !texts.length;
}
document.body.addEventListener("upstream.down", (event) => { away.add(event.detail.service); showDown(); });
document.body.addEventListener("upstream.up", (event) => { away.delete(event.detail?.service); showDown(); });

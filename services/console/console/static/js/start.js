// Starting a session with the keyboard alone: Enter on an empty search is a guest, a digit is a tariff, Enter goes on.
import { load } from "./load.js";
import { typing } from "./keys.js";

const form = () => document.querySelector("#side [data-start]");

function toTariffs() {
  const first = form().querySelector("[name=tariff_id]:checked") ?? form().querySelector("[name=tariff_id]");
  first?.focus();
}

document.addEventListener("keydown", (event) => {
  const start = form();
  if (!start || document.querySelector("dialog[open]")) return;
  const inside = start.contains(event.target);
  if (event.target.id === "who") {
    if (event.code === "Enter") {
      event.preventDefault();
      const hit = start.querySelector(".hit");
      if (event.target.value.trim() && hit) hit.click();
      else if (!event.target.value.trim()) toTariffs();
    } else if (event.code === "ArrowDown") {
      const hit = start.querySelector(".hit");
      if (hit) { event.preventDefault(); hit.focus(); }
    }
    return;
  }
  if (!inside || typing(event.target)) return;
  const digit = /^\d$/.test(event.key) && start.querySelector(`[data-digit="${event.key}"]`);
  if (digit) {
    event.preventDefault();
    digit.checked = true;
    digit.focus();
  } else if (event.code === "Enter" && event.target.matches("[name=tariff_id]")) {
    event.preventDefault();
    // A guest may type faster than the choice is drawn: nothing is ordered without a tariff.
    if (start.querySelector("[name=tariff_id]:checked")) start.requestSubmit();
    else event.target.checked = true;
  }
});

// A client was chosen: on to the tariffs.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "side" && form()?.querySelector(".chosen-client")) toTariffs();
});

// What was ordered is not ordered again: behind the pay dialog its panel shows the place as it is now.
document.body.addEventListener("htmx:afterSwap", (event) => {
  const { target, requestConfig } = event.detail;
  const place = target.id === "dialog" && requestConfig?.elt?.matches?.("[data-start]") && form()?.closest(".panel")?.dataset.place;
  if (place) load("GET", `/hall/places/${place}`, { source: "#side", target: "#side" });
});

// Counting the drawer: notes and coins become the sum, under the finger.
import { plain, shown, typed } from "./money.js";

/** @param {HTMLFormElement} form */
function add(form) {
  let total = 0, any = false;
  for (const field of form.querySelectorAll("[data-nominal]")) {
    if (field.value.trim()) any = true;
    total += Number(field.dataset.nominal) * (Number(field.value) || 0);
  }
  const cash = form.elements.namedItem("cash");
  if (any && cash) cash.value = plain(total);
  const expected = form.dataset.expected, place = form.querySelector("[data-difference]");
  if (place && expected !== undefined && cash) {
    const counted = cash.value.trim() ? typed(cash.value) : null;
    place.textContent = counted === null ? "" : shown(counted - Number(expected));
    place.classList.toggle("bad", counted !== null && counted !== Number(expected));
  }
}

/** A form that comes back with what was counted shows its difference at once. */
function addAll(root) {
  for (const form of root.querySelectorAll?.("[data-count-form]") ?? []) add(form);
}
document.body.addEventListener("htmx:load", (event) => addAll(event.target));
addAll(document);
document.addEventListener("input", (event) => {
  const form = event.target instanceof Element && event.target.closest("[data-count-form]");
  if (form) add(form);
});
document.addEventListener("keydown", (event) => {
  const form = event.target instanceof Element && event.target.closest("[data-count-form]");
  if (!form || event.key !== "Enter") return;
  if (!event.ctrlKey && event.target instanceof HTMLButtonElement) return;
  event.preventDefault();
  if (event.ctrlKey) { form.requestSubmit(); return; }
  const all = [...form.querySelectorAll("input:not([type=hidden]), button:not([type=button])")].filter((one) => one.offsetParent);
  all[all.indexOf(event.target) + 1]?.focus();
});

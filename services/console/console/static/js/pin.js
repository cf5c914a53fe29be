// PIN fields submit themselves at the sixth digit; a desk that nobody touches locks itself; a locked one keeps its page.
import { load } from "./load.js";

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || field.name !== "pin" || !field.closest("[data-pin]")) return;
  field.value = field.value.replace(/\D/g, "").slice(0, 6);
  if (field.value.length === 6) field.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const pressed = event.target instanceof Element && event.target.closest("[data-digit]");
  if (!pressed || !pressed.closest(".pad")) return;
  const field = pressed.closest("form").elements.pin;
  field.value = pressed.dataset.digit === "back" ? field.value.slice(0, -1) : field.value + pressed.dataset.digit;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

const overlay = document.getElementById("lock");
let refused = null;

if (overlay) {
  document.body.addEventListener("desk.locked", () => {
    if (overlay.open) return;
    overlay.showModal();
    load("GET", "/locked", { source: overlay, target: overlay, select: "#unlock", swap: "innerHTML" });
  });
  // A locked desk asks for nothing but its PIN.
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (overlay.open && !overlay.contains(event.detail.elt)) event.preventDefault();
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (overlay.contains(event.detail.target)) overlay.querySelector("[name=pin]")?.focus();
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 423) refused = event.detail;
  });
  document.body.addEventListener("desk.unlocked", () => {
    overlay.close();
    overlay.replaceChildren();
    // What the lock held up is asked again: the same form with the same attempt.
    const { requestConfig, elt } = refused ?? {};
    refused = null;
    if (requestConfig && elt?.isConnected) {
      load(requestConfig.verb.toUpperCase(), requestConfig.path, { source: elt, target: requestConfig.target });
    }
    document.body.dispatchEvent(new CustomEvent("upstream.up"));
  });
}

const idleMs = Number(document.body.dataset.idleS || 0) * 1000;
if (overlay && idleMs && document.body.dataset.lock) {
  let touched = Date.now();
  for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    addEventListener(name, () => { touched = Date.now(); }, { passive: true });
  }
  setInterval(() => {
    if (Date.now() - touched < idleMs || overlay.open) return;
    touched = Date.now();
    load("POST", "/lock", { source: document.body, swap: "none" });
  }, 1000);
}

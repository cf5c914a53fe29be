// Dialogs open when something is put into them, and closing loses nothing that was typed into the page.

const dialog = document.getElementById("dialog");

/** @param {Element} inside */
function focusFirst(inside) {
  const first = inside.querySelector("[autofocus]") || inside.querySelector("input:not([type=hidden]), button");
  if (first instanceof HTMLElement) first.focus();
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  const target = /** @type {Element} */ (event.detail.target);
  if (target === dialog) {
    if (!dialog.open) dialog.showModal();
    focusFirst(dialog);
  } else if (target.id === "side" && !target.querySelector("[data-group]")) focusFirst(target);
  const due = target.querySelector?.("[data-change-due]");
  if (due) keepChange(due.dataset.changeDue);
});

/** The change stays in sight after the dialog is gone, until the next key. @param {string} text */
function keepChange(text) {
  const place = document.getElementById("change");
  place.textContent = text;
  place.hidden = false;
  addEventListener("keydown", () => addEventListener("keydown", () => { place.hidden = true; }, { once: true }), { once: true });
}

// Nobody loses the number that he is typing because a step moved on.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  if (target.id === "steps" && document.activeElement?.matches("input") && target.contains(document.activeElement)) {
    event.detail.shouldSwap = false;
  }
});

// A sale that ended well closes its dialog by itself.
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.target.closest?.("#dialog")) return;
  const steps = dialog.querySelector("[data-over][data-sale-state=paid]");
  if (steps) setTimeout(() => { if (steps.isConnected) dialog.close(); }, 2000);
});

document.addEventListener("click", (event) => {
  const pressed = event.target instanceof Element && event.target.closest("[data-close], [data-open]");
  if (!pressed) return;
  if (pressed.dataset.open) document.getElementById(pressed.dataset.open)?.showModal();
  else if (pressed.dataset.close === "side") closeSide();
  else document.getElementById(pressed.dataset.close)?.close();
});

function closeSide() {
  const side = document.getElementById("side");
  const tile = document.querySelector(".tile[aria-current=true]");
  side?.replaceChildren();
  tile?.removeAttribute("aria-current");
  tile?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.code === "Escape" && !document.querySelector("dialog[open]")) closeSide();
});

document.body.addEventListener("dialog.close", () => dialog.close());
document.getElementById("lock")?.addEventListener("cancel", (event) => event.preventDefault());
dialog?.addEventListener("close", () => { dialog.replaceChildren(); document.querySelector(".tile[aria-current=true]")?.focus(); });

// What cannot be undone is asked once, and the answer at hand is no.
document.body.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const ask = document.getElementById("ask");
  ask.querySelector("[data-question]").textContent = event.detail.question;
  ask.showModal();
  ask.querySelector("[value=no]").focus();
  ask.addEventListener("close", () => { if (ask.returnValue === "yes") event.detail.issueRequest(true); ask.returnValue = ""; }, { once: true });
});

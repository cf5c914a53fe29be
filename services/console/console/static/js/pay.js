// The pay dialog under the finger: remainder and change. The service computes both again.
import { plain, shown, typed } from "./money.js";
import { chord } from "./keys.js";

const KINDS = { KeyC: "cash", KeyK: "card", KeyB: "balance", KeyO: "bonus" };
const form = () => document.querySelector("#dialog [data-pay]");
const field = (name) => form()?.elements.namedItem(name) ?? null;
const value = (name) => (field(name) ? typed(field(name).value) : 0);

const entered = () => ["cash", "card", "balance"].reduce((sum, name) => sum + (value(name) || 0), 0);
/** A top-up is what is put in; a sale is what is to be paid after bonuses. */
const open = () => form().dataset.openSum !== undefined;
const due = () => (open() ? entered() : Number(form().dataset.total) - (value("bonus") || 0));

function draw() {
  if (!form()) return;
  for (const name of ["cash", "card", "balance", "bonus", "received"]) {
    const one = field(name);
    one?.closest(".field").classList.toggle("wrong", value(name) === null);
  }
  const rest = due() - entered();
  form().querySelector("[data-to-pay]").textContent = shown(due());
  const row = form().querySelector("[data-rest-of]");
  row.hidden = rest === 0;
  form().querySelector("[data-rest]").textContent = shown(rest);
  for (const part of form().querySelectorAll("[data-with]")) part.hidden = !value(part.dataset.with);
  const received = value("received");
  form().querySelector("[data-change]").textContent = received ? shown(Math.max(0, received - value("cash"))) : "—";
  for (const quick of form().querySelectorAll("[data-quick]")) quick.setAttribute("aria-pressed", String(Number(quick.dataset.quick) === received));
}

/** An empty tender takes what is still to be paid, as far as it can. @param {string} name */
function fill(name) {
  const one = field(name);
  if (!one) return;
  if (!one.value.trim()) {
    const most = name === "balance" ? Number(form().dataset.balance || 0) : name === "bonus" ? Number(form().dataset.bonusMax || 0) : Infinity;
    let rest = due() - entered();
    // Money that was put on cash beforehand goes where the guest wants it.
    if (rest <= 0 && name !== "cash" && field("cash").dataset.given === "whole") { rest = due(); field("cash").value = ""; }
    const sum = Math.min(rest, most);
    if (sum > 0) one.value = plain(sum);
    if (name !== "cash" && field("cash").dataset.given === "whole") field("cash").value = due() - entered() > 0 ? plain(due() - entered()) : "";
  }
  one.closest(".field").hidden = false;
  one.focus();
  one.select();
  draw();
}

function quick(step) {
  const sums = [...form().querySelectorAll("[data-quick]")].map((one) => Number(one.dataset.quick));
  const now = value("received") || 0;
  const next = step > 0 ? sums.find((sum) => sum > now) : sums.findLast((sum) => sum < now);
  if (next) { field("received").value = plain(next); draw(); }
}

// A new dialog begins with the whole sum in cash; the digits that follow are what the guest hands over.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "dialog" || !form()) return;
  if (!open() && !entered() && !value("bonus")) {
    field("cash").value = plain(due());
    field("cash").dataset.given = "whole";
    draw();
    field("received").focus();
  }
  draw();
});

document.addEventListener("input", (event) => {
  if (!form()?.contains(event.target)) return;
  if (event.target.name === "cash") delete event.target.dataset.given;
  if (event.target.name === "bonus" && field("cash").dataset.given === "whole") {
    field("cash").value = plain(Math.max(0, due() - (value("card") || 0) - (value("balance") || 0)));
  }
  draw();
});

document.addEventListener("click", (event) => {
  const sum = event.target instanceof Element && event.target.closest("[data-quick]");
  if (!sum || !form()) return;
  field("received").value = plain(Number(sum.dataset.quick));
  field("received").focus();
  draw();
});

document.addEventListener("keydown", (event) => {
  if (!form() || !form().contains(event.target)) return;
  const kind = KINDS[chord(event)];
  if (kind && field(kind) && event.target.dataset.sum !== undefined) {
    event.preventDefault();
    fill(kind);
  } else if ((event.key === "+" || event.key === "-") && value("cash")) {
    event.preventDefault();
    quick(event.key === "+" ? 1 : -1);
  } else if (event.key === "=" && event.target.dataset.sum !== undefined) {
    event.preventDefault();
    field("received").value = "";
    draw();
  } else if (event.code === "ArrowDown" || event.code === "ArrowUp") {
    const all = [...form().querySelectorAll("input[data-sum]")].filter((one) => one.offsetParent);
    const next = all[all.indexOf(event.target) + (event.code === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); next.select(); }
  }
});

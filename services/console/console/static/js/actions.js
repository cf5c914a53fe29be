// Any action by its name: typing narrows the list, arrows move in it, Enter does the first.

const place = document.getElementById("actions");
const hits = () => [...place.querySelectorAll(".hit")].filter((one) => !one.hidden);

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === place) place.querySelector("[data-find]").focus();
});

place?.addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const one of place.querySelectorAll(".hit")) {
    const name = one.textContent.toLowerCase();
    one.hidden = !words.every((word) => name.includes(word));
  }
  place.querySelector("[data-none]").hidden = hits().length > 0;
});

place?.addEventListener("keydown", (event) => {
  const shown = hits(), step = { ArrowDown: 1, ArrowUp: -1 }[event.code];
  if (event.code === "Enter" && event.target.matches("[data-find]")) {
    event.preventDefault();
    shown[0]?.click();
  } else if (step) {
    event.preventDefault();
    const next = shown[shown.indexOf(document.activeElement) + step];
    (next ?? place.querySelector("[data-find]")).focus();
  }
});

// Kopecks as people type and read them; the service computes every sum again.

const language = document.documentElement.lang;

/** @param {string} text @returns {number|null} kopecks; null where it is no sum; 0 where it is empty */
export function typed(text) {
  let plain = text.replace(/[\s\u00a0₽]/g, "");
  if (plain === "") return 0;
  if (plain.includes(",") && plain.includes(".")) plain = plain.replaceAll(",", "");
  const found = /^(\d*)(?:[.,](\d{0,2}))?$/.exec(plain);
  return found ? Number(found[1] || 0) * 100 + Number((found[2] || "").padEnd(2, "0") || 0) : null;
}

/** @param {number} kopecks @returns {string} `1 234,50 ₽` or `1,234.50 ₽` */
export function shown(kopecks) {
  const rubles = String(Math.floor(Math.abs(kopecks) / 100)).replace(/\B(?=(\d{3})+$)/g, language === "ru" ? "\u00a0" : ",");
  const rest = String(Math.abs(kopecks) % 100).padStart(2, "0");
  return `${kopecks < 0 ? "−" : ""}${rubles}${language === "ru" ? "," : "."}${rest}\u00a0₽`;
}

/** @param {number} kopecks @returns {string} what stands in a field: no sign, no groups */
export function plain(kopecks) {
  const rest = kopecks % 100;
  return Math.floor(kopecks / 100) + (rest ? (language === "ru" ? "," : ".") + String(rest).padStart(2, "0") : "");
}

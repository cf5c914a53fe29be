// What every page of the desk runs; office.js is the rest, which the hall does without.
// Each module does nothing where its elements are not.
import "./dialogs.js";
import "./keys.js";
import "./live.js";
import "./offline.js";
import "./pin.js";
import "./hall.js";
import "./start.js";
import "./pay.js";

const AGAIN_MS = 2000;
/** What nobody waits for comes after the rest, and is asked for again where the line broke. */
function later(part) {
  part().catch(() => setTimeout(later, AGAIN_MS, part));
}
// The hall is there before several of its places can be chosen.
if (document.getElementById("map")) later(() => import("./several.js"));
later(() => import("./actions.js"));

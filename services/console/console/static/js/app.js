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

// The hall is there before several of its places can be chosen: nobody waits for that.
if (document.getElementById("map")) import("./several.js");
import("./actions.js");

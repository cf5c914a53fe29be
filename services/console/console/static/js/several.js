// What can be done with several places of the hall at once, and what can be done at one of them.
import "./select.js";
import "./drag.js";
import "./menu.js";

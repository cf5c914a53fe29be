// What pages beside the hall run: counting the drawer, and paper.
import "./count.js";
import "./print.js";

// The pages before one is inside.
import "./pin.js";

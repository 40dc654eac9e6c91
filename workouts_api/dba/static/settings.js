"use strict";
// Font Awesome, inside pev2, adds no styles by itself: plan.css has those that the plans need.
window.FontAwesomeConfig = { autoAddCss: false };

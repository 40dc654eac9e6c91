"use strict";
// Font Awesome, inside pev2, adds no styles by itself: plan.css has those that the plans need.
window.FontAwesomeConfig = { autoAddCss: false };
// Bootstrap has a dark theme, which an attribute chooses; here the reader's system chooses it.
const dark = matchMedia("(prefers-color-scheme: dark)");
const chooseTheme = () => { document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", chooseTheme);
chooseTheme();

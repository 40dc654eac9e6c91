"use strict";
// Draws the plan that is chosen in the list. All plans stand in the page; nothing is fetched.
const plans = JSON.parse(document.getElementById("plans").textContent);
const choice = document.getElementById("choice");
const chosen = Vue.ref(0);
plans.forEach((plan, number) => choice.add(new Option(plan.title, number)));
choice.addEventListener("change", () => { chosen.value = Number(choice.value); });
Vue.createApp({
  render() {
    const plan = plans[chosen.value];
    return Vue.h(pev2.Plan, { key: chosen.value, planSource: plan.source, planQuery: plan.query });
  },
}).mount("#plan");

// Comforts only: every form works without. Shows a password, ticks off its rules, sends a form once.
(function () {
  "use strict";
  var words = document.currentScript.dataset;
  document.querySelectorAll("input[type=password]:not(#password_again)").forEach(function (input) {
    var again = input.id === "password" && document.getElementById("password_again");
    var button = document.createElement("button");
    button.type = "button";
    button.className = "quiet show";
    button.setAttribute("aria-controls", input.id);
    button.textContent = words.show;
    button.addEventListener("click", function () {
      var hidden = input.type === "password";
      reveal(hidden);
      button.textContent = hidden ? words.hide : words.show;
    });
    function reveal(yes) {
      [input, again].forEach(function (each) { if (each) each.type = yes ? "text" : "password"; });
    }
    input.after(button);
    input.form.addEventListener("submit", function () { reveal(false); });
  });
  var rules = { length: /^[^]{8}/u, lower: /\p{Ll}/u, upper: /\p{Lu}/u, digit: /\p{Nd}/u };
  var password = document.querySelector("[passwordrules]");
  if (password) password.addEventListener("input", function () {
    document.querySelectorAll("[data-rule]").forEach(function (item) {
      item.classList.toggle("met", rules[item.dataset.rule].test(password.value));
    });
  });
  document.querySelectorAll("form").forEach(function (form) {
    var sent = false;
    form.addEventListener("submit", function (event) {
      if (sent) event.preventDefault();
      sent = true;
      form.querySelectorAll("button:not([type=button])").forEach(function (button) {
        button.setAttribute("aria-disabled", "true");
      });
    });
  });
  addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });
})();

// Comforts only: every form works without. Shows a password, ticks off its rules, sends a form once.
(function () {
  "use strict";
  var words = document.currentScript.dataset;
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }
  var errors = document.querySelector(".errors");
  if (errors) errors.focus();

  each("input[type=password]:not(#password_again)", function (input) {
    var again = input.id === "password" && document.getElementById("password_again");
    var button = document.createElement("button");
    function reveal(yes) {
      [input, again].forEach(function (field) { if (field) field.type = yes ? "text" : "password"; });
      button.textContent = yes ? words.hide : words.show;
    }
    button.type = "button";
    button.className = "quiet show";
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", function () { reveal(input.type === "password"); });
    input.form.addEventListener("submit", function () { reveal(false); });
    input.parentNode.appendChild(button);
    reveal(false);
  });

  try {
    // Older browsers do not know these classes of characters, and go without the ticks.
    var rules = {
      length: new RegExp("^[^]{8}", "u"), lower: new RegExp("\\p{Ll}", "u"),
      upper: new RegExp("\\p{Lu}", "u"), digit: new RegExp("\\p{Nd}", "u")
    };
    each("[passwordrules]", function (input) {
      input.addEventListener("input", function () {
        each("[data-rule]", function (item) {
          item.classList[rules[item.dataset.rule].test(input.value) ? "add" : "remove"]("met");
        });
      });
    });
  } catch (error) { /* as said */ }

  each("form", function (form) {
    var sent = false;
    function mark(yes) {
      sent = yes;
      Array.prototype.forEach.call(form.querySelectorAll("button:not([type=button])"), function (button) {
        button.setAttribute("aria-disabled", yes);
      });
    }
    form.addEventListener("submit", function (event) {
      if (sent) event.preventDefault();
      // Whoever stops the page, or loses the network, must be able to try again.
      else { mark(true); setTimeout(function () { mark(false); }, 5000); }
    });
  });

  // A page kept by the browser may be of a session that has ended since.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted && document.querySelector("nav")) location.reload();
  });
})();

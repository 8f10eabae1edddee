// Shows the list anew as soon as there is a newer mail on it.
const { newest, address } = document.currentScript.dataset;
const question = "/messages.json?" + new URLSearchParams({ after: newest, to: address });

async function look() {
  try {
    const newer = await (await fetch(question)).json();
    if (newer.length > 0) return location.reload();
  } catch {
    // The local cloud was stopped; it may come back.
  }
  setTimeout(look, 2000);
}

setTimeout(look, 2000);

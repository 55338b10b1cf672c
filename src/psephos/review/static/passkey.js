/* Passkeys: the browser's own window asks for the key; what it says goes to the server as it is. */
import { ask, words } from "./saving.js";

const post = async (path, body) => {
  const answer = await ask(path, { method: "POST", body });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.problem);
  return data;
};

const use = async () => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await post("/sign-in/passkey/question", {}));
  const reply = await navigator.credentials.get({ publicKey });
  return post("/sign-in/passkey", reply.toJSON());
};
const make = async () => {
  const present = document.getElementById("passkey-present")?.value ?? "";
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await post("/account/passkeys/question", { present }));
  const reply = await navigator.credentials.create({ publicKey });
  return post("/account/passkeys", reply.toJSON());
};

for (const button of document.querySelectorAll("[data-passkey]")) {
  button.addEventListener("click", async () => {
    const problem = document.createElement("p");
    problem.className = "problem";
    problem.setAttribute("role", "alert");
    button.parentElement.querySelector(".problem")?.remove();
    try {
      location.assign((await (button.dataset.passkey === "use" ? use() : make())).to);
    } catch (wrong) {
      problem.textContent = wrong.name === "Error" ? wrong.message : words.passkeyfailed;
      button.parentElement.append(problem);
    }
  });
}

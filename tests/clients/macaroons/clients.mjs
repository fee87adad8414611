// Macaroon libraries of npm. Takes one's name; narrows the tokens of its input (see clients.py).
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.env.ZONEMINT_NODE + "/");

const libraries = {
  macaroon: () => {
    const { bytesToBase64, importMacaroon } = require("macaroon");
    return (token, caveat) => {
      const macaroon = importMacaroon(token);
      macaroon.addFirstPartyCaveat(new TextEncoder().encode(caveat));
      return {
        "exportBinary()": () => bytesToBase64(macaroon.exportBinary()),
        "exportBinary(), standard base64": () => Buffer.from(macaroon.exportBinary()).toString("base64"),
        "exportJSON()": () => JSON.stringify(macaroon.exportJSON()),
      };
    };
  },
  "macaroons.js": () => {
    const { MacaroonsBuilder } = require("macaroons.js");
    return (token, caveat) => {
      const narrowed = MacaroonsBuilder.modify(MacaroonsBuilder.deserialize(token)).add_first_party_caveat(caveat);
      return { "serialize()": () => narrowed.getMacaroon().serialize() };
    };
  },
  "node-macaroons": () => {
    const { deserialize, export: exportJson, serialize } = require("node-macaroons");
    return (token, caveat) => {
      const macaroon = deserialize(token).addFirstPartyCaveat(caveat);
      return { "serialize()": () => serialize(macaroon), "export()": () => JSON.stringify(exportJson(macaroon)) };
    };
  },
};

const attempt = (run) => {
  try {
    return run();
  } catch (error) {
    return `!${error.name ?? "Error"}: ${error.message ?? error}`;
  }
};

const narrow = libraries[process.argv[2]]();
for await (const line of createInterface({ input: process.stdin })) {
  const [caveat, token] = line.split("\t");
  const forms = attempt(() => narrow(token, caveat));
  const told = typeof forms === "string" ? [["reading", forms]] : Object.entries(forms).map(([form, run]) => [form, attempt(run)]);
  console.log(told.map(([form, text]) => `${form}\t${text.replaceAll("\n", " ")}\n`).join(""));
}

// What the server's own code says, written by the integration tests (tests/it/console.rs) into the file that a variable names.

import { readFileSync } from "node:fs";

const file = process.env.ZONEMINT_CONSOLE_FIXTURES;

/** `tokens`: a token, caveats, and the token narrowed by them. `caveats`: text, JSON and words of each. */
export const served =
  file === undefined
    ? { skip: "only with what tests/it/console.rs writes", tokens: [], caveats: [] }
    : { skip: false, ...JSON.parse(readFileSync(file)) };

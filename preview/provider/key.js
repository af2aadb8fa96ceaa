// What the provider signs with, until it ends.

import { generateKeyPairSync } from "node:crypto";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

export const key = { ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" };

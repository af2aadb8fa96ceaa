// An OpenID Connect provider for one machine, with example people to sign in as and no passwords.
// Usage: node provider.js settings.json (preview/plan.py writes it; the rehearsal adds `listen`, `routes`).

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { setTimeout } from "node:timers/promises";

import Provider from "oidc-provider";

import { Memory } from "./memory.js";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));

// Read each time: who is in which group may change while the provider runs, as with a real one.
const people = () => JSON.parse(readFileSync(settings.people, "utf8"));

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const provider = new Provider(settings.issuer, {
  adapter: Memory,
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: [settings.callbackUrl],
      post_logout_redirect_uris: [settings.hubUrl],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  scopes: settings.scope,
  claims: {
    openid: ["sub", ...settings.claims],
    profile: ["family_name", "given_name", "name", "nickname", "preferred_username"],
    email: ["email", "email_verified"],
  },
  conformIdTokenClaims: settings.onlyInIdToken.length === 0,
  pkce: { required: () => true },
  issueRefreshToken: () => settings.refreshTokens,
  rotateRefreshToken: true,
  cookies: { keys: [randomBytes(32).toString("hex")] },
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
  ttl: { AccessToken: settings.accessTokenSeconds },
  clockTolerance: 0,
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { logoutSource },
  },
  routes: settings.routes ?? {},
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount,
  loadExistingGrant,
  renderError,
});

async function findAccount(_, id) {
  const person = people().find((each) => each.id === id);
  return person && { accountId: person.id, claims: (use) => told(person.claims, use) };
}

async function told(claims, use) {
  if (use === "userinfo") await setTimeout(settings.milliseconds);
  const hidden = use === "userinfo" ? settings.onlyInIdToken : [];
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !hidden.includes(name)));
}

// The hub is the only client, so nobody is asked whether it may know who they are.
async function loadExistingGrant(ctx) {
  const { client, params, session } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant = known && (await provider.Grant.find(known));
  if (grant) return grant;
  const fresh = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  fresh.addOIDCScope(params.scope);
  await fresh.save();
  return fresh;
}

async function logoutSource(ctx, form) {
  const confirm = '<button autofocus form="op.logoutForm" name="logout" value="yes">Sign out</button>';
  ctx.body = page("Sign out", `<p>Sign out of the example provider?</p>${form}${confirm}`);
}

async function renderError(ctx, out) {
  ctx.type = "html";
  ctx.body = page("The provider refuses", `<p>${escape(out.error)}: ${escape(out.error_description ?? "")}</p>`);
}

const TEXT = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text) => String(text).replace(/[&<>"]/g, (character) => TEXT[character]);

const page = (title, body) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>
  body { font: 1rem/1.4 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #222 }
  button { font: inherit; padding: .5rem 1rem; margin: .3rem 0; cursor: pointer }
  form button { display: block; width: 100%; text-align: left }
  small { color: #555 }
</style>
<h1>${title}</h1>
${body}
</html>`;

const choice = (person) => `<button name="person" value="${escape(person.id)}">
  <strong>${escape(person.name)}</strong><br><small>${escape(person.about)}</small></button>`;

const loginPage = (uid) =>
  page(
    "Sign in as",
    `<p>These people exist in this preview alone. Each says what your configuration means for them.</p>
<form method="post" action="/interaction/${uid}">${people().map(choice).join("\n")}</form>`,
  );

async function interact(request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method === "POST") {
    const person = new URLSearchParams(await body(request)).get("person");
    if (!people().some((each) => each.id === person)) throw new Error("no such person");
    await provider.interactionFinished(request, response, { login: { accountId: person } });
  } else {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(loginPage(uid));
  }
}

async function body(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

const answer = provider.callback();
const serve = (request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  return interact(request, response).catch((error) => {
    response.writeHead(400, { "content-type": "text/html; charset=utf-8" });
    response.end(page("Start again", `<p>${escape(error.message)}</p><p><a href="${settings.hubUrl}">To the hub</a></p>`));
  });
};

// By default at its issuer's address, without TLS; elsewhere with a certificate, for names that only a DNS of ours knows.
const { hostname, port } = new URL(settings.issuer);
const { address, certificate, key } = settings.listen ?? {};
if (address) {
  createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) }, serve).listen(443, address);
} else {
  createServer(serve).listen(Number(port), hostname);
}

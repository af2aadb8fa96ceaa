// An OpenID Connect provider for one machine, with example people to sign in as and no passwords.
// Usage: node provider.js settings.json (preview/plan.py writes it; the rehearsal adds `listen`, `routes`).

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { setTimeout } from "node:timers/promises";

import Provider from "oidc-provider";

import { key } from "./key.js";
import { Memory } from "./memory.js";
import { escape, page } from "./pages.js";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const BACK = `<p><a class="main" href="${escape(settings.hubUrl)}">To the hub</a></p>`;

// Read each time: who is in which group may change while the provider runs, as with a real one.
const people = () => JSON.parse(readFileSync(settings.people, "utf8"));

const kept = new Map();
const provider = new Provider(settings.issuer, {
  adapter: (kind) => new Memory(kind, kept),
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: [settings.callbackUrl],
      post_logout_redirect_uris: [settings.hubUrl],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: settings.clientAuthentication,
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
  jwks: { keys: [key] },
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
  const confirm = '<button class="main" autofocus form="op.logoutForm" name="logout" value="yes">Sign out</button>';
  ctx.body = page("Sign out?", `<p>You leave the example provider, and the hub.</p>${form}${confirm}`);
}

async function renderError(ctx, out) {
  ctx.type = "html";
  ctx.body = page("The provider refuses", `<p>${escape(out.error)}: ${escape(out.error_description ?? "")}</p>${BACK}`);
}

const interactionPage = (uid) =>
  page(
    "Sign in as",
    `<p>These people exist in this preview alone. Each says what your configuration means for them.</p>
<form method="post" action="/interaction/${uid}">${people().map(choice).join("\n")}</form>`,
  );

const choice = (person) => `<button class="person" name="person" value="${escape(person.id)}">
  <span class="letter" aria-hidden="true">${escape([...person.name][0])}</span>
  <span><strong>${escape(person.name)}</strong><br><small>${escape(person.about)}</small></span></button>`;

async function interact(request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method === "POST") {
    const person = new URLSearchParams(await body(request)).get("person");
    if (!people().some((each) => each.id === person)) throw new Error("no such person");
    await provider.interactionFinished(request, response, { login: { accountId: person } });
  } else {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(interactionPage(uid));
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
    response.end(page("Start again", `<p>${escape(error.message)}</p>${BACK}`));
  });
};

// By default at its issuer's address, without TLS; elsewhere with a certificate, for names that only a DNS of ours knows.
const { hostname, port } = new URL(settings.issuer);
const { address, certificate, key: its } = settings.listen ?? {};
if (address) {
  createSecureServer({ cert: readFileSync(certificate), key: readFileSync(its) }, serve).listen(443, address);
} else {
  createServer(serve).listen(Number(port), hostname);
}

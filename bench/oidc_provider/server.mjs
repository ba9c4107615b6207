// The peer: npm oidc-provider with the features the scenarios use, in memory. Prints one line once it listens.
//
// Its own memory store walks all tokens of a grant at every write and would slow down during a run; this one is a plain
// Map, the fastest storage it can have.

import { generateKeyPairSync } from "node:crypto";

import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const store = new Map();
class Memory {
  constructor(model) {
    this.model = model;
  }
  async upsert(id, payload) {
    store.set(`${this.model}:${id}`, payload);
    if (payload.uid) store.set(`uid:${payload.uid}`, id);
  }
  async find(id) {
    return store.get(`${this.model}:${id}`);
  }
  async findByUid(uid) {
    return this.find(store.get(`uid:${uid}`));
  }
  async consume(id) {
    store.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    store.delete(`${this.model}:${id}`);
  }
  async revokeByGrantId() {}
}

const jwk = (alg, pair) => ({ ...pair.privateKey.export({ format: "jwk" }), alg, use: "sig" });

const client = {
  client_id: "bench",
  client_secret: "bench-secret-0123456789abcdefghijklmnopqrstu",
  redirect_uris: ["http://127.0.0.1:1/callback"],
  grant_types: ["authorization_code", "refresh_token", "client_credentials"],
  response_types: ["code"],
  token_endpoint_auth_method: "client_secret_basic",
};

const provider = new Provider(issuer, {
  adapter: Memory,
  clients: [
    client,
    { ...client, client_id: "bench-ES256", id_token_signed_response_alg: "ES256" },
    { ...client, client_id: "bench-RS256", id_token_signed_response_alg: "RS256" },
  ],
  jwks: {
    keys: [
      jwk("RS256", generateKeyPairSync("rsa", { modulusLength: 2048 })),
      jwk("ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })),
    ],
  },
  scopes: ["openid", "profile", "api", "api-rs256", "jobs"],
  claims: { openid: ["sub"], profile: ["nickname", "picture"] },
  cookies: { keys: ["bench-cookie-key"] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    userinfo: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => {
        const isRs256 = resource.endsWith("-rs256");
        const [scope, alg] = isRs256 ? ["api-rs256", "RS256"] : ["api", "ES256"];
        return { scope, accessTokenFormat: "jwt", jwt: { sign: { alg } } };
      },
    },
  },
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, nickname: sub, picture: "" }) }),
  // Whoever asks has allowed it before.
  loadExistingGrant: async (ctx) => {
    const { client, session, params } = ctx.oidc;
    const known = session.grantIdFor(client.clientId);
    if (known) return ctx.oidc.provider.Grant.find(known);
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
});

// The sign-in "page": whoever comes is the next person.
let people = 0;
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const result = { login: { accountId: `person${people++}` } };
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
});

provider.on("server_error", (ctx, error) => console.error(error));
const server = provider.listen(port, "127.0.0.1", () => console.log(`listening on ${issuer}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => { server.close(); process.exit(0); });

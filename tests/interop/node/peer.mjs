// oauth4webapi as a client, one feature per run: `node peer.mjs FEATURE`. It validates every answer itself.
// Pages are the test's: a line {"allow": url} or {"device": url} on stdout asks for a person, a line on stdin answers.

import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { importJWK } from 'jose'
import * as o from 'oauth4webapi'

const { ISSUER, SECRET, CALLBACK, SCOPE, API, PRINTERS, KEY } = process.env
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const web = { client_id: 'web' }
const basic = o.ClientSecretBasic(SECRET)
const discover = async (algorithm) =>
  o.processDiscoveryResponse(new URL(ISSUER), await o.discoveryRequest(new URL(ISSUER), { algorithm }))
const as = await discover('oidc')

async function person (question) {
  console.log(JSON.stringify(question))
  return (await answers.next()).value
}

async function holder () {
  const jwk = JSON.parse(KEY)
  return { client: { client_id: 'keyholder' }, key: { key: await importJWK(jwk, 'ES256'), kid: jwk.kid } }
}

// The server demands a nonce of its own in every proof: the first try learns it.
async function twice (request) {
  return request().catch((error) => {
    if (!o.isDPoPNonceError(error)) throw error
    return request()
  })
}

async function begin (client, params = {}) {
  const verifier = o.generateRandomCodeVerifier()
  const sent = {
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: SCOPE,
    state: o.generateRandomState(),
    nonce: o.generateRandomNonce(),
    code_challenge: await o.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...params
  }
  return { verifier, sent }
}

const authorize = async (params) => new URL(await person({ allow: `${as.authorization_endpoint}?${new URLSearchParams(params)}` }))

async function redeem (client, auth, { verifier, sent }, callback, options = {}) {
  return twice(async () => {
    const response = await o.authorizationCodeGrantRequest(as, client, auth, callback, CALLBACK, verifier, options)
    const check = { expectedNonce: sent.nonce, requireIdToken: sent.scope.includes('openid') }
    const tokens = await o.processAuthorizationCodeResponse(as, client, response, check)
    await o.validateApplicationLevelSignature(as, response)
    return tokens
  })
}

async function signIn (client = web, auth = basic, params = {}) {
  const begun = await begin(client, params)
  const callback = o.validateAuthResponse(as, client, await authorize(begun.sent), begun.sent.state)
  return redeem(client, auth, begun, callback)
}

async function clientCredentials (client, auth, params = {}) {
  const response = await o.clientCredentialsGrantRequest(as, client, auth, { scope: 'api:read', ...params })
  return o.processClientCredentialsResponse(as, client, response)
}

async function isActive (client, auth, token) {
  const response = await o.introspectionRequest(as, client, auth, token)
  return (await o.processIntrospectionResponse(as, client, response)).active
}

const features = {
  async 'both discovery documents' () {
    assert.deepEqual(await discover('oauth2'), as)
  },

  async 'the life of a sign-in' () {
    const tokens = await signIn()
    const { sub } = o.getValidatedIdTokenClaims(tokens)
    const userinfo = await o.userInfoRequest(as, web, tokens.access_token)
    assert.equal((await o.processUserInfoResponse(as, web, sub, userinfo)).email, 'testuser@app.test')
    const response = await o.refreshTokenGrantRequest(as, web, basic, tokens.refresh_token)
    const refreshed = await o.processRefreshTokenResponse(as, web, response)
    assert.equal(await isActive(web, basic, refreshed.access_token), true)
    await o.processRevocationResponse(await o.revocationRequest(as, web, basic, refreshed.refresh_token))
    assert.equal(await isActive(web, basic, refreshed.access_token), false)
  },

  async 'client_secret_post' () {
    await signIn({ client_id: 'post' }, o.ClientSecretPost(SECRET))
  },

  async 'client_secret_jwt' () {
    await clientCredentials({ client_id: 'hmac' }, o.ClientSecretJwt(SECRET))
  },

  async 'private_key_jwt' () {
    const { client, key } = await holder()
    await signIn(client, o.PrivateKeyJwt(key))
  },

  async 'a pushed request' () {
    const begun = await begin(web)
    const response = await o.pushedAuthorizationRequest(as, web, basic, begun.sent)
    const { request_uri } = await o.processPushedAuthorizationResponse(as, web, response)
    const callback = await authorize({ client_id: 'web', request_uri })
    await redeem(web, basic, begun, o.validateAuthResponse(as, web, callback, begun.sent.state))
  },

  async 'a signed request' () {
    const { client, key } = await holder()
    const begun = await begin(client)
    const request = await o.issueRequestObject(as, client, begun.sent, key)
    const callback = await authorize({ client_id: 'keyholder', response_type: 'code', scope: 'openid', request })
    const auth = o.PrivateKeyJwt(key)
    await redeem(client, auth, begun, o.validateAuthResponse(as, client, callback, begun.sent.state))
  },

  async 'DPoP with a nonce at every endpoint' () {
    const DPoP = o.DPoP(web, await o.generateKeyPair('ES256'))
    const begun = await begin(web)
    const { request_uri } = await twice(async () =>
      o.processPushedAuthorizationResponse(
        as, web, await o.pushedAuthorizationRequest(as, web, basic, begun.sent, { DPoP })))
    const callback = await authorize({ client_id: 'web', request_uri })
    const checked = o.validateAuthResponse(as, web, callback, begun.sent.state)
    const tokens = await redeem(web, basic, begun, checked, { DPoP })
    assert.equal(tokens.token_type, 'dpop')
    const { sub } = o.getValidatedIdTokenClaims(tokens)
    await twice(async () =>
      o.processUserInfoResponse(as, web, sub, await o.userInfoRequest(as, web, tokens.access_token, { DPoP })))
    const response = await o.refreshTokenGrantRequest(as, web, basic, tokens.refresh_token, { DPoP })
    assert.equal((await o.processRefreshTokenResponse(as, web, response)).token_type, 'dpop')
  },

  async 'code id_token' () {
    const client = { client_id: 'hybrid' }
    const begun = await begin(client, { response_type: 'code id_token' })
    const { nonce, state } = begun.sent
    const callback = await o.validateCodeIdTokenResponse(as, client, await authorize(begun.sent), nonce, state)
    await redeem(client, basic, begun, callback)
  },

  async 'an API that checks at+jwt itself' () {
    const tokens = await clientCredentials({ client_id: 'service' }, basic, { resource: API })
    const request = new Request(API, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    assert.equal((await o.validateJwtAccessToken(as, request, API)).client_id, 'service')
  },

  async 'token exchange' () {
    const theirs = await signIn(web, basic, { scope: 'openid api:read print' })
    const service = { client_id: 'service' }
    const kind = 'urn:ietf:params:oauth:token-type:access_token'
    const params = { subject_token: theirs.access_token, subject_token_type: kind, resource: PRINTERS }
    const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
    const response = await o.genericTokenEndpointRequest(as, service, basic, grant, params)
    assert.equal((await o.processGenericTokenEndpointResponse(as, service, response)).scope, 'print')
  },

  async 'a device' () {
    const begun = async () =>
      o.processDeviceAuthorizationResponse(
        as, web, await o.deviceAuthorizationRequest(as, web, basic, { scope: 'openid' }))
    const poll = async ({ device_code }) =>
      o.processDeviceCodeResponse(as, web, await o.deviceCodeGrantRequest(as, web, basic, device_code))
    await assert.rejects(poll(await begun()), { error: 'authorization_pending' })
    const device = await begun()
    await person({ device: device.verification_uri_complete })
    assert.ok(o.getValidatedIdTokenClaims(await poll(device)).sub)
    await assert.rejects(poll(device), { error: 'invalid_grant' })
  },

  async 'registration' () {
    const metadata = { client_name: 'Registered', redirect_uris: [CALLBACK] }
    const response = await o.dynamicClientRegistrationRequest(as, metadata)
    const client = await o.processDynamicClientRegistrationResponse(response)
    await signIn(client, o.ClientSecretBasic(client.client_secret))
  }
}

await features[process.argv[2]]()
process.exit(0)

// Clients that speak QQ Connect, one per run: `node qq.mjs CLIENT`. Each is unmodified.
// Pages are the test's: a line {"allow": url} on stdout asks for a person, a line on stdin answers.

import assert from 'node:assert/strict'
import https from 'node:https'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { createInterface } from 'node:readline'

const { ISSUER, SECRET, CALLBACK, QQ_APPID, QQ_GRANT_CALLBACK } = process.env
const require = createRequire(import.meta.url)
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { hostname, port } = new URL(ISSUER)

// The address is literal in some of them: their requests are rerouted where they leave.
const request = https.request
const there = { protocol: 'https:', hostname, host: hostname, port, servername: hostname }
const leadsToQq = (to) => [to?.hostname, to?.host].includes('graph.qq.com')
https.request = (to, ...rest) => {
  if (typeof to === 'string') to = new URL(to)
  if (!leadsToQq(to)) return request(to, ...rest)
  if (!(to instanceof URL)) return request(Object.assign(to, there), ...rest)
  const url = new URL(to)
  url.host = `${hostname}:${port}`
  if (typeof rest[0] === 'object') Object.assign(rest[0], there)
  return request(url, ...rest)
}
syncBuiltinESMExports()

async function allow (url) {
  console.log(JSON.stringify({ allow: String(url).replace('https://graph.qq.com', ISSUER) }))
  return new URL((await answers.next()).value)
}

const query = (url) => Object.fromEntries(url.searchParams)

// What passport does with a strategy: where it redirects to, or whom it signs in.
const authenticate = (strategy, query) => new Promise((resolve, reject) => {
  Object.assign(strategy, { redirect: resolve, success: resolve, fail: reject, error: reject })
  strategy.authenticate({ query, headers: {}, connection: {} }, {})
})

const clients = {
  async 'grant' () {
    const grant = require('grant').aws({
      config: {
        defaults: { origin: 'https://app.test', transport: 'state', state: true },
        qq: {
          key: QQ_APPID,
          secret: SECRET,
          scope: ['get_user_info'],
          authorize_url: `${ISSUER}/oauth2.0/authorize`,
          access_url: `${ISSUER}/oauth2.0/token`,
          profile_url: `${ISSUER}/oauth2.0/me`,
          response: ['tokens', 'raw', 'profile']
        }
      },
      session: { secret: 'of-the-application' }
    })
    const visit = (path, queryStringParameters, cookie) =>
      grant({ httpMethod: 'GET', path, requestContext: { path }, queryStringParameters, headers: { cookie } })
    const { redirect } = await visit('/connect/qq', {}, '')
    const cookie = [redirect.headers['set-cookie'] ?? redirect.multiValueHeaders?.['set-cookie']].flat()
    const callback = await allow(redirect.headers.location ?? redirect.headers.Location)
    assert.equal(callback.origin + callback.pathname, QQ_GRANT_CALLBACK)
    const { response } = await visit(callback.pathname, query(callback), String(cookie[0]).split(';')[0])
    assert.equal(response.error, undefined)
    assert.match(response.profile.openid, /^[0-9A-F]{32}$/)
    assert.equal(response.profile.nickname, 'Test User')
    assert.equal(response.access_token, response.raw.access_token)
  },

  async 'passport-qq2015' () {
    const { Strategy } = require('passport-qq2015')
    const strategy = new Strategy({
      clientID: QQ_APPID,
      clientSecret: SECRET,
      callbackURL: CALLBACK,
      authorizationURL: `${ISSUER}/oauth2.0/authorize`,
      tokenURL: `${ISSUER}/oauth2.0/token`,
      openIdURL: `${ISSUER}/oauth2.0/me`,
      userInfoURL: `${ISSUER}/user/get_user_info`
    }, (accessToken, refreshToken, profile, done) => done(null, profile))
    const callback = await allow(await authenticate(strategy, {}))
    const profile = await authenticate(strategy, query(callback))
    assert.equal((typeof profile === 'string' ? JSON.parse(profile) : profile).nickname, 'Test User')
  },

  async 'passport-qq' () {
    const { Strategy } = require('passport-qq')
    const strategy = new Strategy({
      clientID: QQ_APPID,
      clientSecret: SECRET,
      callbackURL: CALLBACK,
      authorizationURL: `${ISSUER}/oauth2.0/authorize`,
      tokenURL: `${ISSUER}/oauth2.0/token`,
      scope: ['get_user_info', 'list_album']
    }, (accessToken, refreshToken, profile, done) => done(null, profile))
    const callback = await allow(await authenticate(strategy, {}))
    const profile = await authenticate(strategy, query(callback))
    assert.equal(profile.nickname, 'Test User')
    assert.match(profile.id, /^[0-9A-F]{32}$/)
  },

  async '@logto/connector-qq' () {
    const { default: createConnector } = await import('@logto/connector-qq')
    const config = { clientId: QQ_APPID, clientSecret: SECRET, scope: 'get_user_info' }
    const connector = await createConnector({ getConfig: async () => config })
    const url = await connector.getAuthorizationUri({ state: 'st', redirectUri: CALLBACK }, async () => {})
    const callback = await allow(url)
    const session = async () => ({ redirectUri: CALLBACK })
    const person = await connector.getUserInfo({ ...query(callback), redirectUri: CALLBACK }, session)
    assert.equal(person.name, 'Test User')
    assert.match(person.id, /^[0-9A-F]{32}$/)
    assert.equal(person.rawData.ret, 0)
  }
}

await clients[process.argv[2]]()
process.exit(0)

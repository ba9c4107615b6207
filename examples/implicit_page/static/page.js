// The browser's half of the implicit grant. Letters are the steps of RFC 6749 §4.2.
//
// The token lives in one variable of this module: no storage, no cookie, no address. A reload forgets it.

// Before anything else, so that the address holds the token no longer than it must (F).
const answer = new URLSearchParams(location.hash.slice(1));
if (location.hash !== "") history.replaceState(null, "", "/");

const { issuer, clientId, redirectUri } = document.body.dataset;
const STATE = "implicit-page-state";

const PROBLEMS = {
  access_denied: "You did not allow it. 你没有同意授权。",
  temporarily_unavailable: "The authorization server is busy; try again later. 授权服务器繁忙，请稍后再试。",
  foreign: "This answer does not belong to a sign-in begun in this tab. 这个回应不属于本标签页发起的登录。",
  ended: "The token is not accepted any more. Sign in again. 令牌已失效，请重新登录。",
  away: "The authorization server does not answer. 授权服务器没有响应。",
};

function show(id, text) {
  const element = document.getElementById(id);
  element.textContent = text; // never innerHTML: names are somebody else's words
  element.hidden = false;
}

function showProblem(code) {
  show("problem", PROBLEMS[code] ?? "Signing in did not work. 登录没有成功。");
}

// A: to the authorization server. B, asking the person, happens there.
function beginSignIn() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const state = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem(STATE, state);
  const request = new URLSearchParams({
    response_type: "token",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: "get_user_info",
    state,
  });
  location.assign(`${issuer}/oauth2/authorize?${request}`);
}

// C to F: the answer behind the #. Returns the token, or null after saying what is wrong.
function tokenFrom(answer) {
  const state = sessionStorage.getItem(STATE);
  sessionStorage.removeItem(STATE); // good for one answer
  // Without `state` anybody could sign this browser in as himself; without `iss` another server could answer.
  if (state === null || answer.get("state") !== state || answer.get("iss") !== issuer) {
    showProblem("foreign");
    return null;
  }
  if (answer.has("error")) {
    showProblem(answer.get("error")); // known words only: the description is anybody's text
    return null;
  }
  if (!answer.get("access_token") || answer.get("token_type")?.toLowerCase() !== "bearer") {
    showProblem("foreign");
    return null;
  }
  return answer.get("access_token");
}

// G: the application uses the token.
async function greet(token) {
  let response;
  try {
    response = await fetch(`${issuer}/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${token}` },
      credentials: "omit",
      cache: "no-store",
    });
  } catch {
    return showProblem("away");
  }
  if (!response.ok) return showProblem(response.status === 401 ? "ended" : "away");
  const person = await response.json();
  show("greeting", `Welcome, 欢迎你 ${person.nickname ?? person.name ?? person.sub}`);
  document.getElementById("sign-in").hidden = true;
}

document.getElementById("sign-in").addEventListener("click", beginSignIn);
if (answer.has("access_token") || answer.has("error")) {
  const token = tokenFrom(answer);
  if (token !== null) await greet(token);
}

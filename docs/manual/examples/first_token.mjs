// Gets a token for one hour, uses it, and asks the server whether it is good. Node 18 or later.

const api = `https://${process.env.ONEZONE_HOST}/api/v3/onezone`;
const basic = Buffer.from(process.env.ONEZONE_BASIC_AUTH).toString("base64"); // of NAME:PASSWORD

async function call(method, path, headers, body) {
  const answer = await fetch(api + path, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) {
    console.error(`${answer.status} ${await answer.text()}`);
    process.exit(1);
  }
  return answer.json();
}

const { token } = await call("POST", "/user/client_tokens", { Authorization: `Basic ${basic}` }, { ttl: 3600 });
const { username } = await call("GET", "/user", { "X-Auth-Token": token });
const { ttl } = await call("POST", "/tokens/verify_access_token", {}, { token });
console.log(`${username} has a token for ${Math.round(ttl / 60)} minutes`);

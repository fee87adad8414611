// An issuer of oidc-provider on a port that the system gives out. Arguments: the files of its key and its certificate. Prints the port.
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';

const [keyFile, certificateFile, modules] = process.argv.slice(2);
const { Provider } = await import(createRequire(`${modules}/`).resolve('oidc-provider'));
const key = (kid, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', kid,
});
let handler;
const server = https.createServer(
  { key: fs.readFileSync(keyFile), cert: fs.readFileSync(certificateFile) },
  (request, response) => handler(request, response),
);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const resource = { scope: 'read', audience: 'zonemint', accessTokenFormat: 'jwt' };
  const provider = new Provider(`https://localhost:${port}`, {
    jwks: { keys: [key('rsa1', 'rsa', { modulusLength: 2048 }), key('ec1', 'ec', { namedCurve: 'P-256' })] },
    clients: [
      { client_id: 'web', client_secret: 'web-secret', redirect_uris: ['https://localhost:9443/cb'] },
      {
        client_id: 'api', client_secret: 'api-secret', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, name: 'Joe', groups: ['staff', 'Data, Berlin'] }) }),
    features: {
      introspection: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: () => resource },
    },
  });
  handler = provider.callback();
  process.stdout.write(`${port}\n`);
});
// Ends with the test, also if that is killed.
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

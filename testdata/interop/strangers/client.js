// A stranger's client: what node-soap makes of the served WSDL, and nothing written for Kopir.
//
//   node client.js ADDRESS DOCUMENT [KEY.pem CERTIFICATE.pem]
//
// Sends an application to both channels, a change of status, and a message that has to be refused.
// Prints the answers as node-soap types them, in one line of JSON. With a key the Body and a Timestamp
// are signed, the certificate in a BinarySecurityToken.
const fs = require('node:fs');
const { createRequire } = require('node:module');
const soap = createRequire(process.cwd() + '/')('soap');

const [address, document, key, certificate] = process.argv.slice(2);
const session = '{f0774397-4fcd-484a-9434-f71535ee4326}';
const xs = 'http://www.w3.org/2001/XMLSchema';

async function client(path) {
  const made = await soap.createClientAsync(address + path + '?wsdl');
  return async (operation, request) => {
    if (key) { // one for each message: it collects its references
      made.setSecurity(new soap.WSSecurityCert(fs.readFileSync(key), fs.readFileSync(certificate), '', {
        hasTimeStamp: true,
        signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      }));
    }
    const [answer] = await made[operation + 'Async']({ request });
    return answer.response;
  };
}

async function refused(call) {
  try {
    await call;
  } catch (e) {
    return Object.values(e.root.Envelope.Body.Fault.detail)[0];
  }
  throw new Error('a message without a serviceId was taken');
}

async function main() {
  const sync = await client('/shep/sync');
  const async = await client('/shep/async');
  const now = new Date();
  const text = { attributes: { 'xmlns:xs': xs, 'xsi:type': 'xs:string' }, $value: document };
  const typed = {
    attributes: { 'xmlns:app': 'urn:kopir:service:x:1', 'xsi:type': 'app:Application' },
    requestNumber: '000000000001', surname: 'ҮЛГІҰЛЫ',
  };
  const info = { messageId: 'm-1', correlationId: 'c-1', serviceId: 'S', messageDate: now, routeId: 'R', sender: { senderId: 'stranger', password: 'p' }, sessionId: session };
  const answers = {
    sync: await sync('SendMessage', { requestInfo: info, requestData: { data: text } }),
    async: await async('sendMessage', {
      messageInfo: { messageId: '254750124', correlationId: '3382552', serviceId: 'S', messageType: 'REQUEST', messageDate: now, sender: { senderId: 'stranger' }, sessionId: session },
      messageData: { data: typed },
    }),
    notice: await async('changeMassageStatusNotification', {
      notification: { notificationId: 'n-1', messageId: '216386080', notificationDate: now, messageState: 'DELIVERED', status: { statusCode: '0', statusMessage: 'ok', statusDate: now } },
      requestDate: now, sessionId: session,
    }),
    fault: await refused(sync('SendMessage', { requestInfo: { ...info, serviceId: '' }, requestData: { data: text } })),
  };
  answers.sync.responseData.data = answers.sync.responseData.data.$value; // beside its xsi:type
  console.log(JSON.stringify(answers));
}

main().catch((e) => {
  console.error(e.body || e);
  process.exit(1);
});

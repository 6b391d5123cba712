import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';

/**
 * A mail server that takes everything and keeps nothing, to be forked: the sink of `../mail.ts` must not share a
 * thread with what is measured. It sends its port at the start, and on any message how many mails it took so far.
 */
let taken = 0;
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, _session, callback) {
    stream.resume().on('end', () => {
      taken += 1;
      callback(null, 'taken');
    });
  },
});
server.on('error', () => undefined); // a client that ends without QUIT resets its connection
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ taken }));
process.on('disconnect', () => process.exit(0));

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { EncryptingCodec } from '../../../worker/codec.ts';

const SAID = 'a word that nobody may read';
const payload = () => defaultPayloadConverter.toPayload({ said: SAID });

describe('EncryptingCodec', () => {
  const [old, present] = [randomBytes(32), randomBytes(32)];

  it('gives back what it was given', async () => {
    const codec = new EncryptingCodec([present]);
    const [opened] = await codec.decode(await codec.encode([payload()]));
    assert.deepEqual(defaultPayloadConverter.fromPayload(opened!), { said: SAID });
  });

  it('hides content and encoding', async () => {
    const [sealed] = await new EncryptingCodec([present]).encode([payload()]);
    assert.equal(Buffer.from(sealed!.data!).includes(SAID), false);
    assert.equal(Buffer.from(sealed!.metadata!['encoding']!).toString(), 'binary/encrypted');
  });

  it('seals the same content differently each time', async () => {
    const codec = new EncryptingCodec([present]);
    const [one, other] = await codec.encode([payload(), payload()]);
    assert.notDeepEqual(one!.data, other!.data);
  });

  it('reads with every key it has and writes with the first', async () => {
    const sealedBefore = await new EncryptingCodec([old]).encode([payload()]);
    const both = new EncryptingCodec([present, old]);
    const [opened] = await both.decode(sealedBefore);
    assert.deepEqual(defaultPayloadConverter.fromPayload(opened!), { said: SAID });
    const [reopened] = await new EncryptingCodec([present]).decode(await both.encode([payload()]));
    assert.deepEqual(defaultPayloadConverter.fromPayload(reopened!), { said: SAID });
  });

  it('refuses a payload of a key it does not have', async () => {
    const sealed = await new EncryptingCodec([old]).encode([payload()]);
    await assert.rejects(new EncryptingCodec([present]).decode(sealed), { code: 'STACK_PAYLOAD_KEY_MISSING' });
  });

  it('refuses a payload in which a bit was turned', async () => {
    const codec = new EncryptingCodec([present]);
    const [sealed] = await codec.encode([payload()]);
    const data = Buffer.from(sealed!.data!);
    data[data.length - 1]! ^= 1;
    await assert.rejects(codec.decode([{ ...sealed, data }]), { code: 'STACK_PAYLOAD_KEY_MISSING' });
  });

  it('leaves alone what is not encrypted', async () => {
    const plain = payload();
    assert.deepEqual(await new EncryptingCodec([present]).decode([plain]), [plain]);
  });
});

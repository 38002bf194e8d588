import { listOf } from '../../../shared/contracts/common.ts';
import { publicKey } from '../../../shared/contracts/keys.ts';
import { route } from '../../../shared/runtime/route.ts';

const list = route({
  method: 'GET',
  path: '/v1/keys',
  operation: 'listKeys',
  summary: 'Public keys that verify proofs, the present one first',
  access: 'caller',
  answers: { 200: { description: 'Keys', schema: listOf(publicKey) } },
  conditional: true,
  async handle(ports) {
    return { status: 200, body: { items: await ports.signer.keys() } };
  },
});

export const keyRoutes = [list];

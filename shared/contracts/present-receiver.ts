import type { Receiver } from '../domain/receiver.ts';
import { presentOptionalTime, presentTime } from './present-time.ts';

type Shown = Receiver & { readonly url: string };

export function presentReceiver({ name, type, url, repositories, registry, allowUnsigned, createdAt }: Shown) {
  return { name, type, url, repositories, registry, allowUnsigned, createdAt: presentTime(createdAt) };
}

export function presentListedReceiver(receiver: Shown & { readonly lastDeliveryAt?: number }) {
  const { lastDeliveryAt, failures, refusedProofs } = receiver;
  const counts = { lastDeliveryAt: presentOptionalTime(lastDeliveryAt), failures, refusedProofs };
  return { ...presentReceiver(receiver), ...counts };
}

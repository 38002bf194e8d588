/** Carries ids only; losing one costs time, never the delivery: the sweep offers pending ones again. */
export interface EventQueue {
  send(deliveryId: string): Promise<void>;
}

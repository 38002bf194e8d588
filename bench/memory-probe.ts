/** Loaded before the service (`--import`): answers how much memory is in use once everything that can go has gone. */
process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.(process.memoryUsage().heapUsed);
});
// The channel must not keep the service alive.
process.channel?.unref();
// A bench that is interrupted leaves no service behind.
process.on('disconnect', () => process.exit(1));

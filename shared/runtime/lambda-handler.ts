type Environment = Readonly<Record<string, string | undefined>>;
type Invoked<E, A> = (event: E, context?: unknown) => Promise<A>;

/**
 * The `handler` of a function: wired once. In Lambda the wiring begins when the module is loaded, while the init phase has a
 * whole CPU; elsewhere (tests, the local server, which wires its own ports) merely importing it does nothing.
 */
export function lambdaHandler<E, A>(wire: (env: Environment) => Promise<Invoked<E, A>>): Invoked<E, A> {
  let wired: Promise<Invoked<E, A>> | undefined;
  const wiredOnce = async (): Promise<Invoked<E, A>> => {
    wired ??= wire(process.env);
    try {
      return await wired;
    } catch (error) {
      wired = undefined;
      throw error;
    }
  };
  // A wiring that fails here is tried again, and reported, by the first invocation.
  if (process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined) wiredOnce().catch(() => {});
  return async (event, context) => (await wiredOnce())(event, context);
}

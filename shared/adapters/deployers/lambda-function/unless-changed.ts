/**
 * A change that holds only for the revision that was looked at; undefined where another one came first, so that the caller looks again.
 * docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html: PreconditionFailedException is another revision, ResourceConflictException
 * an update under way, or an alias that is there already.
 */
export async function unlessChanged<T>(change: () => Promise<T>): Promise<T | undefined> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'PreconditionFailedException' || error.name === 'ResourceConflictException') return undefined;
    throw error;
  }
}

/** Message of the log line by which CloudWatch counts steps that did not find the bytes they wanted. */
export const digestMismatchMessage = 'digest mismatch';

/** Where on a machine a file can be put: absolute, with its name, no step upwards and no control character. */
export function isFilePath(text: string): boolean {
  return /^(?!.*\/\.{1,2}(?:\/|$))\/[^\p{Cc}]*[^/\p{Cc}]$/u.test(text);
}

/** What no command line takes for an option. */
export function isUserName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(text);
}

/** Apart from the shape: a function that answers problems needs no schema of them. */
export const problemMediaType = 'application/problem+json';

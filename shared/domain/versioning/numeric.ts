import { comparePushed, compareText, type Versioned, type VersioningScheme } from './scheme.ts';

/** By the numbers in the tag, left to right: build-9 before build-10, 2026.1.2 before 2026.1.10. */
export const numeric: VersioningScheme = {
  admits: (tag) => /[0-9]/.test(tag),
  compare: compareNumeric,
};

function compareNumeric(a: Versioned, b: Versioned): number {
  const left = numbers(a.tag);
  const right = numbers(b.tag);
  for (const [index, number] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const difference = compareNumbers(number, other);
    if (difference !== 0) return difference;
  }
  return left.length - right.length || comparePushed(a, b);
}

function numbers(tag: string): readonly string[] {
  return tag.match(/[0-9]+/g) ?? [];
}

/** As text: a run of digits may be longer than any number of the language can hold. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return Math.sign(left.length - right.length) || compareText(left, right);
}

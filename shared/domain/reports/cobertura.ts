import { attributeOf, childrenOf, countOf, readXml, type XmlElement } from './read-xml.ts';
import { coverageReport, invalidReport, type ReadReport } from './report.ts';

/** Cobertura XML (coverage-04.dtd): `lines-covered` of `lines-valid`, or, in older files without them, the lines of all classes. */
export function readCobertura(text: string): ReadReport {
  const xml = readXml(text);
  if (xml.kind === 'invalid') return xml;
  if (xml.name !== 'coverage') return invalidReport('is no Cobertura report: its root is not coverage');
  const lines = countOf(xml.root, 'lines-valid');
  const covered = countOf(xml.root, 'lines-covered');
  if (lines !== undefined && covered !== undefined) return coverageReport('cobertura', { lines, covered });
  return coverageReport('cobertura', countLines(xml.root));
}

/** A file may hold several classes, and a line may stand in several of them. */
function countLines(root: XmlElement): { readonly lines: number; readonly covered: number } {
  const classes = childrenOf(root, 'packages')
    .flatMap((packages) => childrenOf(packages, 'package'))
    .flatMap((one) => childrenOf(one, 'classes'))
    .flatMap((one) => childrenOf(one, 'class'));
  const lines = new Map<string, boolean>();
  for (const one of classes) {
    const file = attributeOf(one, 'filename') ?? attributeOf(one, 'name') ?? '';
    for (const line of childrenOf(one, 'lines').flatMap((list) => childrenOf(list, 'line'))) {
      const key = JSON.stringify([file, attributeOf(line, 'number')]);
      lines.set(key, lines.get(key) === true || (countOf(line, 'hits') ?? 0) > 0);
    }
  }
  return { lines: lines.size, covered: [...lines.values()].filter((hit) => hit).length };
}

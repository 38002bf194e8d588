import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element as the parser gives it: attributes with `@` before their names, children by name, one or several. */
export interface XmlElement {
  readonly [key: string]: unknown;
}

export type ReadXml =
  | { readonly kind: 'ok'; readonly name: string; readonly root: XmlElement }
  | { readonly kind: 'invalid'; readonly message: string };

/** No report nests deeper; the parser stops there. */
const deepest = 64;
/** Measured: at these bounds the slowest documents of 4 MiB that we could make take about a second. */
const mostTags = 150_000;
const mostAttributes = 1_000;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  parseTagValue: false,
  // Nothing that is read here needs them: counts and names.
  processEntities: false,
  maxNestedTags: deepest,
  ignoreDeclaration: true,
  ignorePiTags: true,
  jPath: false,
});

/**
 * One XML document from a stranger. No entity is expanded and no DTD is read: a document type without declarations of its own,
 * as Cobertura writes it, is passed over; one with an internal subset is refused. Depth and number of tags are bounded.
 */
export function readXml(text: string): ReadXml {
  const start = rootStart(text);
  if (start === undefined) return invalid('is not an XML document');
  if (start === 'declares' || declares(text, start)) {
    return invalid('declares entities or elements of its own (<!DOCTYPE … [), which is not read');
  }
  if (isTooMuch(text))
    return invalid(`has more than ${mostTags} tags, or more than ${mostAttributes} attributes in one`);
  return parse(text.slice(start));
}

function parse(document: string): ReadXml {
  let parsed: unknown;
  try {
    // First, since it ends at once where the document is too deep; it forgives what is not well-formed, the validator does not.
    parsed = parser.parse(document);
    if (XMLValidator.validate(document) !== true) return invalid('is not well-formed XML');
  } catch {
    return invalid(`is not well-formed XML, or nests deeper than ${deepest} elements`);
  }
  const [only, ...more] = Object.entries(isElement(parsed) ? parsed : {}).filter(([name]) => !name.startsWith('#'));
  if (only === undefined || more.length > 0) return invalid('has no single root element');
  return { kind: 'ok', name: only[0], root: asElement(only[1]) };
}

function invalid(message: string): ReadXml {
  return { kind: 'invalid', message };
}

/** Where the root element begins, behind declaration, comments and document type; undefined = nowhere. */
function rootStart(text: string): number | 'declares' | undefined {
  let at = 0;
  for (;;) {
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    if (text.startsWith('<?', at)) at = after(text, '?>', at);
    else if (text.startsWith('<!--', at)) at = after(text, '-->', at);
    else if (text.startsWith('<!DOCTYPE', at)) {
      const end = after(text, '>', at);
      if (text.slice(at, end).includes('[')) return 'declares';
      at = end;
    } else return text.charAt(at) === '<' ? at : undefined;
  }
}

/** A declaration behind the document's beginning; what stands in CDATA and comments is text. */
function declares(text: string, from: number): boolean {
  let at = text.indexOf('<!', from);
  while (at !== -1) {
    if (text.startsWith('<!--', at)) at = after(text, '-->', at);
    else if (text.startsWith('<![CDATA[', at)) at = after(text, ']]>', at);
    else return true;
    at = text.indexOf('<!', at);
  }
  return false;
}

/** Behind the next such mark, or the end. */
function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
}

/** White space of XML, and the byte order mark. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0xfeff;
}

/** In one pass. What looks like a tag in CDATA counts, too. */
function isTooMuch(text: string): boolean {
  let tags = 0;
  let attributes = 0;
  let inTag = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === lessThan) {
      tags += 1;
      attributes = 0;
      inTag = true;
    } else if (code === greaterThan) inTag = false;
    else if (inTag && code === equalSign) attributes += 1;
    if (tags > mostTags || attributes > mostAttributes) return true;
  }
  return false;
}

const [lessThan, equalSign, greaterThan] = [0x3c, 0x3d, 0x3e];

function isElement(value: unknown): value is XmlElement {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An element without attributes and children is its text. */
function asElement(value: unknown): XmlElement {
  return isElement(value) ? value : {};
}

/** The children of that name, in their order. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  const value = Object.hasOwn(element, name) ? element[name] : undefined;
  return value === undefined ? [] : [value].flat().map(asElement);
}

export function attributeOf(element: XmlElement, name: string): string | undefined {
  const value = Object.hasOwn(element, `@${name}`) ? element[`@${name}`] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** A whole number of an attribute; undefined = absent or no such number. */
export function countOf(element: XmlElement, name: string): number | undefined {
  const text = attributeOf(element, name);
  return text !== undefined && /^\d{1,11}$/.test(text) ? Number(text) : undefined;
}

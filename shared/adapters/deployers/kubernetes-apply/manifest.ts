import { Failure } from '../../../domain/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';
import { parseReference } from '../../../domain/reference.ts';
import { containersOf, itemsOf, type KubeObject, textAt, titleOf } from '../kubernetes/kube-object.ts';

export const maxManifestBytes = 256 * 1024;
const mostObjects = 100;

/**
 * The objects of a manifest in their order, lists taken apart, documents that are empty left out. Failures: invalidInput names the
 * object that cannot be applied or lies in another namespace; digestRequired one with an image without a digest.
 */
export function readObjects(documents: readonly Json[], namespace: string | undefined): readonly KubeObject[] {
  const objects = documents.flatMap((one) => flatten(one));
  if (objects.length === 0) throw new Failure('invalidInput', 'The manifest has no object in it.');
  if (objects.length > mostObjects) {
    throw new Failure(
      'invalidInput',
      `The manifest has ${objects.length} objects; at most ${mostObjects} are applied.`,
    );
  }
  for (const [index, object] of objects.entries()) checkObject(object, index, namespace);
  return objects;
}

function flatten(value: Json): readonly JsonObject[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one: Json) => flatten(one));
  if (!isJsonObject(value)) throw new Failure('invalidInput', 'The manifest has something in it that is no object.');
  if (textAt(value, 'apiVersion') === 'v1' && textAt(value, 'kind') === 'List') return itemsOf(value.items);
  return [value];
}

/** Names become paths of the API, so nothing in them may lead elsewhere. */
const forms = [
  { path: ['apiVersion'], form: /^(?:[a-z0-9][a-z0-9.-]{0,252}\/)?v[a-z0-9]{1,62}$/ },
  { path: ['kind'], form: /^[A-Za-z][A-Za-z0-9]{0,62}$/ },
  { path: ['metadata', 'name'], form: /^(?!\.{1,2}$)[a-z0-9][a-z0-9.:_-]{0,252}$/ },
] as const;

function checkObject(object: KubeObject, index: number, namespace: string | undefined): void {
  const what = `Object ${index + 1} of the manifest (${titleOf(object).slice(0, 300)})`;
  const wrong = forms.find(({ path, form }) => !form.test(textAt(object, ...path) ?? ''));
  if (wrong !== undefined) throw new Failure('invalidInput', `${what} has no sound ${wrong.path.join('.')}.`);
  const own = textAt(object, 'metadata', 'namespace');
  if (own !== undefined && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(own)) {
    throw new Failure('invalidInput', `${what} has no sound metadata.namespace.`);
  }
  if (own !== undefined && namespace !== undefined && own !== namespace) {
    throw new Failure('invalidInput', `${what} is for namespace ${own}; this step applies to ${namespace} only.`);
  }
  for (const { name, image } of containersOf(object)) {
    if (parseReference(image)?.digest !== undefined) continue;
    throw new Failure(
      'digestRequired',
      `${what}: container ${name} has the image "${image.slice(0, 300)}"; it needs its full digest.`,
    );
  }
}

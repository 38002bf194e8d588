import {
  ApiException,
  createConfiguration,
  HttpMethod,
  KubernetesObjectApi,
  PatchStrategy,
  type RequestContext,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { ClusterLogin } from '../../../contracts/kubeconfig.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { Outbound } from '../../../ports/outbound.ts';
import { type About, kubeFailure, readAnswer } from './kube-answer.ts';
import { itemsOf, type KubeObject, textAt, titleOf } from './kube-object.ts';

/** An object by its names. */
export interface KubeName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export interface KubeClient {
  /** Undefined if it is not there. */
  find(name: KubeName): Promise<KubeObject | undefined>;
  /** Server-side apply as a field manager, by force. Answers the object as it is then. */
  apply(object: KubeObject, fieldManager: string): Promise<KubeObject>;
  /** Every object of a kind in a namespace that a label selector admits. */
  list(of: Omit<KubeName, 'name'> & { readonly selector: string }): Promise<readonly KubeObject[]>;
  /** Whether the cluster keeps objects of that kind in namespaces. Failure targetRefused for a kind that it does not know. */
  isNamespaced(apiVersion: string, kind: string): Promise<boolean>;
}

const timeoutMs = 15_000;
const maxAnswerBytes = 16 * 1024 * 1024;
const pageSize = 500;
/** Of pods in one list: more would not be read in the time of one step. */
const mostObjects = 10_000;

/**
 * The official client over our own door out: it finds paths and resources, and every byte goes through `Outbound`, whose address
 * rules hold after names are resolved. Failures: targetNotFound, targetDenied, targetRefused, targetUnavailable, addressRefused,
 * outboundUnavailable.
 */
export function createKubeClient(outbound: Outbound, login: ClusterLogin): KubeClient {
  const httpApi = wrapHttpLibrary({ send: (request) => send(outbound, login, request) });
  const baseServer = new ServerConfiguration(login.server, {});
  const paths = new Paths(createConfiguration({ baseServer, httpApi }));
  const ask = async (request: RequestContext, about: About) =>
    readAnswer(await httpApi.send(request).toPromise(), about);
  return {
    find: (name) => find(paths, ask, name),
    apply: (object, fieldManager) => apply(paths, ask, { object, fieldManager }),
    list: (of) => list(paths, ask, of),
    isNamespaced: (apiVersion, kind) => paths.isNamespaced(apiVersion, kind),
  };
}

type Ask = (request: RequestContext, about: About) => Promise<JsonObject | undefined>;

async function send(outbound: Outbound, login: ClusterLogin, request: RequestContext): Promise<ResponseContext> {
  const { token, ca, cert, key } = login;
  const body = request.getBody();
  const answer = await outbound.request({
    method: request.getHttpMethod(),
    url: request.getUrl(),
    headers: { ...request.getHeaders(), ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(typeof body === 'string' ? { body } : {}),
    tls: { ca, cert, key },
    ...{ timeoutMs, maxBytes: maxAnswerBytes, maxRedirects: 0 },
  });
  const bytes = Buffer.from(answer.body);
  return new ResponseContext(
    answer.status,
    { ...answer.headers },
    {
      text: async () => bytes.toString('utf8'),
      binary: async () => bytes,
      stream: () => null,
    },
  );
}

/**
 * The client's own calls put objects through its models and drop every field that it does not know; a manifest is to arrive as it
 * was written. So paths and discovery are the client's, and bodies are plain JSON.
 */
class Paths extends KubernetesObjectApi {
  async request(method: HttpMethod, to: { readonly name: KubeName; readonly action: 'read' | 'patch' | 'list' }) {
    const { apiVersion, kind, namespace, name } = to.name;
    await this.known(apiVersion, kind);
    const path = await this.specUriPath({ apiVersion, kind, metadata: { name, namespace } }, to.action);
    const request = this.configuration.baseServer.makeRequestContext(path, method);
    request.setHeaderParam('Accept', 'application/json');
    return request;
  }

  async isNamespaced(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.known(apiVersion, kind)).namespaced;
  }

  private async known(apiVersion: string, kind: string): Promise<{ readonly namespaced: boolean }> {
    const what = `${apiVersion} ${kind}`;
    const found = await this.resource(apiVersion, kind).catch((error: unknown) => {
      if (error instanceof Failure) throw error;
      if (error instanceof ApiException) throw kubeFailure({ status: error.code, body: error.body }, { what });
      throw new Failure('targetRefused', `${what}: what answers there does not speak as a cluster does.`, {
        cause: error,
      });
    });
    if (found === undefined)
      throw new Failure('targetRefused', `The cluster has no objects of kind ${kind} in ${apiVersion}.`);
    return found;
  }
}

async function find(paths: Paths, ask: Ask, name: KubeName): Promise<KubeObject | undefined> {
  return ask(await paths.request(HttpMethod.GET, { name, action: 'read' }), {
    what: `${name.kind} ${name.name}`,
    mayMiss: true,
  });
}

async function apply(
  paths: Paths,
  ask: Ask,
  { object, fieldManager }: { readonly object: KubeObject; readonly fieldManager: string },
): Promise<KubeObject> {
  const name = {
    apiVersion: textAt(object, 'apiVersion') ?? '',
    kind: textAt(object, 'kind') ?? '',
    name: textAt(object, 'metadata', 'name') ?? '',
    namespace: textAt(object, 'metadata', 'namespace'),
  };
  const request = await paths.request(HttpMethod.PATCH, { name, action: 'patch' });
  request.setHeaderParam('Content-Type', PatchStrategy.ServerSideApply);
  request.setQueryParam('fieldManager', fieldManager);
  request.setQueryParam('force', 'true');
  request.setBody(JSON.stringify(object));
  // What the cluster says of a Secret may repeat what is in it.
  const applied = await ask(request, { what: titleOf(object), isSecret: name.kind === 'Secret' });
  return applied ?? object;
}

async function list(
  paths: Paths,
  ask: Ask,
  { selector, ...of }: Omit<KubeName, 'name'> & { readonly selector: string },
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const request = await paths.request(HttpMethod.GET, { name: { ...of, name: '' }, action: 'list' });
    request.setQueryParam('labelSelector', selector);
    request.setQueryParam('limit', String(pageSize));
    if (next !== '') request.setQueryParam('continue', next);
    const page = await ask(request, { what: `${of.kind}s of ${of.namespace}` });
    found.push(...itemsOf(page?.items));
    if (found.length > mostObjects) {
      throw new Failure(
        'targetRefused',
        `More than ${mostObjects} objects of kind ${of.kind} have the labels ${selector}.`,
      );
    }
    next = (page && textAt(page, 'metadata', 'continue')) || undefined;
  }
  return found;
}

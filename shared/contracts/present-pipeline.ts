import type { Json } from '../domain/json.ts';
import type { PipelineHead } from '../domain/pipeline.ts';
import { presentTime } from './present-time.ts';

interface VersionStamp {
  readonly version: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

export function presentListedPipeline(head: PipelineHead) {
  const { name, version, description, owners, readers } = head;
  return {
    name,
    version,
    description,
    owners,
    readers,
    createdAt: presentTime(head.updatedAt),
    createdBy: head.updatedBy,
  };
}

export function presentPipeline(
  view: VersionStamp & {
    readonly name: string;
    readonly current: string;
    readonly file: Json;
    readonly versions: readonly VersionStamp[];
  },
) {
  const { name, current, file } = view;
  return { name, current, ...presentStamp(view), file, versions: view.versions.map(presentStamp) };
}

function presentStamp({ version, createdAt, createdBy }: VersionStamp) {
  return { version, createdAt: presentTime(createdAt), createdBy };
}

export type EngineKind = 'embedded' | 'aws';

/** What the rest of the house must know of a kind of step without knowing the step itself. */
export interface StepKind {
  readonly kind: string;
  readonly engines: readonly EngineKind[];
  /** It changes what runs somewhere: `rejected` and `scan` are asked once more before it, and its images need a digest. */
  readonly deploys: boolean;
  /** It can always say which digest the target has. `webhook` cannot by itself: only its callback may. */
  readonly observes: boolean;
  /** It may answer `poll`: up to 30 more rounds in the machine's history. */
  readonly polls: boolean;
  /** Keys of `with` that hold one image each. */
  readonly imageInputs: readonly string[];
  /** The key of `with` that refers to one file: its sha256 is what the step wants. */
  readonly fileInput?: string;
  /** Its images are pulled in this process, not by a target. */
  readonly pullsHere?: boolean;
}

const both: readonly EngineKind[] = ['embedded', 'aws'];

const table: readonly StepKind[] = [
  {
    kind: 'directory',
    engines: ['embedded'],
    deploys: true,
    observes: true,
    polls: false,
    imageInputs: ['image'],
    pullsHere: true,
  },
  { kind: 'webhook', engines: both, deploys: true, observes: false, polls: true, imageInputs: [] },
  { kind: 'pipeline', engines: both, deploys: false, observes: false, polls: false, imageInputs: [] },
  { kind: 'tag', engines: both, deploys: true, observes: true, polls: false, imageInputs: ['image'], pullsHere: true },
  { kind: 'copy', engines: both, deploys: true, observes: true, polls: true, imageInputs: ['image'], pullsHere: true },
  { kind: 'ecs-service', engines: both, deploys: true, observes: true, polls: true, imageInputs: ['image'] },
  {
    kind: 'lambda-function',
    engines: both,
    deploys: true,
    observes: true,
    polls: true,
    imageInputs: ['image'],
    fileInput: 'package',
  },
  { kind: 'kubernetes-image', engines: both, deploys: true, observes: true, polls: true, imageInputs: ['image'] },
  { kind: 'kubernetes-apply', engines: both, deploys: true, observes: true, polls: true, imageInputs: [] },
  {
    kind: 'vm-deploy',
    engines: both,
    deploys: true,
    observes: true,
    polls: true,
    imageInputs: [],
    fileInput: 'artifact',
  },
  { kind: 'codebuild', engines: both, deploys: false, observes: false, polls: true, imageInputs: ['image'] },
];

/** Every kind whose inputs are known. An engine runs those of its list for which it has a deployer. */
export const stepKinds: Readonly<Record<string, StepKind>> = Object.fromEntries(
  table.map((entry) => [entry.kind, entry]),
);

/** The same for words of a user's, which may be `constructor`. */
export function findStepKind(kind: string): StepKind | undefined {
  return Object.hasOwn(stepKinds, kind) ? stepKinds[kind] : undefined;
}

/** The kinds that are for an engine, in the order of the table. */
export function stepKindsOf(engine: EngineKind): readonly string[] {
  return table.filter((entry) => entry.engines.includes(engine)).map((entry) => entry.kind);
}

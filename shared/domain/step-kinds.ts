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
}

const both: readonly EngineKind[] = ['embedded', 'aws'];

const table: readonly StepKind[] = [
  { kind: 'directory', engines: ['embedded'], deploys: true, observes: true, polls: false, imageInputs: ['image'] },
  { kind: 'webhook', engines: both, deploys: true, observes: false, polls: true, imageInputs: [] },
  { kind: 'pipeline', engines: both, deploys: false, observes: false, polls: false, imageInputs: [] },
  { kind: 'tag', engines: both, deploys: true, observes: true, polls: false, imageInputs: ['image'] },
  { kind: 'copy', engines: both, deploys: true, observes: true, polls: true, imageInputs: ['image'] },
  { kind: 'ecs-service', engines: ['aws'], deploys: true, observes: true, polls: true, imageInputs: ['image'] },
  { kind: 'lambda-function', engines: ['aws'], deploys: true, observes: true, polls: true, imageInputs: ['image'] },
  { kind: 'kubernetes-apply', engines: ['aws'], deploys: true, observes: true, polls: true, imageInputs: [] },
  { kind: 'vm-deploy', engines: ['aws'], deploys: true, observes: true, polls: true, imageInputs: [] },
];

/** Every kind whose inputs are known. An engine runs those of its list for which it has a deployer. */
export const stepKinds: Readonly<Record<string, StepKind>> = Object.fromEntries(
  table.map((entry) => [entry.kind, entry]),
);

/** The same for words of a user's, which may be `constructor`. */
export function findStepKind(kind: string): StepKind | undefined {
  return Object.hasOwn(stepKinds, kind) ? stepKinds[kind] : undefined;
}

/** Kinds that the file format names and whose inputs nobody reads yet: known words, so that the fault is not "unknown". */
export const plannedStepKinds: readonly string[] = ['kubernetes-image', 'codebuild'];

/** The kinds that are for an engine, in the order of the table. */
export function stepKindsOf(engine: EngineKind): readonly string[] {
  return table.filter((entry) => entry.engines.includes(engine)).map((entry) => entry.kind);
}

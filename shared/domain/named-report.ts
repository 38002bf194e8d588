import type { Artifact } from './artifact.ts';
import type { FaultRecord } from './failure.ts';
import type { ReportFormat } from './reports/report.ts';

/** Where a report that a build names is to be had. */
export type ReportPlace =
  /** In the event itself. */
  | { readonly kind: 'content'; readonly content: string }
  /** An artifact of a GitHub Actions run, by its exact name; `path` within it where it holds several files. */
  | {
      readonly kind: 'github';
      /** `owner/repo`. */
      readonly repository: string;
      readonly run: string;
      readonly artifact: string;
      readonly path?: string;
    }
  /** A file among the artifacts of a GitLab job, by its exact name, in a pipeline. */
  | {
      readonly kind: 'gitlab';
      /** `group/project`. */
      readonly project: string;
      readonly pipeline: string;
      readonly job: string;
      readonly path: string;
    };

/** A test report that a finished build names, whether it succeeded or not. */
export interface NamedReport {
  /** Of the test, as a `tests` gate calls it. */
  readonly name: string;
  readonly format: ReportFormat;
  /** What the sender claims; without it JUnit says it, and for coverage the build does. */
  readonly outcome?: 'passed' | 'failed';
  readonly coverage?: number;
  readonly from: ReportPlace;
  /** Account that the place is entered with. */
  readonly account?: string;
  /** What was tested; absent = the images that the build published. */
  readonly images?: readonly Artifact[];
  /** When it was read and its facts recorded, epoch ms. */
  readonly readAt?: number;
  /** Why it is not read. A replay asks again. */
  readonly fault?: FaultRecord;
}

import { z } from 'zod';
import { digestText, pageQuery, timestamp } from './common.ts';

export const approvalStatus = z.enum(['pending', 'approved', 'rejected', 'expired', 'cancelled', 'superseded']);
const decision = z.enum(['approve', 'reject']);

export const approval = z
  .object({
    id: z.string(),
    executionId: z.string(),
    pipeline: z.string(),
    stage: z.string(),
    environment: z.string().optional(),
    attempt: z.int(),
    status: approvalStatus,
    artifacts: z.array(z.object({ name: z.string(), tag: z.string().optional(), digest: digestText })),
    requestedAt: timestamp,
    expiresAt: timestamp,
    endedAt: timestamp.optional(),
    groups: z.array(z.string()),
    count: z.int(),
    forbidSelf: z.boolean(),
    decisions: z.array(
      z.object({
        subject: z.string(),
        decision,
        at: timestamp,
        comment: z.string().optional(),
        digests: z.array(digestText),
      }),
    ),
  })
  .meta({ id: 'Approval' });

export const approvalQuery = z.object({ ...pageQuery, status: approvalStatus.default('pending') });

/** Body of `POST /v1/approvals/{id}/decisions`; read as the set of digests. */
export const decisionInput = z
  .strictObject({
    decision,
    digest: digestText.optional(),
    digests: z.array(digestText).max(100).optional().describe('All that the approval names.'),
    comment: z.string().max(2000).optional(),
  })
  .superRefine((input, context) => {
    if (input.digest !== undefined && input.digests !== undefined) {
      context.addIssue({ code: 'custom', path: ['digests'], message: 'Give digest or digests, not both.' });
    }
  })
  .meta({ id: 'DecisionInput' });

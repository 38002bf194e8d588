import { DescribeTasksCommand, type ECSClient, paginateListTasks, type Task } from '@aws-sdk/client-ecs';
import { type Digest, parseDigest } from '../../../domain/digest.ts';

/** Of DescribeTasks. */
const tasksPerCall = 100;

export interface RunningPlace {
  readonly cluster: string;
  readonly service: string;
  readonly container: string;
  /** Tasks of other revisions are on their way out. */
  readonly revision: string;
}

/** What the container's runtime reports, one entry a running task; undefined where a task does not say (yet). */
export async function runningDigests(ecs: ECSClient, place: RunningPlace): Promise<readonly (Digest | undefined)[]> {
  const { cluster, service: serviceName } = place;
  const arns: string[] = [];
  for await (const page of paginateListTasks({ client: ecs }, { cluster, serviceName, desiredStatus: 'RUNNING' })) {
    arns.push(...(page.taskArns ?? []));
  }
  const tasks: Task[] = [];
  for (let at = 0; at < arns.length; at += tasksPerCall) {
    const some = arns.slice(at, at + tasksPerCall);
    tasks.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks: some }))).tasks ?? []));
  }
  return tasks
    .filter(({ taskDefinitionArn }) => taskDefinitionArn === place.revision)
    .map((task) => digestOf(task, place));
}

function digestOf(task: Task, { container }: RunningPlace): Digest | undefined {
  return parseDigest(task.containers?.find(({ name }) => name === container)?.imageDigest ?? '');
}

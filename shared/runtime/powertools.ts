import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { metricsNamespace } from '../contracts/service-metrics.ts';
import { serviceMetrics } from '../domain/service-metrics.ts';
import type { CallKeys } from '../ports/metrics.ts';
import type { Ports } from '../ports/ports.ts';
import { isLogged, type LogLevel } from './log.ts';
import { besides, printableFields } from './log-fields.ts';

export interface PowertoolsOptions {
  /** Name of the installation. */
  readonly service: string;
  readonly level: LogLevel;
}

type Observed = Required<Pick<Ports, 'log' | 'metrics' | 'calls'>>;

/**
 * Logger and metrics of a function, lines of JSON on its standard output and error. Neither is made before it has something to
 * say: most of what they cost at a start is the stream that they open.
 */
export function createPowertools(options: PowertoolsOptions): Observed {
  const call = new Call();
  const metrics = createMetrics(options, call);
  return {
    log: createLineLog(options, call),
    metrics: metrics.port,
    calls: {
      began(context) {
        call.begin(context);
        metrics.began();
      },
      about: (keys) => call.add(keys),
      ended() {
        metrics.write();
        call.end();
      },
    },
  };
}

/** What Powertools reads of Lambda's context. */
type LambdaContext = Parameters<Logger['addContext']>[0];

/** The call that runs: whatever is made only later learns from here what it is about. */
class Call {
  context: LambdaContext | undefined;
  keys: Record<string, string | number> = {};
  count = 0;
  /** Another one whenever context or keys are others. */
  version = 0;

  begin(context: unknown): void {
    this.context = isLambdaContext(context) ? context : undefined;
    this.keys = {};
    this.count += 1;
    if (this.context !== undefined) this.keys.correlation_id = this.context.awsRequestId;
    this.version += 1;
  }

  add(keys: CallKeys): void {
    const all = Object.entries({ ...this.keys, ...keys });
    this.keys = Object.fromEntries(all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
    this.version += 1;
  }

  end(): void {
    this.keys = {};
    this.version += 1;
  }
}

function isLambdaContext(context: unknown): context is LambdaContext {
  return typeof context === 'object' && context !== null && 'awsRequestId' in context;
}

/** What Powertools itself puts into each line. Of a field that is called so it would say in a line of its own that it is dropped. */
const ownKeys = [
  ...['level', 'message', 'timestamp', 'service', 'sampling_rate', 'cold_start', 'xray_trace_id', 'tenant_id'],
  ...['function_arn', 'function_memory_size', 'function_name', 'function_request_id', 'correlation_id'],
];

function createLineLog({ service, level }: PowertoolsOptions, call: Call): Ports['log'] {
  let logger: Logger | undefined;
  let version = 0;
  let count = 0;
  const current = (): Logger => {
    logger ??= firstLogger({ service, level }, call);
    // Once for each call: with the second time the first call would no longer be cold.
    if (count !== call.count && call.context !== undefined) logger.addContext(call.context);
    count = call.count;
    if (version === call.version) return logger;
    version = call.version;
    logger.resetKeys();
    logger.appendKeys(printableFields(call.keys));
    return logger;
  };
  const at =
    (rank: 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (isLogged(rank, level)) current()[rank](message, besides(ownKeys, printableFields(fields)));
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** The first call is the cold one, also where it had nothing to say: a logger takes the first context it is given for it. */
function firstLogger({ service, level }: PowertoolsOptions, call: Call): Logger {
  const logger = new Logger({ serviceName: service, logLevel: level });
  if (call.count > 1 && call.context !== undefined) logger.addContext(call.context);
  return logger;
}

function createMetrics({ service }: PowertoolsOptions, call: Call) {
  let made: Metrics | undefined;
  const current = (): Metrics => {
    made ??= new Metrics({ namespace: metricsNamespace, serviceName: service });
    return made;
  };
  const port: Ports['metrics'] = {
    add(metric, value = 1) {
      const { name, unit } = serviceMetrics[metric];
      // A metric is charged for the hours in which it is written; to count nothing says nothing.
      const says = Number.isFinite(value) && (unit !== 'Count' || value > 0);
      if (says) current().addMetric(name, unit, value);
    },
  };
  return {
    port,
    /** Powertools asks Lambda's own setting whether the first call is a cold one; where there is none, there is no cold start. */
    began(): void {
      const isLambda = process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== undefined && call.context !== undefined;
      if (call.count === 1 && isLambda) current().captureColdStartMetric(call.context?.functionName);
    },
    /** Without anything to write Powertools would warn of it in every call. */
    write(): void {
      if (made?.hasStoredMetrics() === true) made.publishStoredMetrics();
    },
  };
}

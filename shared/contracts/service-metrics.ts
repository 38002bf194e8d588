/** What alarms and the dashboard look at, under names that what writes them and what reads them share. */
export { serviceMetrics } from '../domain/service-metrics.ts';

export const metricsNamespace = 'Waybill';

/** The dimension of every metric: the installation's name, so that several in one account stay apart. */
export const installationDimension = 'service';

/** Written by Powertools at the first call of a process. */
export const coldStartMetric = 'ColdStart';

/** The further dimension of cold starts. */
export const functionDimension = 'function_name';

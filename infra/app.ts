import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleFunction } from './bundle.ts';
import { readSettings } from './settings.ts';
import { WaybillStack } from './stack.ts';

const app = new App();
const settings = readSettings(app.node);
new WaybillStack(app, settings.name, {
  settings,
  codeOf: (name) => Code.fromAsset(bundleFunction(name, join(app.outdir, 'bundles', name)).folder),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

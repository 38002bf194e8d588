import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { bundleFunction } from './bundle.ts';
import { functionNames } from './functions.ts';
import { readSettings } from './settings.ts';
import { WaybillStack } from './stack.ts';

const app = new App();
const settings = readSettings(app.node);
const folderOf = (name: string): string => join(app.outdir, 'bundles', name);
await Promise.all(functionNames.map((name) => bundleFunction(name, folderOf(name))));
new WaybillStack(app, settings.name, { settings, codeOf: (name) => Code.fromAsset(folderOf(name)) });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

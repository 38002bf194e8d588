import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnStage, HttpApi, HttpMethod, HttpNoneAuthorizer, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { WaybillFunction } from './waybill-function.ts';

export interface EntranceProps {
  readonly rate: number;
  readonly burst: number;
  readonly logDays: RetentionDays;
}

/** No path and no query: a hook's path is its secret. */
const accessLog = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  ms: '$context.responseLatency',
  bytes: '$context.responseLength',
  fault: '$context.integrationErrorMessage',
};

/** The HTTP API. Tokens and proofs are checked by the functions, the same way on both engines; here only the rate is. */
export class Entrance extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: EntranceProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', { createDefaultStage: false, defaultAuthorizer: new HttpNoneAuthorizer() });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: props.rate, burstLimit: props.burst },
    });
    const logs = new LogGroup(this, 'Access', { retention: props.logDays, removalPolicy: RemovalPolicy.DESTROY });
    const { defaultChild } = stage.node;
    if (!(defaultChild instanceof CfnStage)) throw new Error('The stage of the HTTP API has no CfnStage');
    defaultChild.accessLogSettings = { destinationArn: logs.logGroupArn, format: JSON.stringify(accessLog) };
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Hooks prove themselves by signatures over their bytes, which an authorizer does not see; tokens are checked by the functions.',
    });
  }

  route(to: { readonly hooks: WaybillFunction; readonly rest: WaybillFunction }): void {
    this.api.addRoutes({
      path: '/v1/hooks/{id}',
      methods: [HttpMethod.POST, HttpMethod.OPTIONS],
      integration: new HttpLambdaIntegration('Hooks', to.hooks.lambda),
    });
    const integration = new HttpLambdaIntegration('Rest', to.rest.lambda);
    // A greedy parameter is never empty: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html.
    for (const path of ['/', '/{proxy+}']) this.api.addRoutes({ path, integration });
  }
}

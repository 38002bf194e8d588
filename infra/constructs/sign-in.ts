import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRecovery, FeaturePlan, Mfa, StandardThreatProtectionMode, UserPool } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { OidcContext } from '../settings.ts';

/** A user pool for those who have no issuer of tokens: the stack then is its own. People and groups are made by its owner. */
export class SignIn extends Construct {
  readonly pool: UserPool;
  /** What the functions check tokens against. It is the ID token that names the client as audience, and has the groups. */
  readonly oidc: OidcContext;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      passwordPolicy: {
        minLength: 14,
        ...{ requireDigits: true, requireLowercase: true, requireSymbols: true, requireUppercase: true },
      },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const client = this.pool.addClient('Client', {
      authFlows: { userSrp: true, adminUserPassword: true },
      disableOAuth: true,
      generateSecret: false,
      preventUserExistenceErrors: true,
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(1),
    });
    const { region, urlSuffix } = Stack.of(this);
    this.oidc = {
      issuer: `https://cognito-idp.${region}.${urlSuffix}/${this.pool.userPoolId}`,
      audience: client.userPoolClientId,
      groupsClaim: 'cognito:groups',
    };
  }
}

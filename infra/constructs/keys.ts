import { RemovalPolicy } from 'aws-cdk-lib';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { WaybillFunction } from './waybill-function.ts';

/** The service's own keys. They outlive the stack: a proof must stay verifiable. */
export class Keys extends Construct {
  readonly signing: Key;
  readonly mac: Key;
  readonly #earlier: readonly string[];

  constructor(scope: Construct, id: string, props: { readonly earlier: readonly string[] }) {
    super(scope, id);
    this.#earlier = props.earlier;
    const keep = { removalPolicy: RemovalPolicy.RETAIN };
    this.signing = new Key(this, 'Signing', {
      ...keep,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      description: 'Waybill: signs proofs',
    });
    this.mac = new Key(this, 'Mac', {
      ...keep,
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      description: 'Waybill: derives callback tokens',
    });
  }

  grantPublicKeys(to: WaybillFunction): void {
    to.allow(['kms:GetPublicKey'], [this.signing.keyArn, ...this.#earlier]);
  }

  grantSign(to: WaybillFunction): void {
    to.allow(['kms:Sign', 'kms:GetPublicKey'], [this.signing.keyArn]);
  }

  grantMac(to: WaybillFunction): void {
    to.allow(['kms:GenerateMac'], [this.mac.keyArn]);
  }
}

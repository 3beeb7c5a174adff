// Has cert-manager issue and renew the certificates: an authority that signs itself, and a Certificate for each Secret.
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { AUTHORITY_DAYS, LEAF_DAYS } from '../../certs/authority.ts';
import type { PlannedCertificate } from '../../workers/contract/secret-plan.ts';
import type { ComponentProps } from '../component.ts';
import { CERTS, labelsOf } from '../names.ts';
import { secretPlan } from '../secret-plan.ts';

const API_VERSION = 'cert-manager.io/v1';
const SELF_SIGNED = 'newsjet-self-signed';
const AUTHORITY = 'newsjet-ca';
const PRIVATE_KEY = { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8' };
const hours = (days: number): string => `${days * 24}h0m0s`;

export class CertManagerChart extends Chart {
  constructor(scope: Construct, id: string, props: ComponentProps) {
    super(scope, id, { namespace: props.settings.namespace, labels: labelsOf(CERTS, CERTS) });
    const { authority, certificates } = secretPlan(props);
    this.#create('Issuer', SELF_SIGNED, { selfSigned: {} });
    this.#create('Certificate', AUTHORITY, {
      isCA: true,
      commonName: authority.commonName,
      secretName: authority.secret,
      duration: hours(AUTHORITY_DAYS),
      privateKey: PRIVATE_KEY,
      issuerRef: { group: 'cert-manager.io', kind: 'Issuer', name: SELF_SIGNED },
    });
    this.#create('Issuer', AUTHORITY, { ca: { secretName: authority.secret } });
    for (const certificate of certificates) this.#create('Certificate', certificate.secret, leaf(certificate));
  }

  #create(kind: 'Issuer' | 'Certificate', name: string, spec: object): void {
    new ApiObject(this, `${kind}-${name}`, { apiVersion: API_VERSION, kind, metadata: { name }, spec });
  }
}

/** A client has no alternative name: the servers would map it by that rather than by its subject. */
function leaf({ secret, commonName, usages, names, combinedPem }: PlannedCertificate): object {
  const ipAddresses = names.filter(isAddress);
  const dnsNames = names.filter((name) => !isAddress(name));
  return {
    secretName: secret,
    commonName,
    ...(dnsNames.length > 0 ? { dnsNames } : {}),
    ...(ipAddresses.length > 0 ? { ipAddresses } : {}),
    usages: ['digital signature', ...usages],
    duration: hours(LEAF_DAYS),
    renewBefore: hours(LEAF_DAYS / 3),
    // A key of its own at every renewal.
    privateKey: { ...PRIVATE_KEY, rotationPolicy: 'Always' },
    ...(combinedPem ? { additionalOutputFormats: [{ type: 'CombinedPEM' }] } : {}),
    issuerRef: { group: 'cert-manager.io', kind: 'Issuer', name: AUTHORITY },
  };
}

const isAddress = (name: string): boolean => /^[\d.]+$|:/.test(name);

// Which Secrets a cluster is to have: computed with the manifests, created by the worker `certs`, renewed by the operator.

/** Certificate and key in one file, as mongod wants them; cert-manager calls it so. */
export const COMBINED_PEM = 'tls-combined.pem';
/** Stands in an address for the password that is drawn for it. */
export const PASSWORD_PLACE = '<password>';

/** A Secret of type kubernetes.io/tls: `ca.crt`, `tls.crt`, `tls.key`. */
export interface PlannedCertificate {
  readonly secret: string;
  /** Its whole subject. */
  readonly commonName: string;
  readonly usages: readonly ('server auth' | 'client auth')[];
  /** DNS names and addresses; a client's has none. */
  readonly names: readonly string[];
  /** Whether the Secret holds `tls-combined.pem`, too. */
  readonly combinedPem: boolean;
}

/** A Secret with `username`, `password` (drawn when it is created) and, for a database, `uri`. */
export interface PlannedCredentials {
  readonly secret: string;
  readonly username: string;
  /** Address of the database, with `<password>` in the password's place. */
  readonly uri?: string;
}

/** Every Secret that is to exist. */
export interface SecretPlan {
  /** Signs the certificates; absent where somebody else issues them, and then there are none. */
  readonly authority?: { readonly secret: string; readonly commonName: string };
  readonly certificates: readonly PlannedCertificate[];
  readonly credentials: readonly PlannedCredentials[];
}

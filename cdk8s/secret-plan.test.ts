import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { synthesize } from './synthesis.ts';
import { ONE_SOURCE } from './testing/manifests.ts';

/** Everything that is synthesized, as text, by the name of its file. */
function texts(settings: Partial<Settings>): Map<string, string> {
  const definition = { text: ONE_SOURCE, file: 'newsjet.yaml' };
  const files = synthesize({ definition, settings: { ...DEFAULT_SETTINGS, ...settings } });
  return new Map(files.map(({ name, manifests }) => [name, JSON.stringify(manifests)]));
}

describe('the plan of Secrets', () => {
  it.each(['keda', 'none'] as const)('has nothing for an operator that is not there (%s)', (scaling) => {
    for (const [file, text] of texts({ scaling })) {
      for (const secret of ['operator-tls', 'system-tls']) expect(text, file).not.toContain(secret);
      // Nor do the servers know who would present it.
      for (const user of ['CN=operator', 'CN=system']) expect(text, file).not.toContain(user);
    }
  });

  it('has both identities of the operator where it is deployed', () => {
    const [certs = '', nats = ''] = ['20-certs.yaml', '30-nats.yaml'].map((file) => texts({}).get(file));
    for (const secret of ['operator-tls', 'system-tls']) expect(certs).toContain(secret);
    for (const user of ['CN=operator', 'CN=system']) expect(nats).toContain(user);
  });

  it.each(['own', 'cert-manager'] as const)('is the same whoever issues the certificates (%s)', (certificates) => {
    const text = [...texts({ certificates, scaling: 'none' }).values()].join();
    expect(text).toContain('nats-server-tls');
    expect(text).not.toContain('operator-tls');
  });
});

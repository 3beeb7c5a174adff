// What `make certs` does: certificates for every identity of a definition, and a table of them.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseDefinition } from '../workers/contract/parse-definition.ts';
import { computeTopology } from '../workers/contract/topology.ts';
import { defaultServerNames } from './server-names.ts';
import { type CertificateRow, ensureCertificates } from './store.ts';

/** Where certificates are kept, relative to the project. */
export const CERTIFICATE_DIRECTORY = '.newsjet/certs';
const DEFAULT_DEFINITION = 'newsroom.yaml';

export const USAGE = `usage: certs [--out DIRECTORY] [DEFINITION]
Issues the certificates of a definition's identities, and renews those that are due.
  DEFINITION        the definition to read (${DEFAULT_DEFINITION})
  --out DIRECTORY   where the certificates are kept (${CERTIFICATE_DIRECTORY})`;

/**
 * Runs the command.
 * @param args what follows the program's name; relative paths start at the working directory
 * @param print takes the table, line by line
 * @throws {Error} with a message for people: wrong arguments, an unreadable or invalid definition
 */
export async function runCertificates(args: readonly string[], print: (line: string) => void): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: 'string', default: CERTIFICATE_DIRECTORY }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    print(USAGE);
    return;
  }
  if (positionals.length > 1) throw new Error(`one definition at a time, not ${positionals.join(' and ')}\n${USAGE}`);
  const file = positionals[0] ?? DEFAULT_DEFINITION;
  const definition = parseDefinition(await readFile(file, 'utf8'), file);
  const report = await ensureCertificates({
    directory: values.out,
    identities: computeTopology(definition).identities.map(({ name }) => name),
    serverNames: defaultServerNames({ servers: definition.nats.servers }),
  });
  print(`certificates in ${report.directory}`);
  for (const line of certificateTable(report.rows)) print(line);
}

/** Lays rows out in aligned columns under a heading. */
export function certificateTable(rows: readonly CertificateRow[]): string[] {
  const cells = [
    ['SUBJECT', 'IDENTITY', 'EXPIRES', 'ACTION'],
    ...rows.map(({ subject, identity, notAfter, action, reason }) => [
      subject,
      identity ?? '-',
      notAfter.toISOString().slice(0, 10),
      reason && action === 'renewed' ? `${action}: ${reason}` : action,
    ]),
  ];
  const width = (column: number): number => Math.max(...cells.map((row) => row[column]?.length ?? 0));
  const widths = [0, 1, 2, 3].map(width);
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}

// The command behind `make certs`.
import { runCertificates } from './command.ts';

try {
  await runCertificates(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
} catch (error) {
  process.stderr.write(`certs: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

// The command behind `make images`: builds the image of every worker, and says how large each is.
import { VERSIONS, type Versions } from '../cdk8s/versions.ts';
import { command } from '../local/command.ts';
import { align, Terminal } from '../local/terminal.ts';
import { buildImages } from './image-set.ts';
import { checkTools, IMAGE_TOOLS } from './tools.ts';

await command(async () => {
  await checkTools(IMAGE_TOOLS);
  const terminal = new Terminal();
  const versions: Versions = VERSIONS;
  const images = await buildImages(versions, (line) => terminal.step(line));
  const rows = images.map(({ name, megabytes }) => [name, `${megabytes.toFixed(1)} MB beyond ${versions.images.node}`]);
  for (const line of align(rows)) terminal.step(line);
  return true;
});

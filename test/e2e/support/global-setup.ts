// Before all scenarios: a cluster must be there. After them: the figures.
import { clusterExists, clusterName } from '../../../kind/kind-cluster.ts';
import { CLUSTER_TOOLS, checkTools } from '../../../kind/tools.ts';
import { clearFigures, readFigures } from './figures.ts';

export async function setup(): Promise<() => Promise<void>> {
  await checkTools(CLUSTER_TOOLS);
  const cluster = clusterName();
  if (!(await clusterExists(cluster))) throw new Error(`there is no cluster ${cluster}: run make kind-up first`);
  await clearFigures();
  return async () => {
    const figures = await readFigures();
    if (process.env.E2E_JSON) console.log(JSON.stringify(figures));
    else for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
  };
}

// The command behind `make kind-down`: removes the cluster with everything in it.
import { command } from '../local/command.ts';
import { clusterExists, clusterName, deleteCluster } from './kind-cluster.ts';
import { CLUSTER_TOOLS, checkTools } from './tools.ts';

await command(async () => {
  await checkTools(CLUSTER_TOOLS);
  const cluster = clusterName();
  const exists = await clusterExists(cluster);
  if (exists) await deleteCluster(cluster);
  console.log(exists ? `the cluster ${cluster} is gone` : `there is no cluster ${cluster}`);
  return true;
});

// What a Role allows and what an operator has asked for, in the same words: `patch deployments.apps/scale`.

export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

/** What rules allow, each once. */
export function grantsOf(rules: readonly Rule[]): string[] {
  const grants = rules.flatMap(({ apiGroups: [group] = [], resources: [resource = ''] = [], verbs }) => {
    const [plural, subresource] = resource.split('/');
    return verbs.map((verb) => `${verb} ${plural}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}`);
  });
  return [...new Set(grants)].sort();
}

/** What an operator's metrics say that it asked for, each once; of those that were refused it is `refused`. */
export function requestsOf(metrics: string): { readonly used: string[]; readonly refused: string[] } {
  const found = [...metrics.matchAll(/kubernetes_requests_total\{verb="(\w+)",resource="([^"]+)",status="(\d+)"/g)];
  const requests = found.map(([, verb, resource, status]) => ({ text: `${verb} ${resource}`, status }));
  return {
    used: [...new Set(requests.map(({ text }) => text))].sort(),
    refused: requests.filter(({ status }) => status === '403').map(({ text }) => text),
  };
}

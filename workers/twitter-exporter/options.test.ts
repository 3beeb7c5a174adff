import { describe, expect, it } from 'vitest';
import { EnvironmentError, readEnvironment } from '../runtime/environment.ts';
import { EXPORTER_OPTIONS } from './options.ts';

const RULES = '[{"value":"nats","tag":"a","line":3}]';
const read = (environment: NodeJS.ProcessEnv) =>
  readEnvironment({ SOURCE: 'x', RULES, ...environment }, EXPORTER_OPTIONS);

describe('the environment of an exporter', () => {
  it('needs no token, and leads to X', () => {
    expect(read({})).toEqual({
      source: 'x',
      rules: [{ value: 'nats', tag: 'a', line: 3 }],
      apiUrl: 'https://api.x.com',
      token: '',
      tokenFile: '',
    });
  });

  it('may name another address, with or without a slash at its end', () => {
    expect(read({ X_API_URL: 'http://127.0.0.1:80/' }).apiUrl).toBe('http://127.0.0.1:80');
    for (const X_API_URL of ['api.x.com', 'ftp://x.com', 'newsroom:/x']) {
      expect(() => read({ X_API_URL }), X_API_URL).toThrow('X_API_URL');
    }
  });

  it.each(['nats', '{}', '[{}]', '[null]', '[{"value":"a","tag":"b"}]', '[{"value":1,"tag":"b","line":1}]'])(
    'refuses rules that are none: %s',
    (text) => {
      expect(() => read({ RULES: text })).toThrow(EnvironmentError);
    },
  );
});

import { expect, describe as group, it } from 'vitest';
import { describe, differences } from './differences.ts';

group('differences', () => {
  it('finds none where the server leaves out what is false, zero or empty', () => {
    expect(
      differences({ name: 'a', allow_direct: false, max_age: 0, subjects: ['x'] }, { name: 'a', subjects: ['x'] }),
    ).toEqual([]);
  });

  it('leaves alone what is not declared', () => {
    expect(differences({ name: 'a' }, { name: 'a', compression: 's2', metadata: { of: 'the server' } })).toEqual([]);
  });

  it('names what differs, with both values', () => {
    expect(differences({ max_bytes: 2, subjects: ['x', 'y'] }, { max_bytes: 1, subjects: ['x'] })).toEqual([
      { property: 'max_bytes', actual: 1, declared: 2, immutable: false },
      { property: 'subjects', actual: ['x'], declared: ['x', 'y'], immutable: false },
    ]);
  });

  it.each(['storage', 'retention', 'sealed', 'ack_policy', 'deliver_policy', 'replay_policy'])(
    'knows that %s stays',
    (property) => {
      expect(differences({ [property]: 'one' }, { [property]: 'other' })).toMatchObject([
        { property, immutable: true },
      ]);
    },
  );

  it('knows that a pull consumer can’t become a push consumer nor back, but may deliver elsewhere', () => {
    expect(differences({}, { deliver_subject: 'a' })).toMatchObject([{ property: 'deliver_subject', immutable: true }]);
    expect(differences({ deliver_subject: 'a' }, {})).toMatchObject([{ property: 'deliver_subject', immutable: true }]);
    expect(differences({ deliver_subject: 'a' }, { deliver_subject: 'b' })).toMatchObject([{ immutable: false }]);
  });
});

group('describe', () => {
  it('says it in words', () => {
    const [retention] = differences({ retention: 'interest' }, { retention: 'limits' });
    expect(retention && describe('stream NEWS', retention)).toBe(
      'stream NEWS: retention is "limits", declared is "interest"',
    );
    const [subject] = differences({}, { deliver_subject: 'a' });
    expect(subject && describe('consumer C', subject)).toBe('consumer C: deliver_subject is "a", declared is none');
    const [group] = differences({ deliver_group: 'g' }, {});
    expect(group && describe('consumer C', group)).toBe('consumer C: deliver_group is not set, declared is "g"');
  });
});

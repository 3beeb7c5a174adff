// The database of this worker's tests, which is everybody's.
export { TestDatabase } from '../../../test/support/test-database.ts';
